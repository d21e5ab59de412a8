import type { World } from "../core/company.ts";
import { bareAddress, iso, listRows, newUuid } from "./books.ts";
import { isVerified } from "./domains.ts";
import { invalid, notFound, ResendError } from "./errors.ts";
import { emit, type EventType } from "./events.ts";
import { arrive } from "./mailbox.ts";
import type { Call } from "./operation.ts";
import { readEmail, type Email } from "./read-email.ts";

const MAX_BATCH = 100;
/** From acceptance to the other side's answer. */
const DELIVERY_MS = 300;
/** From delivery to the click on "this is spam". */
const COMPLAINT_MS = 300;
const DAY_MS = 86_400_000;
const MAX_AHEAD_MS = 30 * DAY_MS;

export type Sent = {
  id: string;
  createdMs: number;
  content: Email;
  lastEvent: string;
  scheduledMs: number | null;
};

const toSent = (row: Record<string, unknown>): Sent => ({
  id: String(row["id"]),
  createdMs: Number(row["created_ms"]),
  content: JSON.parse(String(row["body"])) as Email,
  lastEvent: String(row["last_event"]),
  scheduledMs: row["scheduled_ms"] === null ? null : Number(row["scheduled_ms"]),
});

export function findEmail(world: World, id: string): Sent | null {
  const row = world.store.get("select * from resend_emails where id = ?", id);
  return row === null ? null : toSent(row);
}

function getEmail(world: World, id: string): Sent {
  const email = findEmail(world, id);
  if (email === null) throw notFound("Email");
  return email;
}

export function newestEmails(world: World, limit: number): Sent[] {
  return world.store.all("select * from resend_emails order by n desc limit ?", limit).map(toSent);
}

function mark(world: World, email: Sent, state: string): void {
  world.store.run("update resend_emails set last_event = ? where id = ?", state, email.id);
}

function happen(world: World, email: Sent, type: EventType, more: Record<string, unknown> = {}): void {
  mark(world, email, type.slice("email.".length));
  emit(world, type, email, more);
}

/** `2026-11-02T09:00:00Z`, or a time to come in words: `in 5 min`. */
function scheduledAt(world: World, text: string): number {
  const now = world.clock.now();
  const words = /^in (\d{1,4}) ?(min|minutes?|h|hours?|days?)$/.exec(text.trim());
  const unit = words?.[2]?.charAt(0);
  const ahead = Number(words?.[1] ?? 0) * (unit === "m" ? 60_000 : unit === "h" ? 3_600_000 : DAY_MS);
  const at = words === null ? Date.parse(text) : now + ahead;
  if (Number.isNaN(at)) throw invalid("Invalid `scheduled_at` field. It must be in ISO 8601 format.");
  if (at > now + MAX_AHEAD_MS) throw invalid("The `scheduled_at` field must be within 30 days.");
  return at;
}

function insert(world: World, content: Email): Sent {
  const now = world.clock.now();
  const at = content.scheduled_at === null ? null : scheduledAt(world, content.scheduled_at);
  const scheduledMs = at !== null && at > now ? at : null;
  const id = newUuid(world, "email");
  world.store.run(
    "insert into resend_emails (id, created_ms, body, last_event, scheduled_ms) values (?, ?, ?, ?, ?)",
    id,
    now,
    JSON.stringify(content),
    scheduledMs === null ? "queued" : "scheduled",
    scheduledMs,
  );
  const email = getEmail(world, id);
  if (scheduledMs === null) leave(world, email);
  else {
    happen(world, email, "email.scheduled");
    planLeave(world, email, scheduledMs);
  }
  return email;
}

const scheduleKey = (id: string): string => `resend:schedule:${id}`;
function planLeave(world: World, { id }: Sent, at: number): void {
  world.agenda.add("resend", "email.leave", at, { id }, scheduleKey(id));
}

/** The time of a scheduled mail has come. */
export function leaveScheduled(world: World, payload: unknown): void {
  const email = findEmail(world, (payload as { id: string }).id);
  if (email?.lastEvent === "scheduled") leave(world, email);
}

function leave(world: World, email: Sent): void {
  happen(world, email, "email.sent");
  const recipients = [...email.content.to, ...email.content.cc, ...email.content.bcc].map(bareAddress);
  for (const address of new Set(recipients))
    if (fateOf(world, address).arrives) arrive(world, address, email.id);
  world.agenda.add("resend", "email.settle", world.clock.now() + DELIVERY_MS, { id: email.id });
}

type Fate = { arrives: boolean; event: EventType; more: Record<string, unknown>; complains?: true };

const BOUNCE = {
  bounce: {
    diagnosticCode: ["smtp; 550 5.1.1 The email account that you tried to reach does not exist."],
    message: "The recipient's email provider sent a hard bounce message, but didn't specify the reason.",
    subType: "General",
    type: "Permanent",
  },
};

function suppressed(reason: string): Record<string, unknown> {
  return {
    suppressed: {
      diagnosticCode: ["Resend has suppressed this address."],
      message: "Resend has suppressed sending to this address because of what happened to an earlier email.",
      reason,
      type: "OnAccountSuppressionList",
    },
  };
}

