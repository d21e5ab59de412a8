import { openCursor, personIn, sealCursor, type Call, type Http } from "../../platform/http/index.ts";
import { endpointRoutes } from "./endpoints/routes.ts";
import type { Inbox } from "./inbox.ts";
import { replayRoutes } from "./replays/routes.ts";
import * as schemas from "./schemas.ts";

const MAX_BODY_BYTES = 5 * 1024 * 1024;
const REHEARSAL_TIMEOUT_MS = 20_000;
const FIGURES_PER_MINUTE = 20;

/** `POST /webhooks/{source}` for companies; the inbox's screens for operators under `/api/admin`. */
export function webhookRoutes(http: Http, inbox: Inbox): void {
  for (const name of new Set(inbox.deps.sources.map((source) => source.name)))
    receiveRoutes(http, inbox, name);
  eventRoutes(http, inbox);
  eventActions(http, inbox);
  replayRoutes(http, inbox);
  endpointRoutes(http, inbox);
}

const OPERATOR = { least: "operator" } as const;
const TAG = "Inbox";

function receiveRoutes(http: Http, inbox: Inbox, source: string): void {
  const name = `${source[0]?.toUpperCase()}${source.slice(1)}Event`;
  const taken = {
    method: "POST",
    tag: "Webhooks",
    access: { least: "anyone" },
    // Only unverified requests are limited, after verification.
    limit: "none",
    bodyLimit: MAX_BODY_BYTES,
    rawBody: true,
    anyType: true,
    answer: { status: 200, schema: schemas.received },
  } as const;
  const receive = async ({ request, ip }: Pick<Call, "request" | "ip">, endpointId: string | null) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await inbox.receive({ source, endpointId, body, headers: request.headers, ip });
    return { received: true as const };
  };
  http.operation({
    ...taken,
    path: `/webhooks/${source}`,
    id: `receive${name}`,
    summary: "Takes a signed event; 200 once it is stored",
    handle: (call) => receive(call, null),
  });
  http.operation({
    ...taken,
    path: `/webhooks/${source}/:endpoint_id`,
    id: `receive${name}At`,
    summary: "The same at a further endpoint",
    params: schemas.receiveParams,
    handle: (call) => receive(call, call.params.endpoint_id),
  });
}

function eventRoutes(http: Http, inbox: Inbox): void {
  const operator = { tag: TAG, access: OPERATOR };
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/events",
    id: "listEvents",
    summary: "Events of the inbox, newest first",
    query: schemas.eventsQuery,
    answer: { status: 200, schema: schemas.events },
    async handle({ query }) {
      const { limit, cursor, ...asked } = query;
      const page = { limit, cursor: openCursor(cursor) };
      const { rows, hasMore } = await inbox.list(schemas.toFilter(asked), page);
      const last = rows.at(-1);
      const next_cursor = hasMore && last ? sealCursor(last.received_at, last.id) : null;
      return { data: rows, has_more: hasMore, next_cursor };
    },
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/events/counts",
    id: "countEvents",
    summary: "Events by state; processed and ignored ones of the last 24 hours",
    answer: { status: 200, schema: schemas.counts },
    handle: () => inbox.counts(),
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/events/hours",
    id: "listInboxHours",
    summary: "What came in each of the last hours, and how long it waited until it was finished",
    limit: { name: "operator_figures", perMinute: FIGURES_PER_MINUTE },
    query: schemas.hoursQuery,
    answer: { status: 200, schema: schemas.hours },
    handle: async ({ query }) => ({ data: await inbox.hours(query.hours_back) }),
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/events/:id",
    id: "getEvent",
    summary: "One event: attempts, errors, effects, and the timeline of its root",
    params: schemas.eventParams,
    answer: { status: 200, schema: schemas.eventDetail },
    handle: ({ params }) => inbox.get(params.id),
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/events/:id/payload",
    id: "getEventPayload",
    summary: "The exact bytes that were delivered; it is noted who reads them",
    proof: true,
    params: schemas.eventParams,
    answer: { status: 200, schema: null },
    async handle({ actor, params, reply }) {
      const body = await inbox.payload(params.id, personIn(actor));
      void reply
        .header("content-disposition", `attachment; filename="${params.id}.json"`)
        .type("application/json")
        .send(body);
    },
  });
}

function eventActions(http: Http, inbox: Inbox): void {
  const operator = { tag: TAG, access: OPERATOR };
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/admin/events/:id/replay",
    id: "replayEvent",
    summary:
      "Applies a finished event again, or shows what that would change; what it did before is not done twice",
    idempotent: (body) => body?.dry_run !== true,
    params: schemas.eventParams,
    body: schemas.replayBody,
    answer: { status: 200, schema: schemas.replayAnswer, accepted: ({ diff }) => diff === null },
    async handle({ actor, params, body }) {
      if (body?.dry_run !== true)
        return { event: await inbox.replay(params.id, personIn(actor)), diff: null };
      const diff = await inbox.rehearse(params.id, AbortSignal.timeout(REHEARSAL_TIMEOUT_MS));
      return { event: await inbox.get(params.id), diff };
    },
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/admin/dead-letters/discard",
    id: "discardDeadLetters",
    summary: "Gives up dead events, all of them or none",
    proof: true,
    idempotent: true,
    body: schemas.discardInput,
    answer: { status: 200, schema: schemas.discarded },
    handle: async ({ actor, body }) => ({ discarded: await inbox.discard(body, personIn(actor)) }),
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/dead-letters",
    id: "listDeadLetters",
    summary: "Dead events by type and error",
    answer: { status: 200, schema: schemas.deadLetters },
    handle: async () => ({ data: await inbox.deadLetters() }),
  });
}
