import type { Http } from "../../../../platform/http/index.ts";
import type { Billing } from "../../billing.ts";
import { cancel, reactivate } from "./cancel.ts";
import { changePlan } from "./change-plan.ts";
import { previewChange } from "./preview.ts";
import { presentIntent } from "../../intents/schemas.ts";
import * as schemas from "../schemas.ts";
import { subscribe } from "../checkouts/subscribe.ts";

const of = {
  tag: "Billing",
  access: { least: "owner", permission: "billing.manage" },
  whenSuspended: true,
} as const;
/** Each in a class of its own. */
const limit = (name: string) => ({ name, perMinute: 10, kind: "payment" as const });

/** What an owner does with the organization's subscription. */
export function changeRoutes(http: Http, billing: Billing): void {
  const { deps } = billing;
  http.operation({
    ...of,
    method: "POST",
    path: "/api/subscriptions/subscribe",
    id: "subscribe",
    limit: limit("subscribe"),
    summary:
      "Begins a subscription: its row, and the page where its first payment is made, or the payment by a card that is kept",
    idempotent: true,
    body: schemas.subscribeInput,
    answer: { status: 201, schema: schemas.subscribedAnswer },
    async handle({ actor, body, operationId }) {
      const started = await subscribe(deps, {
        orgId: actor.orgId,
        actorId: actor.userId ?? actor.credentialId,
        mode: actor.mode,
        planKey: body.plan_key,
        period: body.interval,
        currency: body.currency,
        quantity: body.quantity,
        provider: body.provider,
        trial: body.trial,
        promoCode: body.promo_code,
        methodId: body.payment_method_id,
        successUrl: body.success_url,
        cancelUrl: body.cancel_url,
        operationId,
      });
      return schemas.presentStarted(started);
    },
  });
  planChangeRoutes(http, billing);
  endRoutes(http, billing);
}

function planChangeRoutes(http: Http, billing: Billing): void {
  const { deps } = billing;
  http.operation({
    ...of,
    limit: { name: "preview", perMinute: 60 },
    method: "POST",
    path: "/api/subscriptions/preview",
    id: "previewPlanChange",
    summary:
      "What another plan would cost now and later, what it brings, and what is in the way; good for 10 minutes",
    body: schemas.previewInput,
    answer: { status: 200, schema: schemas.previewAnswer },
    handle: async ({ actor, body }) =>
      schemas.presentPreview(
        await previewChange(deps, {
          orgId: actor.orgId,
          mode: actor.mode,
          planKey: body.plan_key,
          period: body.interval,
          quantity: body.quantity,
        }),
      ),
  });
  for (const [direction, id, summary] of [
    ["up", "upgradePlan", "To a higher plan, now, charging exactly what its preview said"],
    ["down", "downgradePlan", "To a lower plan, with the end of the period"],
  ] as const)
    http.operation({
      ...of,
      method: "PUT",
      path: `/api/subscriptions/${direction}grade`,
      limit: limit(`plan_${direction}grade`),
      id,
      summary,
      body: schemas.changeInput,
      answer: { status: 200, schema: schemas.changedAnswer },
      async handle({ actor, body }) {
        const payment = await changePlan(deps, {
          orgId: actor.orgId,
          mode: actor.mode,
          actorId: actor.userId ?? actor.credentialId,
          planKey: body.plan_key,
          period: body.interval,
          quantity: body.quantity,
          previewId: body.preview_id,
          direction,
        });
        const current = schemas.presentCurrent(await billing.current(actor.orgId, actor.mode));
        return { ...current, payment: payment && presentIntent(payment) };
      },
    });
}

function endRoutes(http: Http, billing: Billing): void {
  const { deps } = billing;
  http.operation({
    ...of,
    method: "POST",
    path: "/api/subscriptions/cancel",
    id: "cancelSubscription",
    limit: limit("subscription_cancel"),
    summary: "Ends the subscription with its period or at once; an open checkout is closed",
    idempotent: true,
    body: schemas.cancelInput,
    answer: { status: 200, schema: schemas.currentAnswer },
    async handle({ actor, body, operationId }) {
      const actorId = actor.userId ?? actor.credentialId;
      await cancel(deps, { orgId: actor.orgId, mode: actor.mode, actorId, ...body, operationId });
      return schemas.presentCurrent(await billing.current(actor.orgId, actor.mode));
    },
  });
  http.operation({
    ...of,
    method: "POST",
    path: "/api/subscriptions/reactivate",
    id: "reactivateSubscription",
    limit: limit("subscription_reactivate"),
    summary: "Takes a cancellation back while the period lasts",
    idempotent: true,
    answer: { status: 200, schema: schemas.currentAnswer },
    async handle({ actor, operationId }) {
      const actorId = actor.userId ?? actor.credentialId;
      await reactivate(deps, { orgId: actor.orgId, mode: actor.mode, actorId, operationId });
      return schemas.presentCurrent(await billing.current(actor.orgId, actor.mode));
    },
  });
}
