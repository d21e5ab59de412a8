import type { World } from "../../core/company.ts";
import { link, newId } from "../books.ts";
import type { EventType } from "./event-types.ts";
import { hooksFor } from "./hooks.ts";

export type { EventType } from "./event-types.ts";

export type NewEvent = {
  type: EventType;
  resourceType: string;
  resourceVersion: string;
  summary: string;
  resource: unknown;
  resourceId: string;
};
export type Event = {
  id: string;
  event_version: string;
  create_time: string;
  resource_type: string;
  resource_version: string;
  event_type: string;
  summary: string;
  resource: unknown;
  links: { href: string; rel: string; method: string }[];
};

export function writeEvent(world: World, wanted: NewEvent, simulated = false): Event {
  const id = `WH-${newId(world, "event")}-${newId(world, "event")}`;
  const now = world.clock.now();
  const path = `/v1/notifications/webhooks-events/${id}`;
  const event: Event = {
    id,
    event_version: "1.0",
    create_time: new Date(now).toISOString(),
    resource_type: wanted.resourceType,
    resource_version: wanted.resourceVersion,
    event_type: wanted.type,
    summary: wanted.summary,
    resource: wanted.resource,
    links: [link(world, path, "self"), link(world, `${path}/resend`, "resend", "POST")],
  };
  world.store.run(
    "insert into paypal_events (id, type, created_ms, resource_id, simulated, body) values (?, ?, ?, ?, ?, ?)",
    id,
    wanted.type,
    now,
    wanted.resourceId,
    simulated ? 1 : 0,
    JSON.stringify(event),
  );
  return event;
}

/** Writes an event into the books and queues its deliveries. */
export function emit(world: World, wanted: NewEvent): void {
  const { id } = writeEvent(world, wanted);
  for (const hook of hooksFor(world, wanted.type)) deliver(world, id, wanted.type, hook.id);
}

export function deliver(world: World, eventId: string, eventType: string, endpointId: string): void {
  world.webhooks.send({ company: "paypal", eventId, eventType, endpointId });
}

export function eventBody(world: World, id: string): string | null {
  const row = world.store.get("select body from paypal_events where id = ?", id);
  return row === null ? null : String(row["body"]);
}
