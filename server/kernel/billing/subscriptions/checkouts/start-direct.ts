import { addMs } from "../../../../platform/clock.ts";
import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import type { Id } from "../../../../platform/ids.ts";
import { assert, Problem } from "../../../../platform/problem.ts";
import type { BillingDeps } from "../../deps.ts";
import { answerOf, readIntent, type IntentAnswer } from "../../intents/answer.ts";
import { refreshIntent } from "../../intents/ask-intent.ts";
import { startIntent } from "../../intents/start-intent.ts";
import { findMethod } from "../../methods/store.ts";
import { ensurePrice, stripeSeller } from "../../plans/ensure-price.ts";
import { billingProblems } from "../../problems.ts";
import { asking } from "../company-answer.ts";
import { applyAnswer } from "../refresh.ts";
import { applyBegun, findFirst } from "./give-up.ts";
import { ABSENT_MS, change, keyCounts, refusal, type StartedCheckout } from "./start-checkout.ts";
import { findSubscription } from "../store.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";

/** Stripe gives up a plan whose first payment was not made by then. */
const WAITS_MS = 23 * 3_600_000;

/**
 * Begins a subscription with a card that is kept: the subscription first, then its first payment, tried at once. A bank that
 * asks, or a refusal, leaves it `incomplete` with its payment to go on with. Safe to call again at any point: 409
 * `checkout_over`, 502 `provider_refused`, 503 `provider_unavailable` as with a checkout.
 */
export async function startDirect(deps: BillingDeps, row: SubscriptionRow): Promise<StartedCheckout> {
  if (row.status === "creating") await begin(deps, row);
  return payFirst(deps, await read(deps, row));
}

async function begin(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  if (!keyCounts(deps, row))
    throw new Problem(billingProblems.provider_unavailable, { retryAfter: ABSENT_MS / 1000 });
  try {
    const { method, priceId } = await prepare(deps, row);
    await applyAnswer(deps, row, async () => {
      const { subscription, invoice } = await deps.stripe.createSubscription({
        holdfastId: row.id,
        customerId: method.provider_customer_id,
        methodId: method.provider_method_id,
        priceId,
        quantity: row.quantity,
        trialDays: row.trial_days,
        promotionId: row.promotion_id,
        idempotencyKey: `${row.id}:direct:${row.attempt}`,
      });
      return { subscription, invoices: invoice ? [invoice] : [] };
    });
  } catch (error) {
    throw await refusal(deps, row, error);
  }
}

/** One that was made without our hearing of it. */
export async function adoptDirect(deps: BillingDeps, row: SubscriptionRow): Promise<boolean> {
  const method = await methodOf(deps, row);
  const since = addMs(row.created_at, -60_000);
  const id = await deps.stripe.findSubscription(row.id, method.provider_customer_id, since);
  if (id === null) return false;
  await applyBegun(deps, row, id);
  const made = await read(deps, row);
  if (made.status === "incomplete") await payFirst(deps, made);
  return true;
}

async function payFirst(deps: BillingDeps, row: SubscriptionRow): Promise<StartedCheckout> {
  if (!isLive(row) && row.status !== "incomplete") throw new Problem(billingProblems.checkout_over);
  const payment = await firstPayment(deps, row);
  if (payment && row.session_url === null) await noteWay(deps, row, payment.payUrl);
  const after = await read(deps, row);
  assert(after.provider_subscription_id, "a subscription that began is known at its company");
  const billing = new URL("/billing", deps.baseUrl).href;
  return {
    subscriptionId: row.id,
    status: after.status,
    sessionId: after.provider_subscription_id,
    url: isLive(after) || !payment ? billing : (payment.nextUrl ?? payment.payUrl),
    expiresAt: after.session_expires_at ?? deps.clock.now(),
    payment,
  };
}

/** Tried where it is open; null where nothing is due, and where nobody began one. */
async function firstPayment(deps: BillingDeps, row: SubscriptionRow): Promise<IntentAnswer | null> {
  let first = await findFirst(deps, row);
  if (!first.invoice) {
    // Told along with the subscription; events may have brought the one without the other.
    await asking(() => applyBegun(deps, row, row.provider_subscription_id ?? ""));
    first = await findFirst(deps, row);
  }
  const known = first.payment ? await readIntent(deps, row.org_id, first.payment.id) : null;
  const { invoice } = first;
  if (row.status !== "incomplete" || invoice?.status !== "open") return known && answerOf(deps, known, null);
  // Whoever has tried another card since goes on with that.
  if (known && known.intent.tries > 0 && known.intent.operation_id !== row.operation_id) {
    const state = await asking(() => refreshIntent(deps, known.payment));
    return answerOf(deps, await readIntent(deps, row.org_id, known.payment.id), state);
  }
  return startIntent(deps, {
    orgId: row.org_id,
    actorId: row.created_by,
    mode: row.mode,
    purpose: "invoice",
    reference: invoice.id,
    methodId: row.method_id ?? undefined,
    offSession: false,
    returnUrl: row.success_url?.replace("{CHECKOUT_SESSION_ID}", row.id),
    operationId: row.operation_id as Id<"idk">,
  });
}

/** Where it goes on, for whoever asks, in any browser. */
const noteWay = (deps: BillingDeps, row: SubscriptionRow, url: string) =>
  change(deps, row, (known) => ({
    ...known,
    session_url: url,
    session_expires_at: addMs(known.created_at, WAITS_MS),
  }));

async function read({ db }: BillingDeps, { id, org_id: org }: SubscriptionRow): Promise<SubscriptionRow> {
  const row = await withTx(db, org, (tx) => findSubscription(tx, org, id));
  assert(row, "a subscription that was begun is there");
  return row;
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
