import { findFact, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { changedFields } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import { unplan } from "../time/billing-time.ts";
import { planCycle } from "./plan-cycle.ts";
import { keysOf, type Subscription } from "./subscription.ts";

/** A change and the invoice that it waits for. */
export type Kept = { next: Subscription; invoice: string };

export function waitsFor(world: World, current: Subscription, invoiceId: string): boolean {
  if (current.pending_update === null) return false;
  return findFact<Kept>(world, `pending:${current.id}`)?.invoice === invoiceId;
}

/** Takes over a change that waited for this invoice to be paid. */
export function applyPending(world: World, current: Subscription, invoiceId: string, cause: Cause): void {
  const kept = findFact<Kept>(world, `pending:${current.id}`);
  if (current.pending_update === null || kept?.invoice !== invoiceId) return;
  const { items, billing_cycle_anchor: anchor, trial_end: end } = kept.next;
  const next: Subscription = {
    ...current,
    items,
    billing_cycle_anchor: anchor,
    trial_end: end,
    pending_update: null,
  };
  saveObject(world, next);
  emit(world, "customer.subscription.updated", next, cause, changedFields(current, next));
  emit(world, "customer.subscription.pending_update_applied", next, cause);
  unplan(world, keysOf(current.id).pending);
  planCycle(world, next);
}
