import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { networkOf } from "../../platform/http/index.ts";
import { newId } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import { perMinute } from "../../platform/rate-limit/index.ts";
import { context } from "../../platform/telemetry/index.ts";
import type { InboxDeps } from "./deps.ts";
import type { EndpointRow, Endpoints } from "./endpoint.ts";
import type { NewEvent } from "./insert-events.ts";
import { webhookProblems } from "./problems.ts";
import type { Signals } from "./signals.ts";
import type { Envelope, Source } from "./source.ts";
import type { Writer } from "./writer.ts";

/** Unverified requests of one address that get the plain answer; verified events are never counted. */
const UNVERIFIED = perMinute("webhook_unverified", 60);

export type Delivery = { source: string; body: Buffer; headers: IncomingHttpHeaders; ip: string };
export type ReceiveParts = { deps: InboxDeps; endpoints: Endpoints; signals: Signals; writer: Writer };

/** Verifies one delivery and stores it. Resolves when it is durable, for a duplicate too; throws the documented problem. */
export async function receive(parts: ReceiveParts, delivery: Delivery): Promise<void> {
  const { deps, signals } = parts;
  const startedAt = performance.now();
  const source = deps.sources.find(({ name }) => name === delivery.source);
  const endpoint = source ? await parts.endpoints.of(source) : null;
  if (!source || !endpoint) throw new Problem(common.not_found);
  const now = deps.clock.now();
  const fault = await source.verify(delivery.body, delivery.headers, now.getTime());
  if (fault) throw await unverified(parts, source, fault, delivery.ip);
  try {
    const isNew = await parts.writer.add(toEvent(source, endpoint, delivery, now));
    signals.total.inc({ source: source.name, outcome: isNew ? "stored" : "duplicate" });
    signals.ack.observe({ source: source.name }, (performance.now() - startedAt) / 1000);
  } catch (error) {
    signals.total.inc({ source: source.name, outcome: "failed" });
    throw error;
  }
}

async function unverified(
  { deps, signals }: ReceiveParts,
  source: Source,
  fault: string,
  ip: string,
): Promise<Problem> {
  context()?.note("signature_fault", fault);
  const { allowed, resetSeconds } = await deps.limiter.take([{ rule: UNVERIFIED, subject: networkOf(ip) }]);
  signals.total.inc({ source: source.name, outcome: allowed ? "unverified" : "rate_limited" });
  return allowed
    ? new Problem(webhookProblems.invalid_signature)
    : new Problem(common.rate_limited, { retryAfter: resetSeconds });
}

/** The row of a genuine event. What was signed and cannot be read is kept too: dead, named by its hash. */
function toEvent(
  source: Source,
  endpoint: EndpointRow,
  { body, headers }: Delivery,
  receivedAt: Date,
): NewEvent {
  const envelope = source.read(body, headers);
  const event = newEvent(endpoint, envelope ?? unreadable(body, endpoint, receivedAt), body, receivedAt);
  const kept = { ...event, headers: JSON.stringify(source.keep(headers)) };
  return envelope ? kept : { ...kept, state: "dead", errorCode: "unreadable" };
}

function unreadable(body: Buffer, { mode }: EndpointRow, createdAt: Date): Envelope {
  const id = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  return { id, type: "unreadable", createdAt, livemode: mode === "live", objectId: id, root: id };
}

/** The row that delivery and backfill share. An event of the other mode is stored and never applied. */
export function newEvent(
  endpoint: EndpointRow,
  envelope: Envelope,
  body: Buffer,
  receivedAt: Date,
): NewEvent {
  const sameMode = envelope.livemode === (endpoint.mode === "live");
  return {
    id: newId("evt"),
    source: endpoint.source,
    endpointId: endpoint.id,
    providerEventId: envelope.id,
    type: envelope.type,
    root: envelope.root,
    objectId: envelope.objectId,
    origin: "delivery",
    state: sameMode ? "received" : "ignored",
    errorCode: sameMode ? null : "other_mode",
    createdAt: envelope.createdAt,
    receivedAt,
    body,
    headers: "{}",
  };
}
