import { z } from "zod";
import type { Row, World } from "../../core/company.ts";
import { link } from "../books.ts";
import { PayPalError } from "../errors.ts";
import { operation } from "../operation.ts";
import { deliver, eventBody, type Event } from "./events.ts";
import { allHooks, getHook, hooksFor } from "./hooks.ts";
import { endpointOfUrl, endTransmission, isGenuine } from "./transmissions.ts";
import { certificateAt, hostOf } from "./certificate.ts";
import { simulate } from "./simulate.ts";

/** PayPal lists events of the last 30 days. */
const DEPTH_MS = 30 * 86_400_000;
const MAX_PAGE = 300;

function instant(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new PayPalError(400, "VALIDATION_ERROR", {
      details: [
        { field: name, location: "query", issue: "INVALID_DATE", description: "Not a date and time." },
      ],
    });
  return at;
}

function pageSize(query: URLSearchParams): number {
  const size = Number(query.get("page_size") ?? 10);
  return Number.isInteger(size) && size > 0 ? Math.min(size, MAX_PAGE) : 10;
}

/** The address of the page after `last`, which keeps the filters. */
function nextLink(world: World, query: URLSearchParams, last: Row) {
  const next = new URLSearchParams(query);
  next.set("move_to", "next");
  next.set("index_time", new Date(Number(last["created_ms"])).toISOString());
  next.set("index_id", String(last["seq"]));
  return link(world, `/v1/notifications/webhooks-events?${next.toString()}`, "next");
}

function listEvents(world: World, query: URLSearchParams): Record<string, unknown> {
  const size = pageSize(query);
  const from = Math.max(instant(query, "start_time") ?? 0, world.clock.now() - DEPTH_MS);
  const rows = world.store.all(
    `select seq, created_ms, body from paypal_events where simulated = 0 and created_ms between ?1 and ?2
     and (?3 is null or resource_id = ?3) and (?4 is null or type = ?4) and (?5 is null or seq < ?5)
     order by seq desc limit ?6`,
    from,
    instant(query, "end_time") ?? world.clock.now(),
    query.get("transaction_id"),
    query.get("event_type"),
    query.get("index_id"),
    size + 1,
  );
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    events: page.map((row) => JSON.parse(String(row["body"])) as Event),
    count: page.length,
    links: [
      link(world, `/v1/notifications/webhooks-events?${query.toString()}`, "self"),
      ...(rows.length > size && last !== undefined ? [nextLink(world, query, last)] : []),
    ],
  };
}

function getEvent(world: World, id: string): Event {
  const text = eventBody(world, id);
  if (text === null) throw new PayPalError(404, "INVALID_RESOURCE_ID");
  return JSON.parse(text) as Event;
}

function resend(world: World, id: string, wanted: readonly string[]): Event {
  const event = getEvent(world, id);
  const hooks =
    wanted.length === 0 ? hooksFor(world, event.event_type) : wanted.map((each) => getHook(world, each));
  for (const hook of hooks) {
    endTransmission(world, id, hook.id);
    deliver(world, id, event.event_type, hook.id);
  }
  return event;
}

const signatureInput = z.object({
  auth_algo: z.string().max(100),
  cert_url: z.string().max(500),
  transmission_id: z.string().max(50),
  transmission_sig: z.string().max(500),
  transmission_time: z.string().max(100),
  webhook_id: z.string().max(50),
  webhook_event: z.looseObject({}),
});

/** PayPal's own answer on a signature; it takes its own certificates only. */
function isVerified(world: World, given: z.output<typeof signatureInput>): boolean {
  const address = URL.canParse(given.cert_url) ? new URL(given.cert_url) : null;
  const signing = address?.host === hostOf(world) ? certificateAt(world, address.pathname) : null;
  if (given.auth_algo !== "SHA256withRSA" || signing?.kind !== "good") return false;
  const { transmission_id: id, transmission_time: time, webhook_id: webhookId } = given;
  const body = Buffer.from(JSON.stringify(given.webhook_event));
  return (
    allHooks(world).some((hook) => hook.id === webhookId) &&
    isGenuine({ id, time, webhookId }, body, given.transmission_sig, signing.pem)
  );
}

const simulateInput = z.object({
  webhook_id: z.string().max(50).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
  event_type: z.string().max(50),
  resource_version: z.string().optional(),
});
const events = "/v1/notifications/webhooks-events";

export const eventOperations = [
  operation("GET", events, null, ({ world, query }) => ({ status: 200, body: listEvents(world, query) })),
  operation("GET", `${events}/{id}`, null, ({ world, id }) => ({ status: 200, body: getEvent(world, id) })),
  operation(
    "POST",
    `${events}/{id}/resend`,
    z.object({ webhook_ids: z.array(z.string()).max(500).default([]) }),
    ({ world, id, body }) => ({ status: 202, body: resend(world, id, body.webhook_ids) }),
  ),
  operation("POST", "/v1/notifications/verify-webhook-signature", signatureInput, ({ world, body }) => ({
    status: 200,
    body: { verification_status: isVerified(world, body) ? "SUCCESS" : "FAILURE" },
  })),
  operation("POST", "/v1/notifications/simulate-event", simulateInput, ({ world, body }) => {
    const { webhook_id: hookId, url } = body;
    if ((hookId === undefined) === (url === undefined))
      throw new PayPalError(400, "VALIDATION_ERROR", {
        details: [{ issue: "ONE_OF_PARAMETERS_REQUIRED", description: "Name either webhook_id or url." }],
      });
    const endpoint = hookId === undefined ? endpointOfUrl(url ?? "") : getHook(world, hookId).id;
    const event = simulate(world, body.event_type);
    deliver(world, event.id, event.event_type, endpoint);
    return { status: 202, body: event };
  }),
];
