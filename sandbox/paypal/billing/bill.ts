/** Taking a subscription's money: the first time, each period, and again after a failure. */
import type { World } from "../../core/company.ts";
import { behaviourOf } from "../buyers.ts";
import { find, iso } from "../books.ts";
import { minorOf, toMoney } from "../money.ts";
import { makeSale } from "../payments/sale.ts";
import { paysRenewals } from "./buyer-settings.ts";
import { after } from "./calendar.ts";
import {
  currentCycle,
  frequencyOf,
  outstanding,
  priceOf,
  refreshInfo,
  saveSubscription,
  tell,
  type Meta,
  type Subscription,
  type SubscriptionEntry,
} from "./subscription.ts";

/** PayPal tries twice more, five days apart. */
const RETRIES = 2;
const RETRY_MS = 5 * 86_400_000;

const key = (id: string): string => `paypal:subscription:${id}`;

/** Plans what comes next of it; nothing, for one that does not run. */
export function plan(world: World, { id, body, meta }: SubscriptionEntry): void {
  world.agenda.cancel(key(id));
  const times = [meta.nextMs, meta.retryMs].filter((at) => at !== null);
  if (body.status !== "ACTIVE" || times.length === 0) return;
  world.agenda.add("paypal", "subscription.bill", Math.min(...times), { id }, key(id));
}

function pays(world: World, entry: SubscriptionEntry, renewal: boolean): boolean {
  const { buyer } = entry.meta;
  if (buyer === null) return false;
  return renewal ? paysRenewals(world, buyer) : behaviourOf(buyer) !== "declined";
}

/** Takes `minor`; what could not be taken is owed. True when it was paid. */
export function charge(world: World, entry: SubscriptionEntry, minor: bigint, renewal: boolean): boolean {
  const { body, meta } = entry;
  const amount = toMoney(minor, meta.currency);
  const time = iso(world.clock.now());
  if (pays(world, entry, renewal)) {
    const rest = outstanding(entry) - minor;
    meta.retryMs = null;
    meta.retries = 0;
    refreshInfo(entry, {
      outstanding_balance: toMoney(rest > 0n ? rest : 0n, meta.currency),
      last_payment: { amount, time },
      failed_payments_count: 0,
    });
    makeSale(world, { subscriptionId: entry.id, customId: body.custom_id, minor, currency: meta.currency });
    return true;
  }
  const again = meta.retries < RETRIES ? world.clock.now() + RETRY_MS : null;
  meta.retryMs = again;
  meta.retries++;
  refreshInfo(entry, {
    outstanding_balance: amount,
    failed_payments_count: (body.billing_info?.failed_payments_count ?? 0) + 1,
    last_failed_payment: {
      amount,
      time,
      reason_code: "PAYMENT_DENIED",
      ...(again === null ? {} : { next_payment_retry_time: iso(again) }),
    },
  });
  return false;
}

/** After a failure: told, and suspended once there were as many as the plan allows. */
function failed(world: World, entry: SubscriptionEntry): void {
  const most = entry.meta.preferences.payment_failure_threshold;
  const over = most > 0 && (entry.body.billing_info?.failed_payments_count ?? 0) >= most;
  if (over) entry.meta.retryMs = null;
  saveSubscription(world, entry);
  tell(world, entry, "BILLING.SUBSCRIPTION.PAYMENT.FAILED");
  if (!over) return;
  saveSubscription(world, entry, "SUSPENDED");
  tell(world, entry, "BILLING.SUBSCRIPTION.SUSPENDED");
}

/** A revision that was agreed to begins with the period that begins now. */
function revise({ body, meta }: SubscriptionEntry, now: number): void {
  const { agreed } = meta;
  if (agreed === null) return;
  body.plan_id = agreed.planId;
  body.quantity = agreed.quantity;
  meta.cycles = agreed.cycles;
  meta.preferences = agreed.preferences;
  // Trials are for those who begin.
  meta.cycle = agreed.cycles.length - 1;
  meta.done = agreed.cycles.map((cycle) => (cycle.tenure_type === "TRIAL" ? cycle.total_cycles : 0));
  meta.anchorMs = now;
  meta.periods = 0;
  meta.agreed = null;
}

