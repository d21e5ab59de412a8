import { addMs } from "../../../platform/clock.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { assert } from "../../../platform/problem.ts";
import { StripeFault } from "../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../deps.ts";
import { withCustomer } from "../payers/ensure-customer.ts";
import { ensurePrice, stripeSeller } from "../plans/ensure-price.ts";
import type { SubscriptionCompany, SubscriptionFact, Told, Wanted } from "./company.ts";
import type { SubscriptionRow } from "./subscription.ts";

/** Stripe forgets a key after 24 h. */
const KEY_LIFE_MS = 20 * 3_600_000;

const told = async (answer: Promise<SubscriptionFact>): Promise<Told> => ({
  subscription: await answer,
  invoices: [],
});

/** Subscriptions by Stripe: its invoices come as events of their own. */
export function stripeCompany(deps: BillingDeps): SubscriptionCompany {
  const { stripe, accountId } = deps;
  return {
    accountId,
    mode: stripe.mode,
    keyLifeMs: KEY_LIFE_MS,
    async createCheckout(row) {
      const { success_url: successUrl, cancel_url: cancelUrl } = row;
      assert(successUrl && cancelUrl, "a checkout says where its buyer goes afterwards");
      const plan = await withSystemTx(deps.db, (tx) => deps.versions.get(tx, row.version_id));
      const { period, currency, amount_minor: amountMinor } = row;
      return withCustomer(deps, row.org_id, row, async (customerId, mark) =>
        stripe.createSubscriptionSession({
          holdfastId: row.id,
          customerId,
          priceId: await ensurePrice(deps, stripeSeller(deps), plan, { period, currency, amountMinor }),
          quantity: row.quantity,
          trialDays: row.trial_days,
          promotionId: row.promotion_id,
          successUrl,
          cancelUrl,
          idempotencyKey: `${row.id}:session:${row.attempt}${mark}`,
        }),
      );
    },
    findCheckout: (row) => stripe.findSubscriptionSession(row.id, addMs(row.created_at, -60_000)),
    fetchCheckout: (id) => stripe.fetchSubscriptionSession(id),
    async closeCheckout(id, key) {
      await stripe.expireSession(id, key);
      return null;
    },
    fetch: (_row, id) => told(stripe.fetchSubscription(id)),
    cancel: (_row, id, key) => told(end(deps, id, key)),
    cancelAtPeriodEnd: (_row, id, key) => told(stripe.setCancelAtPeriodEnd(id, true, key)),
    goOn: (_row, id, key) => told(stripe.setCancelAtPeriodEnd(id, false, key)),
    refund: (chargeId, key) => stripe.refundCharge(chargeId, key),
    preview: async (row, _current, to, at) => stripe.previewChange(await stripeChange(deps, row, to, at)),
  };
}

/** Done as well for one that has ended already: Stripe finds nothing to end then, and still shows what it is. */
async function end({ stripe }: BillingDeps, id: string, key: string): Promise<SubscriptionFact> {
  try {
    return await stripe.cancelSubscription(id, key);
  } catch (error) {
    if (!(error instanceof StripeFault && error.kind === "not_found")) throw error;
    return stripe.fetchSubscription(id);
  }
}

/** A change in Stripe's words: the item and the price that takes its place. */
export async function stripeChange(
  deps: BillingDeps,
  { provider_subscription_id: subscriptionId, provider_item_id: itemId }: SubscriptionRow,
  { plan, price, quantity }: Wanted,
  at: Date,
) {
  assert(subscriptionId && itemId, "a live subscription is known at the company");
  const priceId = await ensurePrice(deps, stripeSeller(deps), plan, price);
  return { subscriptionId, itemId, priceId, quantity, at };
}
