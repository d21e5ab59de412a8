import { openCursor, type Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { readPayments, readVersions } from "./read.ts";
import * as schemas from "./schemas.ts";

const operator = { tag: "Operator", method: "GET", access: { least: "operator" } } as const;

/** What operators see of all organizations' payments and of the plans' versions. */
export function deskRoutes(http: Http, { deps }: Billing): void {
  http.operation({
    ...operator,
    path: "/api/admin/payments",
    id: "listAllPayments",
    summary: "Payments of all organizations, newest first",
    query: schemas.paymentsQuery,
    answer: { status: 200, schema: schemas.paymentsAnswer },
    async handle({ actor, query }) {
      const { status = null, provider = null, org_id: orgId = null, limit } = query;
      const page = { limit: limit + 1, cursor: openCursor(query.cursor) };
      const rows = await readPayments(deps.db, { mode: actor.mode, status, provider, orgId }, page);
      return schemas.presentPayments(rows, limit, deps.clock.now());
    },
  });
  http.operation({
    ...operator,
    path: "/api/admin/plans",
    id: "listPlanVersions",
    summary: "Every version of every plan, with how many have it",
    answer: { status: 200, schema: schemas.versionsAnswer },
    handle: async ({ actor }) => schemas.presentVersions(await readVersions(deps.db, actor.mode), deps.plans),
  });
}
