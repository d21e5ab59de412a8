import { openCursor, personIn, pageOf, type Http } from "../../../platform/http/index.ts";
import type { Inbox } from "../inbox.ts";
import { replayInput, toFilter } from "../schemas.ts";
import * as schemas from "./schemas.ts";

const OPERATOR = { tag: "Inbox", access: { least: "operator" } } as const;
const BASE = "/api/admin/replays";

/** Replays of many events, for operators. */
export function replayRoutes(http: Http, inbox: Inbox): void {
  http.operation({
    ...OPERATOR,
    method: "GET",
    path: BASE,
    id: "listReplays",
    summary: "Replays of many events, newest first",
    query: schemas.replaysQuery,
    answer: { status: 200, schema: schemas.replays },
    async handle({ query: { limit, cursor } }) {
      const rows = await inbox.replays({ limit, cursor: openCursor(cursor) });
      return pageOf(
        rows,
        limit,
        (row) => row,
        (row) => [row.created_at, row.id],
      );
    },
  });
  http.operation({
    ...OPERATOR,
    method: "POST",
    path: BASE,
    id: "createReplay",
    summary:
      "Takes the finished events that match, at most 10,000, and shows what 50 of them would change; nothing runs",
    idempotent: true,
    body: replayInput,
    answer: { status: 201, schema: schemas.replayDetail },
    async handle({ actor, body, operationId }) {
      const asked = JSON.parse(JSON.stringify(body)) as Record<string, string>;
      return inbox.prepareReplay(toFilter(body), { actorId: personIn(actor), operationId, asked });
    },
  });
  http.operation({
    ...OPERATOR,
    method: "GET",
    path: `${BASE}/:id`,
    id: "getReplay",
    summary: "How far a replay is, and what the sampled events would have changed",
    params: schemas.replayParams,
    answer: { status: 200, schema: schemas.replayDetail },
    handle: ({ params }) => inbox.replayOf(params.id),
  });
  http.operation({
    ...OPERATOR,
    method: "POST",
    path: `${BASE}/:id/run`,
    id: "runReplay",
    summary: "Runs exactly what was chosen, once, 50 events a second",
    proof: true,
    idempotent: true,
    params: schemas.replayParams,
    answer: { status: 202, schema: schemas.replayDetail },
    handle: ({ actor, params }) => inbox.runReplay(params.id, personIn(actor)),
  });
  http.operation({
    ...OPERATOR,
    method: "POST",
    path: `${BASE}/:id/cancel`,
    id: "cancelReplay",
    summary: "Stops a replay; what is in the queue by then ends as it does",
    idempotent: true,
    params: schemas.replayParams,
    answer: { status: 200, schema: schemas.replayDetail },
    handle: ({ actor, params }) => inbox.stopReplay(params.id, personIn(actor)),
  });
}
