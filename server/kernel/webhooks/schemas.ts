import { z } from "zod";
import { idParam, instant, listAnswer, listQuery, text } from "../../platform/http/index.ts";
import type { EventFilter } from "./events/filter.ts";
import { diff } from "./replays/schemas.ts";

const state = z.enum(["received", "waiting_retry", "processing", "processed", "dead", "ignored"]);
const origin = z.enum(["delivery", "backfill", "reconciliation"]);
const word = z.string().max(200);

export const eventParams = z.object({ id: idParam("evt") });
export const receiveParams = z.object({ endpoint_id: idParam("whe") });

export const received = z.object({ received: z.literal(true) }).meta({ id: "WebhookReceived" });

const filterShape = {
  state: state.optional(),
  type: word.optional(),
  source: word.optional(),
  endpoint_id: idParam("whe").optional(),
  object_id: word.optional(),
  org_id: idParam("org").optional(),
  origin: origin.optional(),
  error_code: word.optional(),
  received_from: instant.optional(),
  received_to: instant.optional(),
};

/** How the API names what an operator looks for, and how the inbox does. */
export const toFilter = (asked: z.output<typeof replayInput>): EventFilter => ({
  state: asked.state,
  type: asked.type,
  source: asked.source,
  endpointId: asked.endpoint_id,
  objectId: asked.object_id,
  orgId: asked.org_id,
  origin: asked.origin,
  errorCode: asked.error_code,
  receivedFrom: asked.received_from,
  receivedTo: asked.received_to,
});

export const replayInput = z.strictObject(filterShape).meta({ id: "WebhookEventFilter" });
export const eventsQuery = z.strictObject({
  ...listQuery,
  ...filterShape,
});

const eventShape = {
  id: idParam("evt"),
  source: z.string(),
  endpoint_id: idParam("whe"),
  provider_event_id: z.string(),
  type: z.string(),
  root: z.string(),
  object_id: z.string(),
  org_id: idParam("org").nullable(),
  origin,
  state,
  attempts: z.int(),
  max_attempts: z.int(),
  replays: z.int(),
  provider_created_at: instant,
  received_at: instant,
  next_attempt_at: instant,
  finished_at: instant.nullable(),
  error_code: z.string().nullable(),
  error_detail: z.string().nullable(),
  effects: z.array(z.object({ kind: z.string(), id: z.string() })),
  run_id: z.string().nullable().meta({ description: "The replay that queued it last" }),
};
const event = z.object(eventShape).meta({ id: "WebhookEvent" });
export const events = listAnswer(event).meta({ id: "WebhookEvents" });

export const eventDetail = z
  .object({
    ...eventShape,
    attempts_log: z.array(
      z.object({
        replay: z.int(),
        run_id: z.string().nullable(),
        attempt: z.int(),
        started_at: instant,
        ms: z.int(),
        outcome: z.string(),
        error_code: z.string().nullable(),
        error_detail: z.string().nullable(),
      }),
    ),
    timeline: z.array(
      z.object({
        id: idParam("evt"),
        type: z.string(),
        state,
        provider_created_at: instant,
        received_at: instant,
      }),
    ),
  })
  .meta({ id: "WebhookEventDetail" });

export const replayBody = z
  .strictObject({ dry_run: z.boolean().optional() })
  .meta({ id: "WebhookEventReplayRequest" })
  .nullish();
export const replayAnswer = z
  .object({ event: eventDetail, diff: diff.nullable() })
  .meta({ id: "WebhookEventReplay" });

const MAX_DISCARDED = 1_000;
export const discardInput = z
  .strictObject({ ids: z.array(idParam("evt")).min(1).max(MAX_DISCARDED), reason: text(500).min(5) })
  .meta({ id: "WebhookDiscard" });
export const discarded = z.object({ discarded: z.int() }).meta({ id: "WebhookDiscarded" });

export const counts = z
  .object({
    received: z.int(),
    waiting_retry: z.int(),
    processing: z.int(),
    dead: z.int(),
    processed: z.int(),
    ignored: z.int(),
    oldest_seconds: z.int(),
  })
  .meta({ id: "WebhookCounts" });

export const hoursQuery = z.strictObject({ hours_back: z.coerce.number().int().min(1).max(168).default(24) });
export const hours = z
  .object({
    data: z.array(
      z.object({
        hour: instant.meta({ description: "Its start; silent hours are listed too" }),
        received: z.int(),
        dead: z.int(),
        median_wait_ms: z.int().nullable().meta({ description: "Null where nothing came" }),
        longest_wait_ms: z.int().nullable().meta({ description: "Of one that waits still: until now" }),
      }),
    ),
  })
  .meta({ id: "InboxHours" });

export const deadLetters = z
  .object({
    data: z.array(
      z.object({
        type: z.string(),
        error_code: z.string().nullable(),
        count: z.int(),
        oldest_at: instant,
        sample_event_id: idParam("evt"),
      }),
    ),
  })
  .meta({ id: "WebhookDeadLetters" });