/** Resend's own addresses for trying, and `bounce@` at any domain. A label after `+` changes nothing. */
function fateOf(world: World, address: string): Fate {
  const [local = "", domain = ""] = address.split("@");
  const name = local.split("+")[0];
  if (domain === "resend.dev") {
    if (name === "bounced") return { arrives: false, event: "email.bounced", more: BOUNCE };
    if (name === "complained") return { arrives: true, event: "email.delivered", more: {}, complains: true };
    if (name === "suppressed")
      return { arrives: false, event: "email.suppressed", more: suppressed("previous_bounce") };
    return { arrives: true, event: "email.delivered", more: {} };
  }
  const known = world.store.get("select reason from resend_suppressed where address = ?", address);
  if (known !== null)
    return { arrives: false, event: "email.suppressed", more: suppressed(String(known["reason"])) };
  if (name === "bounce") return { arrives: false, event: "email.bounced", more: BOUNCE };
  return { arrives: true, event: "email.delivered", more: {} };
}

function suppress(world: World, address: string, reason: string): void {
  if (address.endsWith("@resend.dev")) return;
  world.store.run("insert or ignore into resend_suppressed (address, reason) values (?, ?)", address, reason);
}

/** The other side has answered: one event for the mail, of its first recipient that had trouble. */
export function settleEmail(world: World, payload: unknown): void {
  const email = findEmail(world, (payload as { id: string }).id);
  if (email === null) return;
  const fates = email.content.to.map((each) => ({
    address: bareAddress(each),
    ...fateOf(world, bareAddress(each)),
  }));
  const fate = fates.find(({ arrives }) => !arrives) ?? fates[0];
  if (fate === undefined) return;
  happen(world, email, fate.event, fate.more);
  for (const each of fates)
    if (each.event === "email.bounced") suppress(world, each.address, "previous_bounce");
  if (fates.some(({ complains }) => complains))
    world.agenda.add("resend", "email.complain", world.clock.now() + COMPLAINT_MS, { id: email.id });
}

/** Somebody called the mail spam. */
export function complain(world: World, payload: unknown): void {
  const email = findEmail(world, (payload as { id: string }).id);
  if (email === null) return;
  happen(world, email, "email.complained");
  for (const each of email.content.to) suppress(world, bareAddress(each), "previous_complaint");
}

const verifiedIn = (world: World) => (domain: string) => isVerified(world, domain);

export function sendEmail({ world, body }: Call): unknown {
  return { id: insert(world, readEmail(body, verifiedIn(world), false)).id };
}

/** All or none: one mail that is refused refuses the batch. */
export function sendBatch(world: World, body: unknown): unknown {
  if (!Array.isArray(body) || body.length === 0)
    throw invalid("Invalid `body`. It must be an array of emails.");
  if (body.length > MAX_BATCH) throw invalid(`The maximum number of emails in a batch is ${MAX_BATCH}.`);
  const emails = body.map((each: unknown) => readEmail(each, verifiedIn(world), true));
  return { data: emails.map((each) => ({ id: insert(world, each).id })) };
}

const present = ({ id, createdMs, content, lastEvent, scheduledMs }: Sent) => ({
  object: "email",
  id,
  message_id: `<${id}@eu-west-1.sandbox>`,
  to: content.to,
  from: content.from,
  created_at: iso(createdMs),
  subject: content.subject,
  bcc: content.bcc,
  cc: content.cc,
  reply_to: content.reply_to,
  last_event: lastEvent,
  ...(scheduledMs === null ? {} : { scheduled_at: iso(scheduledMs) }),
});

export function readSent({ world, id }: Call): unknown {
  const email = getEmail(world, id);
  const { html, text, tags } = email.content;
  return {
    ...present(email),
    ...(html === null ? {} : { html }),
    ...(text === null ? {} : { text }),
    ...(tags.length > 0 ? { tags } : {}),
  };
}

export function listSent({ world, query }: Call): unknown {
  const { rows, hasMore } = listRows(world, "resend_emails", query);
  return { object: "list", has_more: hasMore, data: rows.map((row) => present(toSent(row))) };
}

function getScheduled(world: World, id: string): Sent {
  const email = getEmail(world, id);
  if (email.lastEvent !== "scheduled")
    throw new ResendError(422, "validation_error", "This email was already sent or canceled.");
  return email;
}

export function reschedule({ world, id, body }: Call): unknown {
  const email = getScheduled(world, id);
  if (typeof body["scheduled_at"] !== "string")
    throw invalid("Invalid `scheduled_at` field. It must be a string.");
  const at = Math.max(scheduledAt(world, body["scheduled_at"]), world.clock.now());
  world.store.run("update resend_emails set scheduled_ms = ? where id = ?", at, id);
  planLeave(world, email, at);
  return { object: "email", id };
}

export function cancel({ world, id }: Call): unknown {
  mark(world, getScheduled(world, id), "canceled");
  world.agenda.cancel(scheduleKey(id));
  return { object: "email", id };
}
