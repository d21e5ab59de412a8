import type { World } from "../core/company.ts";
import { iso } from "./books.ts";
import type { Email } from "./read-email.ts";

/** The event types the sandbox emits. */
export const EVENT_TYPES = [
  "email.sent",
  "email.delivered",
  "email.bounced",
  "email.complained",
  "email.suppressed",
  "email.scheduled",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Writes an event into the books and queues its deliveries. */
export function emit(
  world: World,
  type: EventType,
  email: { id: string; createdMs: number; content: Email },
  more: Record<string, unknown> = {},
): void {
  const now = world.clock.now();
  const id = `msg_${world.random("resend:event").id(27)}`;
  const { content } = email;
  const tags = Object.fromEntries(content.tags.map(({ name, value }) => [name, value]));
  const body = {
    type,
    created_at: iso(now),
    data: {
      email_id: email.id,
      created_at: iso(email.createdMs),
      from: content.from,
      to: content.to,
      subject: content.subject,
      ...(content.tags.length > 0 ? { tags } : {}),
      ...more,
    },
  };
  world.store.run(
    "insert into resend_events (id, type, created_ms, body) values (?, ?, ?, ?)",
    id,
    type,
    now,
    JSON.stringify(body),
  );
  const hooks = world.store.all("select id, events from resend_webhooks where status = 'enabled' order by n");
  for (const hook of hooks) {
    const events = JSON.parse(String(hook["events"])) as string[];
    if (!events.includes(type)) continue;
    world.webhooks.send({ company: "resend", eventId: id, eventType: type, endpointId: String(hook["id"]) });
  }
}

export function eventBody(world: World, id: string): string | null {
  const row = world.store.get("select body from resend_events where id = ?", id);
  return row === null ? null : String(row["body"]);
}

/** What has happened to one mail, in order. */
export function eventsOf(world: World, emailId: string): string[] {
  return world.store
    .all("select type from resend_events where json_extract(body, '$.data.email_id') = ? order by n", emailId)
    .map((row) => String(row["type"]).slice("email.".length));
}
