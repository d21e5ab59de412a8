import { openCursor, sealCursor, type Http } from "../../../platform/http/index.ts";
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
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      const has_more = rows.length > page.length;
      return {
        data: page.map(schemas.presentDispute),
        has_more,
        next_cursor: has_more && last ? sealCursor(last.created_at, last.id) : null,
      };
    },
  });
}
