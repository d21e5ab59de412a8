import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { previewInvoice } from "../invoices/preview.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { findSubscription, isOver } from "./subscription.ts";

/** A week before a renewal: `invoice.upcoming`, with an invoice that is not there yet. */
export function upcomingDue(world: World, payload: unknown): void {
  const found = findSubscription(world, (payload as { id: string }).id);
  if (found === null || isOver(found) || found.cancel_at_period_end) return;
  if (found.status !== "active" && found.status !== "trialing" && found.status !== "past_due") return;
  emit(world, "invoice.upcoming", previewInvoice(world, { subscription: found.id }), BY_ITSELF);
}
