import { type Tx, withTx } from "../../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../../platform/ids.ts";
import { assert, Problem, common } from "../../../../platform/problem.ts";
import { canTake } from "../../../../vendors/paypal/index.ts";
import { audit } from "../../../identity/index.ts";
import type { Mode } from "../../../ledger/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { findMethod } from "../../methods/store.ts";
import { invalid, ownUrl } from "../../own-url.ts";
import { priceOf, type Period, type Plan, type PlanPrice } from "../../plans/plan.ts";
import { billingProblems } from "../../problems.ts";
import { asking } from "../company-answer.ts";
import { companyOf } from "../company-of.ts";
import { placeSubscription } from "../places.ts";
import { startCheckout, type StartedCheckout } from "./start-checkout.ts";
import { startDirect } from "./start-direct.ts";
import {
  beginWith,
  findSubscription,
  insertSubscription,
  lockSubscriptions,
  updateSubscriptions,
} from "../store.ts";
import { isLive, isOpen, type SubscriptionRow } from "../subscription.ts";
import { takerOf } from "../trials/trial.ts";
import { hadTrial } from "../trials/trial-marks.ts";

export type SubscribeInput = {
  orgId: OrgId;
  actorId: string;
  mode: Mode;
  planKey: string;
  period: Period;
  currency: string;
  quantity: number;
  provider: "stripe" | "paypal";
  trial: boolean;
  promoCode?: string | undefined;
  /** One of Stripe that is kept: tried at once, without a checkout. */
  methodId?: string | undefined;
  successUrl?: string | undefined;
  cancelUrl?: string | undefined;
  /** Of the Idempotency-Key; a retry carries the same row on. */
  operationId: Id<"idk">;
};

/**
 * Begins a subscription: our row first, committed, then the company's checkout, or the payment by a kept card, under a key made of the row. Called again
 * with the same operation it goes on from wherever it was cut off. 422 for a plan without such a price or a
 * code that is not good, 409
 * `already_subscribed`, `checkout_open` (with its address), `checkout_over`, `trial_used`; 502 `provider_refused`, 503
 * `provider_unavailable`: the row is kept.
 */
export async function subscribe(deps: BillingDeps, input: SubscribeInput): Promise<StartedCheckout> {
  const { plan, price, trialDays } = wanted(deps, input);
  if (input.provider === "paypal") offered(deps, price);
  const company = companyOf(deps, input);
  if (input.mode !== company.mode) throw new Problem(common.forbidden, { detail: "No account of this mode" });
  const { baseUrl } = deps;
  const successUrl = ownUrl(
    baseUrl,
    input.successUrl,
    "/success_url",
    "/billing/return?session_id={CHECKOUT_SESSION_ID}",
  );
  // A payment of ours has a page of its own, where a refusal can be answered as well.
  const isDirect = input.methodId !== undefined && input.successUrl === undefined;
  const urls = {
    success_url: isDirect ? null : successUrl,
    cancel_url: ownUrl(baseUrl, input.cancelUrl, "/cancel_url", "/plans"),
  };
  const promotionId = await promotionOf(deps, input);
  const id: SubscriptionRow["id"] = `sub_${input.operationId.slice(4)}`;
  const row = await withTx(deps.db, input.orgId, async (tx) => {
    const rows = await lockSubscriptions(tx, input.orgId, [id]);
    const mine = rows.find((one) => one.id === id);
    if (mine) return mine;
    await refuseSecond(deps, tx, rows);
    if (input.trial) await refuseTrial(deps, tx, input);
    await insertRow(deps, tx, input, { id, accountId: company.accountId, plan, price, trialDays, urls });
    const methodId = await methodOf(tx, input);
    await beginWith(tx, input.orgId, id, { promotionId, methodId });
    const made = await findSubscription(tx, input.orgId, id);
    assert(made, "a subscription just made is there");
    return made;
  });
  return row.method_id === null ? startCheckout(deps, row) : startDirect(deps, row);
}

