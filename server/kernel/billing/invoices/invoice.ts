/** An invoice and what facts make of it. Pure. */
import type { InvoiceFact } from "../subscriptions/company.ts";
import type { SubscriptionRow } from "../subscriptions/subscription.ts";
import type { InvoiceRow, InvoiceStatus } from "./store.ts";

/** An invoice as it was at a time. `fetchSeq` is set when it was fetched rather than told by an event. */
export type InvoiceState = { at: Date; fetchSeq: bigint | null; found: InvoiceFact };

/** An invoice goes forward only: what is later in this order happened later, whatever the order in which it is told. */
const RANK: Record<InvoiceStatus, number> = { draft: 0, open: 1, uncollectible: 2, void: 3, paid: 4 };

export function isAhead(
  row: Pick<InvoiceRow, "status" | "attempts">,
  found: Pick<InvoiceFact, "status" | "attempts">,
): boolean {
  const step = RANK[found.status] - RANK[row.status];
  return step > 0 || (step === 0 && found.attempts > row.attempts);
}

/** The row after the fact; the same one when the fact says nothing later. */
export function walkInvoice(
  row: InvoiceRow | null,
  subscription: Pick<SubscriptionRow, "org_id" | "id" | "mode" | "account_id" | "provider">,
  { at, fetchSeq, found }: InvoiceState,
  newId: () => InvoiceRow["id"],
): InvoiceRow {
  const isNewer = row !== null && fetchSeq !== null && fetchSeq > row.fetch_seq;
  if (row && !isAhead(row, found) && !(isNewer && RANK[found.status] >= RANK[row.status])) return row;
  return {
    org_id: subscription.org_id,
    id: row?.id ?? newId(),
    mode: subscription.mode,
    account_id: subscription.account_id,
    provider: subscription.provider === "paypal" ? "paypal" : "stripe",
    provider_invoice_id: found.id,
    subscription_id: subscription.id,
    number: found.number ?? row?.number ?? null,
    status: found.status,
    reason: found.reason,
    description:
      found.lines.find((line) => !line.proration)?.description ?? found.lines[0]?.description ?? "",
    currency: found.currency,
    subtotal_minor: found.subtotalMinor,
    tax_minor: found.taxMinor,
    total_minor: found.totalMinor,
    due_minor: found.dueMinor,
    paid_minor: found.paidMinor,
    attempts: found.attempts,
    next_attempt_at: found.nextAttemptAt,
    lines: found.lines.map((line) => ({
      description: line.description,
      amount_minor: Number(line.amountMinor),
      quantity: line.quantity,
      period_start: line.periodStart.toISOString(),
      period_end: line.periodEnd.toISOString(),
      proration: line.proration,
    })),
    pay_url: found.payUrl,
    payment_id: row?.payment_id ?? null,
    created_at: found.createdAt,
    paid_at: found.paidAt,
    as_of: row && row.as_of > at ? row.as_of : at,
    fetch_seq: fetchSeq ?? row?.fetch_seq ?? 0n,
  };
}
