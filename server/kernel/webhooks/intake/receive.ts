import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Sealer } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { networkOf } from "../../../platform/http/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { perMinute } from "../../../platform/rate-limit/index.ts";
import { context } from "../../../platform/telemetry/index.ts";
import type { InboxDeps } from "../deps.ts";
import type { EndpointRow } from "../endpoints/endpoint.ts";
import type { Endpoints, Open } from "../endpoints/known.ts";
import { noteTransmission } from "../endpoints/store.ts";
import { sealBody } from "../events/payload.ts";
import type { NewEvent } from "./insert-events.ts";
import { webhookProblems } from "../problems.ts";
import { noteDelivered } from "../store.ts";
import type { Signals } from "../signals.ts";
import type { Envelope, Source } from "../sources/source.ts";
import type { Writer } from "./writer.ts";

/** Unverified requests of one address that get the plain answer; verified events are never counted. */
const UNVERIFIED = perMinute("webhook_unverified", 60);

export type Delivery = {
  source: string;
  /** Null: the company's default endpoint. */
  endpointId: string | null;
  body: Buffer;
  headers: IncomingHttpHeaders;
  ip: string;
};
export type ReceiveParts = { deps: InboxDeps; endpoints: Endpoints; signals: Signals; writer: Writer };

/** Verifies one delivery and stores it. Resolves when it is durable, for a duplicate too; throws the documented problem. */
export async function receive(parts: ReceiveParts, delivery: Delivery): Promise<void> {
  const { signals } = parts;
  const startedAt = performance.now();
  const found = await parts.endpoints.find(delivery);
  if (!found) throw new Problem(common.not_found);
  const { source } = found;
  const now = parts.deps.clock.now();
  try {
    await verify(parts, found, delivery, now);
    const event = toEvent(parts.deps.sealer, found, delivery, now);
    const isNew = await parts.writer.add(event);
    // The company's list may have told of it before: then it is known by now that it was delivered as well.
    if (!isNew) await withSystemTx(parts.deps.db, (tx) => noteDelivered(tx, event));
    signals.total.inc({ source: source.name, outcome: isNew ? "stored" : "duplicate" });
    signals.ack.observe({ source: source.name }, (performance.now() - startedAt) / 1000);
  } catch (error) {
    const counted = error instanceof Problem && error.kind.status < 500;
    if (!counted) signals.total.inc({ source: source.name, outcome: "failed" });
    throw error;
  }
}

/** Throws unless the delivery is genuine, its transmission brings what it brought before, and the endpoint's cap has room. */
async function verify(
  parts: ReceiveParts,
  { source, row, secrets }: Open,
  { body, headers, ip }: Delivery,
  now: Date,
): Promise<void> {
  const by = { secrets, webhookId: row.provider_webhook_id, nowMs: now.getTime() };
  const fault = await source.verify(body, headers, by);
  if (fault !== null) throw await unverified(parts, source, fault, ip);
  const { deps, signals } = parts;
  const transmission = source.transmission?.(headers) ?? null;
  if (transmission !== null) {
    const hash = createHash("sha256").update(body).digest();
    const seen = { source: source.name, id: transmission, hash, now };
    if (!(await withSystemTx(deps.db, (tx) => noteTransmission(tx, seen)))) {
      deps.logger.error({ source: source.name, transmission }, "a transmission came with another body");
      signals.conflicts.inc({ source: source.name });
      throw await unverified(parts, source, "transmission_conflict", ip);
    }
  }
  if (row.cap_per_minute === null) return;
  const cap = perMinute("webhook_endpoint", row.cap_per_minute);
  const { allowed, resetSeconds } = await deps.limiter.take([{ rule: cap, subject: row.id }]);
  if (allowed) return;
  signals.total.inc({ source: source.name, outcome: "capped" });
  throw new Problem(common.rate_limited, { retryAfter: resetSeconds });
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
  sealer: Sealer,
  { source, row: endpoint }: Open,
  { body, headers }: Delivery,
  receivedAt: Date,
): NewEvent {
  const envelope = source.read(body, headers);
  const read = envelope ?? unreadable(body, endpoint, receivedAt);
  const event = newEvent(sealer, endpoint, read, body, receivedAt);
  const kept = { ...event, headers: JSON.stringify(source.keep(headers)) };
  return envelope ? kept : { ...kept, state: "dead", errorCode: "unreadable" };
}

function unreadable(body: Buffer, { mode }: EndpointRow, createdAt: Date): Envelope {
  const id = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  return { id, type: "unreadable", createdAt, livemode: mode === "live", objectId: id, root: id };
}

/** The row that delivery and backfill share. An event of the other mode is stored and never applied. */
export function newEvent(
  sealer: Sealer,
  endpoint: EndpointRow,
  envelope: Envelope,
  body: Buffer,
  receivedAt: Date,
): NewEvent {
  const sameMode = envelope.livemode === (endpoint.mode === "live");
  const id = newId("evt");
  return {
    id,
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
    // While the commit before it is under way.
    sealed: sealBody(sealer, id, body),
    headers: "{}",
  };
}
