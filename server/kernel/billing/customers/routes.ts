import { openCursor, pageOf, type Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import * as schemas from "./schemas.ts";

const operator = { tag: "Customers", access: { least: "operator" } } as const;

/** Who pays, and what happened to each, for operators. */
export function customerRoutes(http: Http, billing: Billing): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/customers",
    id: "listCustomers",
    summary: "Organizations that pay or have paid, newest first",
    query: schemas.customersQuery,
    answer: { status: 200, schema: schemas.customers },
    async handle({ actor, query }) {
      const rows = await billing.customers({
        mode: actor.mode,
        name: query.name,
        disputed: query.disputed === undefined ? undefined : query.disputed === "true",
        limit: query.limit + 1,
        cursor: openCursor(query.cursor),
      });
      return pageOf(rows, query.limit, schemas.presentCustomer, (row) => [row.created_at, row.org_id]);
    },
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/customers/:org_id",
    id: "getCustomer",
    summary: "One customer's payments, refunds, disputes, invoices, subscriptions and grants, newest first",
    params: schemas.customerParams,
    query: schemas.customerQuery,
    answer: { status: 200, schema: schemas.customerTimeline },
    async handle({ actor, params, query }) {
      const { customer, moments } = await billing.customer({
        mode: actor.mode,
        org: params.org_id,
        limit: query.limit + 1,
        cursor: openCursor(query.cursor),
      });
      return {
        customer: schemas.presentCustomer(customer),
        ...pageOf(
          moments,
          query.limit,
          (moment) => moment,
          ({ at, id }) => [at, id],
        ),
      };
    },
  });
}
