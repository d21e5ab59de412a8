import { openCursor, personIn, pageOf, type Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import * as schemas from "./schemas.ts";

const operator = { tag: "Refunds", access: { least: "operator" } } as const;

/** Refunds, for operators: what was asked for here and what was made at the company. */
export function refundRoutes(http: Http, billing: Billing): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/refunds",
    id: "listRefunds",
    summary: "Refunds of all organizations, newest first",
    query: schemas.refundsQuery,
    answer: { status: 200, schema: schemas.refunds },
    async handle({ actor, query }) {
      const rows = await billing.refunds({
        mode: actor.mode,
        orgId: query.org_id,
        status: query.status,
        limit: query.limit + 1,
        cursor: openCursor(query.cursor),
      });
      return pageOf(rows, query.limit, schemas.presentRefund, (row) => [row.created_at, row.id]);
    },
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/admin/refunds",
    id: "createRefund",
    summary: "Gives money of a payment back; above a bound another operator approves first",
    idempotent: true,
    proof: true,
    limit: { name: "refund", perMinute: 10, kind: "payment" },
    body: schemas.refundInput,
    answer: { status: 202, schema: schemas.refund },
    handle: async ({ actor, body, operationId }) =>
      schemas.presentRefund(
        await billing.requestRefund({
          mode: actor.mode,
          actorId: personIn(actor),
          operationId,
          paymentId: body.payment_id,
          kind: body.kind,
          amountMinor: body.amount_minor === undefined ? null : BigInt(body.amount_minor),
          reason: body.reason,
          note: body.note ?? null,
          cancelSubscription: body.cancel_subscription,
          clawback: body.clawback,
        }),
      ),
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/admin/refunds/:id/approve",
    id: "approveRefund",
    summary: "Lets another operator's refund go to the company",
    idempotent: true,
    proof: true,
    params: schemas.refundParams,
    answer: { status: 202, schema: schemas.refund },
    handle: async ({ actor, params }) =>
      schemas.presentRefund(
        await billing.approveRefund({ id: params.id, mode: actor.mode, actorId: personIn(actor) }),
      ),
  });
}