function wanted(
  { plans }: BillingDeps,
  input: SubscribeInput,
): { plan: Plan; price: PlanPrice; trialDays: number | null } {
  const plan = plans.find(input.planKey);
  if (!plan || plan === plans.free) throw invalid("/plan_key", "is not a plan that we sell");
  const price = priceOf(plan, input.period, input.currency);
  if (!price) throw invalid("/interval", "is not a price of this plan");
  if (!input.trial) return { plan, price, trialDays: null };
  if (!plan.trial) throw invalid("/trial", "is not part of this plan");
  return { plan, price, trialDays: plan.trial.days };
}

/** 422 for a company that sells nothing here, or not at this price. */
function offered({ paypal }: BillingDeps, price: PlanPrice): void {
  if (!paypal) throw invalid("/provider", "is not offered here");
  if (!canTake(price)) throw invalid("/provider", "does not take this price");
}

/** The company's name of a code that is good now; null where none was given. */
async function promotionOf(
  { stripe }: BillingDeps,
  { promoCode, provider }: SubscribeInput,
): Promise<string | null> {
  if (promoCode === undefined) return null;
  if (provider === "paypal") throw invalid("/promo_code", "is not taken by PayPal");
  const promotion = await asking(() => stripe.findPromotion(promoCode));
  if (promotion === null) throw invalid("/promo_code", "is not a code that is good now");
  return promotion;
}

async function methodOf(tx: Tx, { methodId, mode, orgId, provider }: SubscribeInput): Promise<string | null> {
  if (methodId === undefined) return null;
  const method = await findMethod(tx, orgId, mode, methodId);
  if (method?.provider !== "stripe" || provider !== "stripe")
    throw invalid("/payment_method_id", "is no card of yours at Stripe");
  return method.id;
}

/** A checkout that ran out makes room; what is open, live, or being made does not. */
async function refuseSecond(deps: BillingDeps, tx: Tx, rows: readonly SubscriptionRow[]): Promise<void> {
  const now = deps.clock.now();
  if (rows.some(isLive)) throw new Problem(billingProblems.already_subscribed);
  for (const open of rows.filter(isOpen)) {
    const ranOut = open.session_expires_at !== null && open.session_expires_at <= now;
    // Somebody may have paid in the last minute: then it comes to life beside the new one, and is given back.
    if (!ranOut || open.provider_subscription_id !== null)
      throw new Problem(billingProblems.checkout_open, { extra: { checkout_url: open.session_url } });
    await updateSubscriptions(tx, open.org_id, [
      { ...open, status: "canceled", cancel_reason: "checkout_expired", ended_at: now },
    ]);
  }
}

async function refuseTrial(deps: BillingDeps, tx: Tx, input: SubscribeInput): Promise<void> {
  const taker = await takerOf(tx, { created_by: input.actorId, org_id: input.orgId }, null);
  if (await hadTrial(tx, deps.trialSecrets, taker)) throw new Problem(billingProblems.trial_used);
}

async function insertRow(
  deps: BillingDeps,
  tx: Tx,
  input: SubscribeInput,
  made: {
    id: SubscriptionRow["id"];
    accountId: string;
    plan: Plan;
    price: PlanPrice;
    trialDays: number | null;
    urls: { success_url: string | null; cancel_url: string };
  },
): Promise<void> {
  const now = deps.clock.now();
  const { id, accountId, plan, price, trialDays, urls } = made;
  await insertSubscription(tx, input.orgId, {
    id,
    mode: input.mode,
    account_id: accountId,
    provider: input.provider,
    plan_key: plan.key,
    version_id: plan.versionId,
    period: price.period,
    currency: price.currency,
    amount_minor: price.amountMinor,
    quantity: input.quantity,
    status: "creating",
    trial_days: trialDays,
    operation_id: input.operationId,
    ...urls,
    period_start: null,
    period_end: null,
    credits_due_at: null,
    created_by: input.actorId,
    created_at: now,
  });
  await placeSubscription(tx, accountId, [{ object_id: id, org_id: input.orgId, subscription_id: id }]);
  await audit(tx, now, {
    orgId: input.orgId,
    actorId: input.actorId,
    action: "subscription.started",
    targetId: id,
    detail: {
      plan: plan.key,
      interval: price.period,
      quantity: input.quantity,
      trial: input.trial,
      provider: input.provider,
    },
  });
  tx.afterCommit(() => deps.hub.publish("subscription.updated", input.orgId));
}
