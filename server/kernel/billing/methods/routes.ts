import type { Actor, Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { chooseMethod, readMethods, removeMethod, setUpMethod, type MethodRow } from "./methods.ts";
import * as schemas from "./schemas.ts";

const of = {
  tag: "Billing",
  access: { least: "owner", permission: "billing.manage" },
  whenSuspended: true,
  limit: { name: "payment_methods", perMinute: 20, kind: "payment" },
} as const;

const who = ({ orgId, mode, userId, credentialId }: Actor) => ({
  orgId,
  mode,
  actorId: userId ?? credentialId,
});

/** What the organization pays by. */
export function methodRoutes(http: Http, { deps }: Billing): void {
  const present = (rows: readonly MethodRow[]) => schemas.presentMethods(rows, deps.paypal !== null);
  http.operation({
    method: "GET",
    path: "/api/payment-methods",
    id: "listPaymentMethods",
    tag: "Billing",
    summary: "Cards and accounts that are kept at the company; the default first",
    access: { least: "owner", permission: "billing.view", scope: "payments.read" },
    whenSuspended: true,
    answer: { status: 200, schema: schemas.methodsAnswer },
    handle: async ({ actor }) => present(await readMethods(deps, actor.orgId, actor.mode)),
  });
  http.operation({
    ...of,
    method: "POST",
    path: "/api/payment-methods/setup",
    id: "setUpPaymentMethod",
    summary: "The company's page where a card or wallet is given and confirmed; nothing is charged",
    idempotent: true,
    body: schemas.setupInput,
    answer: { status: 201, schema: schemas.setupAnswer },
    async handle({ actor, body, operationId }) {
      const page = await setUpMethod(deps, {
        ...who(actor),
        provider: body.provider,
        successUrl: body.success_url,
        cancelUrl: body.cancel_url,
        operationId,
      });
      return { session_id: page.id, url: page.url, expires_at: page.expiresAt };
    },
  });
  http.operation({
    ...of,
    method: "PUT",
    path: "/api/payment-methods/:id/default",
    id: "choosePaymentMethod",
    summary:
      "Makes it the default of its company, which charges invoices to it from now on; the other company keeps its own default, for neither can charge what the other keeps",
    params: schemas.methodParams,
    answer: { status: 200, schema: schemas.methodsAnswer },
    handle: async ({ actor, params }) => present(await chooseMethod(deps, who(actor), params.id)),
  });
  http.operation({
    ...of,
    method: "DELETE",
    path: "/api/payment-methods/:id",
    id: "removePaymentMethod",
    summary: "Takes it away, at the company too",
    params: schemas.methodParams,
    answer: { status: 200, schema: schemas.methodsAnswer },
    handle: async ({ actor, params }) => present(await removeMethod(deps, who(actor), params.id)),
  });
}
