import { addMs } from "../../../../platform/clock.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import { assert } from "../../../../platform/problem.ts";
import { PaypalFault, stepOf, type PaypalSubscription } from "../../../../vendors/paypal/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { ensurePrice, paypalSeller } from "../../plans/ensure-price.ts";
import type { SubscriptionCompany, SubscriptionSession, Told } from "../company.ts";
import { prorate } from "../changes/proration.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { askPaypal, type Account } from "./ask-paypal.ts";

const HOUR_MS = 3_600_000;
/** PayPal keeps a subscription's key for 72 h. */
const KEY_LIFE_MS = 60 * HOUR_MS;
/** A subscription waits this long for its buyer. */
const APPROVAL_MS = 3 * HOUR_MS;
/** Stripe's word for "the id of this session"; PayPal has none, so our own id stands there. */
const PLACEHOLDER = "{CHECKOUT_SESSION_ID}";

/**
 * Subscriptions by PayPal. Its approval is the checkout, and the same object is the subscription. PayPal knows no end with the
 * period: until then it is suspended, so that nothing can be charged, and our clock ends it.
 */
export function paypalCompany(deps: BillingDeps, account: Account): SubscriptionCompany {
  const { api, accountId } = account;
  const fetch = (row: SubscriptionRow, id: string) => askPaypal(deps, account, row, id);
  const session = (found: PaypalSubscription): SubscriptionSession => sessionOf(found, deps.clock.now());
  return {
    accountId,
    mode: api.mode,
    keyLifeMs: KEY_LIFE_MS,
    async createCheckout(row) {
      const made = await createSubscription(deps, account, row);
      assert(made.customId === row.id, "PayPal gives our own subscription back");
      return session(made);
    },
    findCheckout: () => Promise.resolve("unsearchable"),
    fetchCheckout: async (id) => session(await api.getSubscription(id)),
    // It cannot be taken back there; agreed to all the same, it begins.
    closeCheckout: async (id) => ({ ...session(await api.getSubscription(id)), status: "expired" }),
    fetch,
    async cancel(row, id) {
      await unlessSo(() => api.cancelSubscription(id, "The subscription ends"));
      return fetch(row, id);
    },
    async cancelAtPeriodEnd(row, id) {
      await unlessSo(() => api.suspendSubscription(id, "Ends with its period"));
      return meaning(await fetch(row, id), true);
    },
    async goOn(row, id, key) {
      await payOwed(account, id, key);
      await unlessSo(() => api.activateSubscription(id, "Goes on"));
      return meaning(await fetch(row, id), false);
    },
    async refund(chargeId, requestId) {
      await api.refundCapture(chargeId, { amount: null, requestId });
    },
    preview: (row, current, { plan, price, quantity }, at) =>
      Promise.resolve(
        prorate(
          row,
          { current: current.name, wanted: plan.name },
          { amountMinor: price.amountMinor, quantity },
          at,
          stepOf(row.currency),
        ),
      ),
  };
}

async function createSubscription(
  deps: BillingDeps,
  account: Account,
  row: SubscriptionRow,
): Promise<PaypalSubscription> {
  const { success_url: successUrl, cancel_url: cancelUrl } = row;
  assert(successUrl && cancelUrl, "a checkout says where its buyer goes afterwards");
  const plan = await withSystemTx(deps.db, (tx) => deps.versions.get(tx, row.version_id));
  const price = { period: row.period, currency: row.currency, amountMinor: row.amount_minor };
  const url = (text: string) => text.replace(PLACEHOLDER, row.id);
  return account.api.createSubscription({
    holdfastId: row.id,
    planId: await ensurePrice(deps, paypalSeller(account), plan, price, row.trial_days),
    quantity: row.quantity,
    returnUrl: url(successUrl),
    cancelUrl: url(cancelUrl),
    requestId: `${row.id}:session:${row.attempt}`,
  });
}

function sessionOf(found: PaypalSubscription, now: Date): SubscriptionSession {
  const isPending = found.status === "APPROVAL_PENDING" || found.status === "APPROVED";
  const expiresAt = addMs(found.createdAt, APPROVAL_MS);
  return {
    id: found.id,
    url: found.approveUrl,
    expiresAt,
    holdfastId: found.customId,
    subscriptionId: isPending ? null : found.id,
    status: isPending ? (expiresAt <= now ? "expired" : "open") : "complete",
  };
}

/** Done as well for one that stands so already: what it is then is asked for. */
async function unlessSo(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof PaypalFault && error.code === "SUBSCRIPTION_STATUS_INVALID")) throw error;
  }
}

const meaning = (told: Told | null, cancelAtPeriodEnd: boolean): Told | null =>
  told && { ...told, subscription: { ...told.subscription, cancelAtPeriodEnd } };

/** Takes what is owed, once under this key. Throws `PaypalFault` while it is still owed then. */
async function payOwed({ api }: Account, id: string, requestId: string): Promise<void> {
  const { outstanding } = await api.getSubscription(id);
  if (!outstanding) return;
  await api.captureOutstanding(id, { amount: outstanding, note: "What is owed", requestId });
  const after = await api.getSubscription(id);
  if (after.outstanding) throw new PaypalFault("refused", "PAYMENT_DENIED", null);
}
