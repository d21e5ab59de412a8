/** Disputes and payouts, as an event's payload or a fetched answer shows them. Pure. */
import type Stripe from "stripe";
import type { StripeDispute, StripePayout } from "./facts.ts";

export function readDispute(dispute: Stripe.Dispute): StripeDispute {
  const chargeId = idOf(dispute.charge);
  if (chargeId === null) throw new TypeError("a dispute is of a charge");
  const due = dispute.evidence_details.due_by;
  return {
    id: dispute.id,
    chargeId,
    intentId: idOf(dispute.payment_intent),
    amountMinor: BigInt(dispute.amount),
    currency: dispute.currency,
    reason: dispute.reason,
    status: dispute.status,
    evidenceDueAt: due ? new Date(due * 1000) : null,
    createdAt: new Date(dispute.created * 1000),
    lines: dispute.balance_transactions.map(({ id, amount, fee, currency }) => ({
      id,
      amountMinor: BigInt(amount),
      feeMinor: BigInt(fee),
      currency,
    })),
  };
}

/** Null for an object of another kind or a broken one. */
export const readDisputeEvent = (body: Buffer): StripeDispute | null => read(body, "dispute", readDispute);

/** Null for an object of another kind or a broken one. */
export const readPayoutEvent = (body: Buffer): StripePayout | null =>
  read(body, "payout", ({ id, amount, currency, status, method, balance_transaction }: Stripe.Payout) => ({
    id,
    amountMinor: BigInt(amount),
    currency,
    hasFailed: status === "failed" || status === "canceled",
    feeTransactionId: method === "instant" ? idOf(balance_transaction) : null,
  }));

function read<O, F>(body: Buffer, kind: string, turn: (object: O) => F): F | null {
  const event = JSON.parse(body.toString("utf8")) as { data?: { object?: { object?: string } } };
  const object = event.data?.object;
  if (object?.object !== kind) return null;
  try {
    return turn(object as O);
  } catch (error) {
    // A member that is missing, or that BigInt cannot read: signed, yet not the shape of this API version.
    if (error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError)
      return null;
    throw error;
  }
}

const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === "object" && reference ? reference.id : (reference ?? null);
