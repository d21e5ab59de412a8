import { openCursor, type Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { printInvoice, readInvoice, readInvoices } from "./read.ts";
import * as schemas from "./schemas.ts";

const of = {
  tag: "Billing",
  access: { least: "owner", permission: "billing.view", scope: "payments.read" },
  whenSuspended: true,
} as const;

/** Invoices of the organization, from our own tables. */
export function invoiceRoutes(http: Http, { deps }: Billing): void {
  http.operation({
    ...of,
    method: "GET",
    path: "/api/invoices",
    id: "listInvoices",
    summary: "Invoices, newest first",
    query: schemas.invoicesQuery,
    answer: { status: 200, schema: schemas.invoicesAnswer },
    async handle({ actor, query }) {
      const rows = await readInvoices(deps, actor.orgId, {
        mode: actor.mode,
        status: query.status ?? null,
        from: query.from ?? null,
        to: query.to ?? null,
        limit: query.limit,
        cursor: openCursor(query.cursor),
      });
      return schemas.presentInvoices(rows, query.limit);
    },
  });
  http.operation({
    ...of,
    method: "GET",
    path: "/api/invoices/:id",
    id: "getInvoice",
    summary: "One invoice",
    params: schemas.invoiceParams,
    answer: { status: 200, schema: schemas.invoiceAnswer },
    handle: async ({ actor, params }) =>
      schemas.presentInvoice(await readInvoice(deps, actor.orgId, actor.mode, params.id)),
  });
  http.operation({
    ...of,
    method: "GET",
    path: "/api/invoices/:id/pdf",
    id: "getInvoicePdf",
    summary: "One invoice as a PDF",
    params: schemas.invoiceParams,
    answer: { status: 200, schema: null },
    async handle({ actor, params, reply }) {
      const pdf = await printInvoice(deps, actor.orgId, actor.mode, params.id);
      reply
        .header("content-type", "application/pdf")
        .header("content-disposition", `inline; filename="${params.id}.pdf"`)
        .send(pdf);
      return undefined;
    },
  });
}
