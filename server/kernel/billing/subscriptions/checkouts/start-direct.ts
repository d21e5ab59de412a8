import { addMs } from "../../../../platform/clock.ts";
import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import { Problem } from "../../../../platform/problem.ts";
import type { BillingDeps } from "../../deps.ts";
import { findMethod } from "../../methods/store.ts";
import { ensurePrice, stripeSeller } from "../../plans/ensure-price.ts";
import { billingProblems } from "../../problems.ts";
import { applyAnswer } from "../refresh.ts";
import { ABSENT_MS, keyCounts, refusal, type StartedCheckout } from "./start-checkout.ts";
import { findSubscription } from "../store.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";

/**
 * Begins a subscription with a card that is kept: charged at once, or refused and nothing begun, also where its bank asks. Safe
 * to call again at any point: 409 `checkout_over`, 502 `provider_refused`, 503 `provider_unavailable` as with a checkout.
 */
export async function startDirect(deps: BillingDeps, row: SubscriptionRow): Promise<StartedCheckout> {
  const known = started(deps, row);
  if (known) return known;
  if (row.status !== "creating") throw new Problem(billingProblems.checkout_over);
  if (!keyCounts(deps, row))
    throw new Problem(billingProblems.provider_unavailable, { retryAfter: ABSENT_MS / 1000 });
  try {
    const { method, priceId } = await prepare(deps, row);
    await applyAnswer(deps, row, async () => ({
      subscription: await deps.stripe.createSubscription({
        holdfastId: row.id,
        customerId: method.provider_customer_id,
        methodId: method.provider_method_id,
        priceId,
        quantity: row.quantity,
        trialDays: row.trial_days,
        promotionId: row.promotion_id,
        idempotencyKey: `${row.id}:direct:${row.attempt}`,
      }),
      invoices: [],
    }));
  } catch (error) {
    throw await refusal(deps, row, error);
  }
  const after = await withTx(deps.db, row.org_id, (tx) => findSubscription(tx, row.org_id, row.id));
  const result = after && started(deps, after);
  if (!result) throw new Problem(billingProblems.checkout_over);
  return result;
}

/** One that was made without our hearing of it. */
export async function adoptDirect(deps: BillingDeps, row: SubscriptionRow): Promise<boolean> {
  const method = await methodOf(deps, row);
  const since = addMs(row.created_at, -60_000);
  const id = await deps.stripe.findSubscription(row.id, method.provider_customer_id, since);
  if (id === null) return false;
  await applyAnswer(deps, row, async () => ({
    subscription: await deps.stripe.fetchSubscription(id),
    invoices: [],
  }));
  return true;
}

async function prepare(deps: BillingDeps, row: SubscriptionRow) {
  const { amount_minor: amountMinor, currency, period } = row;
  const plan = await withSystemTx(deps.db, (tx) => deps.versions.get(tx, row.version_id));
  const priceId = await ensurePrice(deps, stripeSeller(deps), plan, { period, currency, amountMinor });
  return { priceId, method: await methodOf(deps, row) };
}

async function methodOf({ db }: BillingDeps, { method_id: id, mode, org_id: org }: SubscriptionRow) {
  const method = id && (await withTx(db, org, (tx) => findMethod(tx, org, mode, id)));
  // Taken away in the very moment.
  if (!method) throw new Problem(billingProblems.checkout_over);
  return method;
}

/** It has no page: what is left to see is on our billing screen. */
function started({ baseUrl, clock }: BillingDeps, row: SubscriptionRow): StartedCheckout | null {
  const { id, provider_subscription_id: sessionId } = row;
  if (sessionId === null || !isLive(row)) return null;
  return { subscriptionId: id, sessionId, url: new URL("/billing", baseUrl).href, expiresAt: clock.now() };
}
