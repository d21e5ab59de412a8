/** `pending_if_incomplete`: a change that takes hold once it is paid for, and is dropped after 23 hours. */
import { findFact, saveFact } from "../books.ts";
import type { World } from "../../core/company.ts";
import { collectInvoice } from "../invoices/collect.ts";
import { finalizeInvoice, voidInvoice } from "../invoices/finalize.ts";
import { getInvoice, type Invoice } from "../invoices/invoice.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import type { Cause } from "../protocol/operation.ts";
import { clockIdOf, planAt } from "../time/billing-time.ts";
import type { Kept } from "./apply-pending.ts";
import {
  changeSubscription,
  findSubscription,
  getSubscription,
  keysOf,
  periodOf,
  subscriptionNow,
  type Subscription,
} from "./subscription.ts";

const PENDING_S = 23 * 3_600;

export const PENDING_FIELDS = [
  "items",
  "billing_cycle_anchor",
  "payment_behavior",
  "proration_behavior",
  "proration_date",
  "trial_end",
];

/** Tries to collect the change at once; unpaid, the subscription goes on as it was and shows what is pending. */
export function keepPending(
  world: World,
  old: Subscription,
  next: Subscription,
  draft: Invoice,
  cause: Cause,
): Subscription {
  const latest = subscriptionNow(world, old) + PENDING_S;
  const expires = Math.min(
    latest,
    periodOf(old).end,
    old.status === "trialing" ? (old.trial_end ?? latest) : latest,
  );
  const pending = {
    billing_cycle_anchor:
      next.billing_cycle_anchor === old.billing_cycle_anchor ? null : next.billing_cycle_anchor,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at: expires,
    metadata: null,
    subscription_items: next.items.data as unknown as NonNullable<
      Subscription["pending_update"]
    >["subscription_items"],
    trial_end: next.trial_end === old.trial_end ? null : next.trial_end,
    trial_from_plan: null,
  };
  saveFact(world, `pending:${old.id}`, { next, invoice: draft.id } satisfies Kept);
  changeSubscription(world, old, { latest_invoice: draft.id, pending_update: pending }, cause);
  planAt(world, clockIdOf(old), "subscription.pending", expires, { id: old.id }, keysOf(old.id).pending);
  const open = finalizeInvoice(world, { ...draft, auto_advance: false }, cause);
  if (open.status === "open") collectInvoice(world, open, { session: "on", automatic: false }, cause);
  return getSubscription(world, old.id);
}

/** A change that waits is off once another one is asked for, and its invoice with it. */
export function dropPending(world: World, old: Subscription, cause: Cause): Subscription {
  const kept = old.pending_update === null ? null : findFact<Kept>(world, `pending:${old.id}`);
  const invoice = kept && getInvoice(world, kept.invoice);
  if (invoice?.status === "open") voidInvoice(world, invoice, cause);
  return getSubscription(world, old.id);
}

export function pendingDue(world: World, payload: unknown): void {
  const found = findSubscription(world, (payload as { id: string }).id);
  const kept = found === null ? null : findFact<Kept>(world, `pending:${found.id}`);
  if (found === null || found.pending_update === null || kept === null) return;
  changeSubscription(
    world,
    found,
    { pending_update: null },
    BY_ITSELF,
    "customer.subscription.pending_update_expired",
  );
  const invoice = getInvoice(world, kept.invoice);
  if (invoice.status === "open") voidInvoice(world, invoice, BY_ITSELF);
}
