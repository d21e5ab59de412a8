import type { Actor, Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { cancelIntent } from "./cancel-intent.ts";
import { confirmIntent } from "./confirm-intent.ts";
import * as schemas from "./schemas.ts";
import { startIntent } from "./start-intent.ts";

const of = {
  method: "POST",
  tag: "Billing",
  access: { least: "owner", permission: "billing.manage" },
  whenSuspended: true,
  idempotent: true,
} as const;
/** Each in a class of its own. */
const limit = (name: string) => ({ name, perMinute: 10, kind: "payment" as const });
const actorId = ({ userId, credentialId }: Actor) => userId ?? credentialId;

/** Payments with a method that is kept, or with the company's elements in a browser of the caller's own. */
export function intentRoutes(http: Http, { deps }: Billing): void {
  http.operation({
    ...of,
    path: "/api/payments/intents",
    id: "startPaymentIntent",
    limit: limit("payment_intent"),
    summary: "Begins a payment; with a payment method it is tried at once",
    body: schemas.intentInput,
    answer: { status: 201, schema: schemas.intentAnswer },
    async handle({ actor, body, operationId }) {
      const { mode, orgId } = actor;
      const answer = await startIntent(deps, {
        orgId,
        actorId: actorId(actor),
        mode,
        purpose: body.purpose,
        reference: body.reference,
        methodId: body.payment_method_id,
        offSession: body.off_session,
        returnUrl: body.return_url,
        operationId,
      });
      return schemas.presentIntent(answer);
    },
  });
  http.operation({
    ...of,
    path: "/api/payments/intents/:id/confirm",
    id: "confirmPaymentIntent",
    limit: limit("payment_confirm"),
    summary: "Tries to pay with a payment method that is kept; the third refusal cancels the payment",
    params: schemas.intentParams,
    body: schemas.confirmInput,
    answer: { status: 200, schema: schemas.intentAnswer },
    async handle({ actor: { mode, orgId }, params, body, operationId }) {
      const answer = await confirmIntent(deps, {
        orgId,
        mode,
        id: params.id,
        methodId: body.payment_method_id,
        returnUrl: body.return_url,
        operationId,
      });
      return schemas.presentIntent(answer);
    },
  });
  http.operation({
    ...of,
    path: "/api/payments/intents/:id/cancel",
    id: "cancelPaymentIntent",
    limit: limit("payment_cancel"),
    summary: "Gives a payment up that has taken nothing, at the company too",
    params: schemas.intentParams,
    answer: { status: 200, schema: schemas.intentAnswer },
    async handle({ actor, params }) {
      const { mode, orgId } = actor;
      const answer = await cancelIntent(deps, { orgId, actorId: actorId(actor), mode, id: params.id });
      return schemas.presentIntent(answer);
    },
  });
}
