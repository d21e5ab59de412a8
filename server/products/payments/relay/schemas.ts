import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, sealCursor } from "../../../platform/http/index.ts";
import type { Attempt, Endpoint, Message } from "./endpoints/endpoint.ts";
import { EVENT_TYPE_NAMES, EVENT_TYPES } from "./event-type.ts";

const MAX_URL = 2_000;
const LONGEST_REPLAY_MS = 30 * 86_400_000;
const STATES = ["pending", "sending", "delivered", "failed"] as const;

export const eventTypesAnswer = z
  .object({ data: z.array(z.object({ type: z.string(), description: z.string() })) })
  .meta({ id: "OutboundEventTypes" });
export const presentEventTypes = () => ({
  data: Object.entries(EVENT_TYPES).map(([type, description]) => ({ type, description })),
});

const url = z
  .url({ protocol: /^https?$/ })
  .max(MAX_URL)
  .meta({ description: "https; an address inside a network is refused when it is connected to" });
const types = z.array(z.enum(EVENT_TYPE_NAMES)).min(1).max(EVENT_TYPE_NAMES.length);
const ordered = z
  .boolean()
  .meta({ description: "One message at a time per object, in the order of its versions" });

export const endpointInput = z.strictObject({
  url,
  types,
  ordered: ordered.default(false),
  enabled: z.boolean().default(true),
});
export const endpointChange = z.strictObject({
  url: url.optional(),
  types: types.optional(),
  ordered: ordered.optional(),
  enabled: z.boolean().optional(),
});
export const endpointParams = z.object({ id: idParam("out") });
export const replayInput = z
  .strictObject({ from: instant, to: instant, only_failed: z.boolean().default(true) })
  .refine(({ from, to }) => from < to && to.getTime() - from.getTime() <= LONGEST_REPLAY_MS, {
    path: ["to"],
    message: "must be after from, by 30 days at most",
  });

const endpointFields = {
  id: z.string(),
  mode: z.enum(["test", "live"]),
  url: z.string(),
  types: z.array(z.string()),
  ordered: z.boolean(),
  enabled: z.boolean(),
  disabled_reason: z
    .enum(["gone", "failing"])
    .nullable()
    .meta({ description: "Why the relay turned it off: the receiver answered 410, or failed for five days" }),
  failing_since: instant.nullable(),
  previous_secret_until: instant
    .nullable()
    .meta({ description: "Until then the secret before it signs too" }),
  created_at: instant,
};
export const endpointAnswer = z.object(endpointFields).meta({ id: "OutboundEndpoint" });
export const endpointsAnswer = z.object({ data: z.array(endpointAnswer) }).meta({ id: "OutboundEndpoints" });
export const allEndpointsInput = z.strictObject({ ...listQuery, cursor: idParam("out").optional() });
export const allEndpointsAnswer = listAnswer(
  z.object({ org_id: z.string(), ...endpointFields }).meta({ id: "InstallationOutboundEndpoint" }),
).meta({ id: "InstallationOutboundEndpoints" });
export const newEndpointAnswer = z
  .object({
    endpoint: endpointAnswer,
    secret: z.string().meta({ description: "Shown once; verifies deliveries (Standard Webhooks)" }),
  })
  .meta({ id: "NewOutboundEndpoint" });
export const replayAnswer = z
  .object({ messages: z.int().meta({ description: "Put back into the queue; 10,000 at most" }) })
  .meta({ id: "OutboundReplay" });

export const presentEndpoint = (row: Endpoint) => ({
  id: row.id,
  mode: row.mode,
  url: row.url,
  types: row.types,
  ordered: row.ordered,
  enabled: row.enabled,
  disabled_reason: row.disabledReason,
  failing_since: row.failingSince,
  previous_secret_until: row.previousUntil,
  created_at: row.createdAt,
});
export const presentNewEndpoint = (made: { endpoint: Endpoint; secret: string }) => ({
  endpoint: presentEndpoint(made.endpoint),
  secret: made.secret,
});
export function presentAllEndpoints(rows: readonly Endpoint[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => ({ org_id: row.orgId, ...presentEndpoint(row) })),
    has_more: last !== undefined,
    next_cursor: last?.id ?? null,
  };
}

export const messageParams = z.object({ id: idParam("msg") });
export const messagesInput = z.strictObject({
  ...listQuery,
  endpoint_id: idParam("out").optional(),
  state: z.enum(STATES).optional(),
  type: z.string().min(1).max(60).optional(),
});
const messageFields = {
  id: z.string(),
  endpoint_id: z.string(),
  event_id: z.string().meta({ description: "`webhook-id`: the same in every attempt and at every endpoint" }),
  type: z.string(),
  object_id: z.string(),
  object_version: int64,
  state: z.enum(STATES),
  attempts: z.int().meta({ description: "In all" }),
  last_status: z.int().nullable(),
  due_at: instant.nullable().meta({ description: "Of the next attempt" }),
  created_at: instant,
  finished_at: instant.nullable(),
};
const message = z.object(messageFields).meta({ id: "OutboundMessage" });
export const messagesAnswer = listAnswer(message).meta({ id: "OutboundMessages" });
export const messageAnswer = z
  .object({
    ...messageFields,
    body: z.string().meta({ description: "As it is signed and sent" }),
    attempts_log: z.array(
      z.object({
        number: z.int(),
        started_at: instant,
        ms: z.int(),
        status: z.int().nullable(),
        error: z.string().nullable(),
        answer: z.string().nullable().meta({ description: "The first 4 KiB" }),
      }),
    ),
  })
  .meta({ id: "OutboundMessageDetail" });

const presentMessage = (row: Message) => ({
  id: row.id,
  endpoint_id: row.endpointId,
  event_id: row.eventId,
  type: row.type,
  object_id: row.objectId,
  object_version: row.objectVersion,
  state: row.state,
  attempts: row.tries,
  last_status: row.lastStatus,
  due_at: row.state === "pending" ? row.dueAt : null,
  created_at: row.createdAt,
  finished_at: row.finishedAt,
});
export function presentMessages(rows: readonly Message[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(presentMessage),
    has_more: last !== undefined,
    next_cursor: last ? sealCursor(last.createdAt, last.id) : null,
  };
}
export const presentMessageDetail = ({ attemptsLog, ...row }: Message & { attemptsLog: Attempt[] }) => ({
  ...presentMessage(row),
  body: row.body,
  attempts_log: attemptsLog.map(({ startedAt, ...attempt }) => ({ ...attempt, started_at: startedAt })),
});
