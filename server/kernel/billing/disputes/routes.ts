import { openCursor, pageOf, type Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import * as schemas from "./schemas.ts";

/** Disputes of all organizations, for operators. */
export function disputeRoutes(http: Http, billing: Billing): void {
  http.operation({
    tag: "Disputes",
    access: { least: "operator" },
    method: "GET",
    path: "/api/admin/disputes",
    id: "listDisputes",
    summary: "Payments that buyers dispute, newest first",
    query: schemas.disputesQuery,
    answer: { status: 200, schema: schemas.disputes },
    async handle({ actor, query }) {
      const rows = await billing.disputes({
        mode: actor.mode,
        orgId: query.org_id,
        status: query.status,
        open: query.open === undefined ? undefined : query.open === "true",
        limit: query.limit + 1,
        cursor: openCursor(query.cursor),
      });
      return pageOf(rows, query.limit, schemas.presentDispute, (row) => [row.created_at, row.id]);
    },
  });
}
