/** A dispute at PayPal in our own words. Pure. */
import type { PaypalDispute } from "../../../vendors/paypal/index.ts";
import type { DisputeFact, DisputeStatus } from "./dispute.ts";

/** Decided for the buyer: the seller pays. A payout is PayPal's own money. */
const LOST = new Set(["RESOLVED_BUYER_FAVOUR", "ACCEPTED"]);

export function paypalDisputeFact(dispute: PaypalDispute, chargeId: string): DisputeFact {
  return {
    id: dispute.id,
    chargeId,
    amountMinor: dispute.amountMinor,
    currency: dispute.currency,
    reason: dispute.reason,
    status: statusOf(dispute),
    evidenceDueAt: dispute.answerDueAt,
    createdAt: dispute.createdAt,
    lines: dispute.movements.map(({ id, amountMinor, currency, isFee }) => ({
      id,
      amountMinor,
      currency,
      feeMinor: 0n,
      isFee,
    })),
  };
}

function statusOf({ status, stage, outcome, movements }: PaypalDispute): DisputeStatus {
  const asks = stage === "INQUIRY" && movements.length === 0;
  if (status === "RESOLVED") {
    if (outcome !== null && LOST.has(outcome)) return "lost";
    return asks ? "warning_closed" : "won";
  }
  const answers = status === "OPEN" || status === "WAITING_FOR_SELLER_RESPONSE";
  if (asks) return answers ? "warning_needs_response" : "warning_under_review";
  return answers ? "needs_response" : "under_review";
}
