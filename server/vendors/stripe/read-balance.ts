/** Balance transactions: what Stripe booked, in our own words. Pure. */
import type Stripe from "stripe";
import type { BalanceMovement, BalanceRecord } from "./facts.ts";

const MOVEMENTS: Readonly<Record<string, BalanceMovement>> = {
  charge: "captured",
  payment: "captured",
  refund: "refunded",
  payment_refund: "refunded",
  refund_failure: "refund_failed",
  payment_failure_refund: "refund_failed",
  payout: "payout",
  payout_cancel: "payout_failed",
  payout_failure: "payout_failed",
};

const FEES: ReadonlySet<string> = new Set([
  "stripe_fee",
  "stripe_fx_fee",
  "tax_fee",
  "network_cost",
  "application_fee",
]);

/** Disputes are booked as adjustments of theirs, out and back; what is left concerns the account alone. */
function movementOf({ type }: Stripe.BalanceTransaction, source: string | null): BalanceMovement {
  const known = MOVEMENTS[type];
  if (known && source) return known;
  return source && /^(dp|du)_/.test(source) ? "dispute" : "account";
}

/** The line in an event that was made of it (`ProviderBooks.wrap`). */
export function readBalanceEvent(body: Buffer): BalanceRecord {
  const event = JSON.parse(body.toString("utf8")) as { data: { object: Stripe.BalanceTransaction } };
  return readBalance(event.data.object);
}

export function readBalance(row: Stripe.BalanceTransaction): BalanceRecord {
  const source = typeof row.source === "object" && row.source ? row.source.id : row.source;
  return {
    id: row.id,
    movement: movementOf(row, source),
    objectId: source,
    amountMinor: BigInt(row.amount),
    feeMinor: BigInt(row.fee),
    netMinor: BigInt(row.net),
    currency: row.currency,
    createdAt: new Date(row.created * 1000),
    isFee: FEES.has(row.type),
    record: row,
  };
}
