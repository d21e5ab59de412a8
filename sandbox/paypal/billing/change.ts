/** Suspending, beginning again, ending, and taking what is owed. */
import type { World } from "../../core/company.ts";
import { unprocessable } from "../errors.ts";
import { toMinor, toMoney, type Money } from "../money.ts";
import { activate, charge, plan } from "./bill.ts";
import { after } from "./calendar.ts";
import {
  frequencyOf,
  outstanding,
  saveSubscription,
  tell,
  type Status,
  type SubscriptionEntry,
} from "./subscription.ts";

function need({ body }: SubscriptionEntry, action: string, statuses: readonly Status[]): void {
  if (statuses.includes(body.status)) return;
  const names = statuses.map((status) => status.toLowerCase()).join(" or ");
  throw unprocessable(
    "SUBSCRIPTION_STATUS_INVALID",
    `Invalid subscription status for ${action} action; subscription status should be ${names}.`,
  );
}

export function suspend(world: World, entry: SubscriptionEntry, reason: string): void {
  need(entry, "suspend", ["ACTIVE"]);
  entry.meta.retryMs = null;
  saveSubscription(world, entry, "SUSPENDED", reason);
  tell(world, entry, "BILLING.SUBSCRIPTION.SUSPENDED");
  plan(world, entry);
}

/** Begins one that was approved, or goes on with one that was suspended; periods that passed meanwhile are not billed. */
export function activateAgain(world: World, entry: SubscriptionEntry, reason: string | undefined): void {
  if (entry.body.status === "APPROVED") return activate(world, entry);
  need(entry, "activate", ["SUSPENDED"]);
  const { meta } = entry;
  const now = world.clock.now();
  while (meta.nextMs !== null && meta.nextMs <= now)
    meta.nextMs = after(meta.anchorMs, frequencyOf(entry), ++meta.periods);
  meta.retries = 0;
  saveSubscription(world, entry, "ACTIVE", reason);
  tell(world, entry, "BILLING.SUBSCRIPTION.RE-ACTIVATED");
  plan(world, entry);
}

export function cancel(world: World, entry: SubscriptionEntry, reason: string): void {
  need(entry, "cancel", ["ACTIVE", "SUSPENDED"]);
  entry.meta.nextMs = null;
  entry.meta.retryMs = null;
  saveSubscription(world, entry, "CANCELLED", reason);
  tell(world, entry, "BILLING.SUBSCRIPTION.CANCELLED");
  plan(world, entry);
}

/** Takes what is owed, or a part of it. */
export function captureOutstanding(world: World, entry: SubscriptionEntry, amount: Money): void {
  need(entry, "capture", ["ACTIVE", "SUSPENDED", "EXPIRED"]);
  const owed = outstanding(entry);
  if (owed === 0n)
    throw unprocessable(
      "ZERO_OUTSTANDING_BALANCE",
      "Current outstanding balance should be greater than zero.",
    );
  if (amount.currency_code !== entry.meta.currency)
    throw unprocessable(
      "CURRENCY_MISMATCH",
      "The currency code is different from the subscription's currency code.",
      "/amount/currency_code",
    );
  const minor = toMinor(amount, "/amount");
  if (minor > owed)
    throw unprocessable(
      "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE",
      "The capture amount can not be greater than the current outstanding balance.",
      "/amount/value",
    );
  const paid = charge(world, entry, minor, true);
  // A failure leaves what was owed, not what was tried.
  if (!paid && entry.body.billing_info !== undefined)
    entry.body.billing_info.outstanding_balance = toMoney(owed, amount.currency_code);
  saveSubscription(world, entry);
  if (!paid) tell(world, entry, "BILLING.SUBSCRIPTION.PAYMENT.FAILED");
  plan(world, entry);
}
