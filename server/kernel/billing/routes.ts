import type { z } from "zod";
import { openCursor, pageOf, type Actor, type Http } from "../../platform/http/index.ts";
import type { Id } from "../../platform/ids.ts";
import type { Cache } from "../../platform/cache/index.ts";
import type { Billing } from "./billing.ts";
import { customerRoutes } from "./customers/routes.ts";
import { disputeRoutes } from "./disputes/routes.ts";
import { deskRoutes } from "./desk/routes.ts";
import { presentPayment } from "./payments/present.ts";
import type { StartedSession } from "./payments/start-session.ts";
import { payerRoutes } from "./payers/routes.ts";
import { intentRoutes } from "./intents/routes.ts";
import { startCheckout } from "./intents/start-checkout.ts";
import { invoiceRoutes } from "./invoices/routes.ts";
import { methodRoutes } from "./methods/routes.ts";
import { planRoutes } from "./plans/routes.ts";
import { subscriptionRoutes } from "./subscriptions/routes.ts";
import { refundRoutes } from "./refunds/routes.ts";
import { revenueRoutes } from "./revenue-routes.ts";
import { topupRoutes } from "./topups/routes.ts";
import * as schemas from "./schemas.ts";

const TAG = "Billing";

/** Packs, purchase, payments, and the status that a buyer's return asks for. */
export function billingRoutes(http: Http, billing: Billing, cache: Pick<Cache, "get" | "invalidate">): void {
  creditRoutes(http, billing);
  paymentRoutes(http, billing);
  revenueRoutes(http, billing, cache);
  refundRoutes(http, billing);
  disputeRoutes(http, billing);
  customerRoutes(http, billing);
  planRoutes(http, billing, cache);
  subscriptionRoutes(http, billing);
  invoiceRoutes(http, billing);
  intentRoutes(http, billing);
  topupRoutes(http, billing);
  deskRoutes(http, billing);
  payerRoutes(http, billing);
  methodRoutes(http, billing);
  http.operation({
    method: "GET",
    path: "/checkout/session/:session_id",
    id: "getCheckoutSession",
    tag: TAG,
    summary: "How a checkout stands, for whoever holds its id; nothing personal",
    access: { least: "anyone" },
    limit: { name: "checkout_session", perMinute: 30, kind: "payment" },
    params: schemas.sessionParams,
    answer: { status: 200, schema: schemas.checkoutStatus },
    handle: ({ params }) => billing.checkoutStatus(params.session_id),
  });
}

function creditRoutes(http: Http, billing: Billing): void {
  http.operation({
    method: "GET",
    path: "/api/credits/packs",
    id: "listCreditPacks",
    tag: TAG,
    summary: "Credits that can be bought at once, and their prices",
    access: { least: "viewer", scope: "payments.read" },
    whenSuspended: true,
    answer: { status: 200, schema: schemas.packs },
    handle: async () => ({
      providers: billing.deps.paypal ? ["stripe" as const, "paypal" as const] : ["stripe" as const],
      tax_included: billing.deps.stripe.tax,
      data: billing.deps.packs.map((pack) => ({
        key: pack.key,
        name: pack.name,
        amount_minor: pack.amountMinor,
        currency: pack.currency,
        credits_micros: pack.creditsMicros,
      })),
    }),
  });
  http.operation({
    method: "POST",
    path: "/api/credits/purchase",
    id: "purchaseCredits",
    tag: TAG,
    summary: "Starts buying a pack, or credits for an amount: a payment and the page where it is paid",
    ...starts,
    limit: { name: "payment", perMinute: 10, kind: "payment" },
    body: schemas.purchaseInput,
    async handle({ body, ...call }) {
      const { amount_minor: amountMinor, pack_key: packKey = "" } = body;
      const wanted = amountMinor === undefined ? { packKey } : { amountMinor };
      return presentSession(await billing.purchase({ ...buyerOf(call), ...placesOf(body), wanted }));
    },
  });
  http.operation({
    method: "POST",
    path: "/api/checkout/sessions",
    id: "startCheckout",
    tag: TAG,
    summary: "Starts paying for a pack or an open invoice: a payment and the page where it is paid",
    ...starts,
    limit: { name: "checkout", perMinute: 10, kind: "payment" },
    body: schemas.checkoutInput,
    async handle({ body, ...call }) {
      const { purpose, reference } = body;
      return presentSession(
        await startCheckout(billing.deps, { ...buyerOf(call), ...placesOf(body), purpose, reference }),
      );
    },
  });
}

const starts = {
  access: { least: "owner", permission: "billing.manage" },
  whenSuspended: true,
  idempotent: true,
  answer: { status: 201, schema: schemas.purchased },
} as const;

const buyerOf = ({ actor, operationId }: { actor: Actor; operationId: Id<"idk"> }) => ({
  orgId: actor.orgId,
  actorId: actor.userId ?? actor.credentialId,
  mode: actor.mode,
  operationId,
});

const placesOf = (
  body: Pick<z.output<typeof schemas.checkoutInput>, "provider" | "success_url" | "cancel_url">,
) => ({
  provider: body.provider,
  successUrl: body.success_url,
  cancelUrl: body.cancel_url,
});

const presentSession = (session: StartedSession): z.output<typeof schemas.purchased> => ({
  payment_id: session.paymentId,
  session_id: session.sessionId,
  url: session.url,
  expires_at: session.expiresAt,
});

function paymentRoutes(http: Http, billing: Billing): void {
  const access = { least: "owner", permission: "billing.view", scope: "payments.read" } as const;
  http.operation({
    method: "GET",
    path: "/api/payments",
    id: "listPayments",
    tag: TAG,
    summary: "Payments, newest first",
    access,
    whenSuspended: true,
    query: schemas.paymentsQuery,
    answer: { status: 200, schema: schemas.payments },
    async handle({ actor, query }) {
      const rows = await billing.payments(actor.orgId, {
        mode: actor.mode,
        limit: query.limit,
        cursor: openCursor(query.cursor),
      });
      return pageOf(
        rows,
        query.limit,
        (row) => presentPayment(row, billing.deps.clock.now()),
        (row) => [row.created_at, row.id],
      );
    },
  });
  http.operation({
    method: "GET",
    path: "/api/payments/:id",
    id: "getPayment",
    tag: TAG,
    summary: "One payment, and what happened to it",
    access,
    whenSuspended: true,
    params: schemas.paymentParams,
    answer: { status: 200, schema: schemas.paymentDetail },
    async handle({ actor, params }) {
      const row = await billing.payment(actor.orgId, actor.mode, params.id);
      return { ...presentPayment(row, billing.deps.clock.now()), timeline: row.timeline };
    },
  });
}
