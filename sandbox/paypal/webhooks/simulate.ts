import type { World } from "../../core/company.ts";
import { PayPalError } from "../errors.ts";
import { triggers } from "../triggers.ts";
import { isEventType } from "./event-types.ts";
import { writeEvent, type Event } from "./events.ts";

/** Leaves the transaction that it is thrown in undone. */
class Undone extends Error {
  readonly event: Event & { resourceId: string };
  constructor(event: Event & { resourceId: string }) {
    super("undone");
    this.event = event;
  }
}

/** What `trigger` would tell, without its having happened. */
function rehearse(world: World, type: keyof typeof triggers): Event & { resourceId: string } {
  try {
    return world.store.atomic((): never => {
      triggers[type](world);
      const row = world.store.get(
        "select body, resource_id from paypal_events where type = ? order by seq desc limit 1",
        type,
      );
      const event = JSON.parse(String(row?.["body"])) as Event;
      throw new Undone({ ...event, resourceId: String(row?.["resource_id"]) });
    });
  } catch (error) {
    if (error instanceof Undone) return error.event;
    throw error;
  }
}

/** An event of a thing that never happened, as PayPal's simulator sends; it stands in no list. */
export function simulate(world: World, type: string): Event {
  if (!isEventType(type))
    throw new PayPalError(400, "VALIDATION_ERROR", {
      details: [
        {
          field: "event_type",
          location: "body",
          issue: "INVALID_EVENT_TYPE",
          description: "Not an event type that can be simulated.",
        },
      ],
    });
  const event = rehearse(world, type);
  return writeEvent(
    world,
    {
      type,
      resourceType: event.resource_type,
      resourceVersion: event.resource_version,
      summary: event.summary,
      resource: event.resource,
      resourceId: event.resourceId,
    },
    true,
  );
}
