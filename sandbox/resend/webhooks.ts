import { createHmac, hash } from "node:crypto";
import type { WebhookStyle, World } from "../core/company.ts";
import { iso, listRows, newUuid } from "./books.ts";
import { invalid, missing, notFound } from "./errors.ts";
import { eventBody } from "./events.ts";
import type { Call } from "./operation.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KNOWN = /^(?:email|contact|domain)\.[a-z_]+$/;
/** What the endpoint that comes with a world is told: all that concerns mails. */
const OWN_EVENTS = [
  "email.sent",
  "email.scheduled",
  "email.delivered",
  "email.delivery_delayed",
  "email.bounced",
  "email.complained",
  "email.suppressed",
  "email.failed",
];

type Hook = {
  id: string;
  createdMs: number;
  endpoint: string;
  events: string[];
  status: string;
  secret: string;
};

const toHook = (row: Record<string, unknown>): Hook => ({
  id: String(row["id"]),
  createdMs: Number(row["created_ms"]),
  endpoint: String(row["endpoint"]),
  events: JSON.parse(String(row["events"])) as string[],
  status: String(row["status"]),
  secret: String(row["secret"]),
});

function findHook(world: World, id: string): Hook | null {
  const row = world.store.get("select * from resend_webhooks where id = ?", id);
  return row === null ? null : toHook(row);
}

function getHook(world: World, id: string): Hook {
  const hook = findHook(world, id);
  if (hook === null) throw notFound("Webhook");
  return hook;
}

function insertHook(world: World, endpoint: string, events: string[], own: boolean): Hook {
  const id = newUuid(world, "webhook");
  // From the seed alone, so that a world has the same secret after a restart and after a reset.
  const secret = `whsec_${hash("sha256", `resend\n${world.seed}\n${own ? "own" : id}`, "buffer")
    .subarray(0, 24)
    .toString("base64")}`;
  world.store.run(
    "insert into resend_webhooks (id, created_ms, endpoint, events, status, secret, own) values (?, ?, ?, ?, 'enabled', ?, ?)",
    id,
    world.clock.now(),
    endpoint,
    JSON.stringify(events),
    secret,
    own ? 1 : 0,
  );
  return getHook(world, id);
}

/**
 * The endpoint at `{webhookBase}/resend` that every world has from the start; it follows the world's webhook base. Null
 * while nobody listens.
 */
export function ownHook(world: World): Hook | null {
  if (world.webhookBase === null) return null;
  const endpoint = `${world.webhookBase.replace(/\/$/, "")}/resend`;
  const row = world.store.get("select * from resend_webhooks where own = 1");
  if (row === null) return insertHook(world, endpoint, OWN_EVENTS, true);
  const known = toHook(row);
  if (known.endpoint !== endpoint)
    world.store.run("update resend_webhooks set endpoint = ? where id = ?", endpoint, known.id);
  return { ...known, endpoint };
}

/** The Svix signature: `v1,` and base64 of HMAC-SHA256 over `id.time.body`. */
export function signature(secret: string, id: string, signedAt: number, body: Buffer): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${signedAt}.`).update(body).digest("base64")}`;
}

export const webhookStyle: WebhookStyle = {
  timeoutMs: 15 * SECOND,
  retryAfterMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR],
  signatureHeaders: ["svix-signature"],
  request(world, { eventId, endpointId, signedAt }) {
    const hook = findHook(world, endpointId);
    const text = eventBody(world, eventId);
    if (hook === null || text === null) return null;
    const body = Buffer.from(text);
    return {
      url: hook.endpoint,
      headers: {
        "content-type": "application/json",
        "user-agent": "Svix-Webhooks/1.84 (sender-9YMgn; +https://www.svix.com/http-sender/)",
        accept: "*/*",
        "svix-id": eventId,
        "svix-timestamp": String(signedAt),
        "svix-signature": signature(hook.secret, eventId, signedAt, body),
      },
      body,
    };
  },
  settled: () => undefined,
};

function readUrl(value: unknown): string {
  if (typeof value !== "string" || !URL.canParse(value) || !/^https?:/.test(value))
    throw invalid("Invalid `endpoint` field. It must be a valid URL.");
  return value;
}

function readEvents(value: unknown): string[] {
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    !value.every((each) => typeof each === "string" && KNOWN.test(each))
  )
    throw invalid("Invalid `events` field. It must name one or more event types.");
  return value as string[];
}

const present = ({ id, createdMs, endpoint, events, status }: Hook) => ({
  id,
  created_at: iso(createdMs),
  status,
  endpoint,
  events,
});

export function createHook({ world, body }: Call): unknown {
  if (body["endpoint"] === undefined) throw missing("endpoint");
  if (body["events"] === undefined) throw missing("events");
  const made = insertHook(world, readUrl(body["endpoint"]), readEvents(body["events"]), false);
  return { object: "webhook", id: made.id, signing_secret: made.secret };
}

export function listHooks({ world, query }: Call): unknown {
  const { rows, hasMore } = listRows(world, "resend_webhooks", query);
  return { object: "list", has_more: hasMore, data: rows.map((row) => present(toHook(row))) };
}

export function readHook({ world, id }: Call): unknown {
  const hook = getHook(world, id);
  return { object: "webhook", ...present(hook), signing_secret: hook.secret };
}

export function changeHook({ world, id, body }: Call): unknown {
  const hook = getHook(world, id);
  const endpoint = body["endpoint"] === undefined ? hook.endpoint : readUrl(body["endpoint"]);
  const events = body["events"] === undefined ? hook.events : readEvents(body["events"]);
  const status = body["status"] ?? hook.status;
  if (status !== "enabled" && status !== "disabled")
    throw invalid("Invalid `status` field. It must be `enabled` or `disabled`.");
  world.store.run(
    "update resend_webhooks set endpoint = ?, events = ?, status = ? where id = ?",
    endpoint,
    JSON.stringify(events),
    status,
    id,
  );
  return { object: "webhook", id };
}

export function deleteHook({ world, id }: Call): unknown {
  getHook(world, id);
  world.store.run("delete from resend_webhooks where id = ?", id);
  return { object: "webhook", id, deleted: true };
}
