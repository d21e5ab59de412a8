import { openCursor, pageOf, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { consume, release } from "./consume.ts";
import { listHolds } from "./list.ts";
import { reserve } from "./reserve.ts";
import * as schemas from "./schemas.ts";

const LIMIT = { name: "credits", perMinute: 600 };

/** Credits that programs set aside and take for work of their own. */
export function reservationRoutes(http: Http, gateway: Gateway): void {
  const shared = {
    tag: "Tokens",
    access: { least: "agent", scope: "credits.spend" },
    limit: LIMIT,
  } as const;
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/tokens/reserve",
    id: "reserveTokens",
    summary: "Set credits aside: an amount, or the most that a call of a model can cost",
    idempotent: true,
    body: schemas.reserveInput,
    answer: { status: 201, schema: schemas.reservationAnswer },
    async handle({ actor, body, operationId }) {
      const row = await reserve(gateway, actor, `hold_${operationId.slice(4)}`, body);
      return schemas.presentReservation(row);
    },
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/tokens/consume",
    id: "consumeTokens",
    summary: "Take what the work cost out of its hold, or at once",
    idempotent: true,
    body: schemas.consumeInput,
    answer: { status: 200, schema: schemas.spentAnswer },
    handle: ({ actor, body, operationId }) => consume(gateway, actor, operationId, body),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/tokens/release",
    id: "releaseTokens",
    summary: "Give a hold back; a released one is answered likewise",
    body: schemas.releaseInput,
    answer: { status: 200, schema: schemas.spentAnswer },
    handle: ({ actor, body, operationId }) => release(gateway, actor, operationId, body.hold_id),
  });
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/tokens/holds",
    id: "listTokenHolds",
    summary: "Credits that programs set aside, newest first: one's own; for admins everyone's",
    query: schemas.holdsQuery,
    answer: { status: 200, schema: schemas.holdsAnswer },
    async handle({ actor, query }) {
      const rows = await listHolds(gateway, actor, {
        state: query.state ?? null,
        limit: query.limit + 1,
        after: openCursor(query.cursor),
      });
      return pageOf(rows, query.limit, schemas.presentReservation, (row) => [row.created_at, row.id]);
    },
  });
}