/** Begins the period that is due: counts it, takes its price, and finds when the next one begins. */
export function beginPeriod(world: World, entry: SubscriptionEntry): void {
  const { meta } = entry;
  const now = meta.nextMs ?? world.clock.now();
  revise(entry, now);
  const cycle = currentCycle(entry);
  if (meta.cycle >= meta.cycles.length) return expire(world, entry);
  const price = priceOf(entry, cycle);
  const renewal = meta.begun;
  meta.begun = true;
  meta.done[meta.cycle] = (meta.done[meta.cycle] ?? 0) + 1;
  meta.periods++;
  meta.nextMs = after(meta.anchorMs, frequencyOf(entry), meta.periods);
  if (cycle.total_cycles > 0 && (meta.done[meta.cycle] ?? 0) >= cycle.total_cycles) {
    meta.cycle++;
    meta.anchorMs = meta.nextMs;
    meta.periods = 0;
  }
  meta.retryMs = null;
  meta.retries = 0;
  const owed = meta.preferences.auto_bill_outstanding ? outstanding(entry) : 0n;
  const due = price + owed;
  refreshInfo(entry);
  const paid = due === 0n || charge(world, entry, due, renewal);
  if (paid) saveSubscription(world, entry);
  else failed(world, entry);
  plan(world, entry);
}

function expire(world: World, entry: SubscriptionEntry): void {
  entry.meta.nextMs = null;
  saveSubscription(world, entry, "EXPIRED");
  tell(world, entry, "BILLING.SUBSCRIPTION.EXPIRED");
  plan(world, entry);
}

/** Something of a subscription falls due. */
export function billDue(world: World, payload: unknown): void {
  const { id } = payload as { id: string };
  const entry = find<Subscription, Meta>(world, "subscription", id);
  if (entry === null || entry.body.status !== "ACTIVE") return;
  const { nextMs, retryMs } = entry.meta;
  if (nextMs !== null && nextMs <= world.clock.now()) return beginPeriod(world, entry);
  if (retryMs === null || retryMs > world.clock.now()) return plan(world, entry);
  if (outstanding(entry) === 0n || charge(world, entry, outstanding(entry), true))
    saveSubscription(world, entry);
  else failed(world, entry);
  plan(world, entry);
}

/** Approved, or told to begin: the setup fee, then the first period. */
export function activate(world: World, entry: SubscriptionEntry): void {
  const { body, meta } = entry;
  const now = world.clock.now();
  meta.startMs = Math.max(meta.startMs, now);
  meta.anchorMs = meta.startMs;
  meta.nextMs = meta.startMs;
  body.start_time = iso(meta.startMs);
  body.status = "ACTIVE";
  refreshInfo(entry);
  saveSubscription(world, entry, "ACTIVE");
  tell(world, entry, "BILLING.SUBSCRIPTION.ACTIVATED");
  const fee = meta.preferences.setup_fee === undefined ? 0n : minorOf(meta.preferences.setup_fee);
  if (fee > 0n && !charge(world, entry, fee, false)) {
    if (meta.preferences.setup_fee_failure_action === "CANCEL") {
      meta.retryMs = null;
      meta.nextMs = null;
      tell(world, entry, "BILLING.SUBSCRIPTION.PAYMENT.FAILED");
      saveSubscription(world, entry, "CANCELLED", "The setup fee was not paid.");
      return tell(world, entry, "BILLING.SUBSCRIPTION.CANCELLED");
    }
    failed(world, entry);
    // What is owed of the setup is tried again with the periods.
    meta.retryMs = null;
  }
  if (meta.nextMs <= now && entry.body.status === "ACTIVE") return beginPeriod(world, entry);
  saveSubscription(world, entry);
  plan(world, entry);
}
