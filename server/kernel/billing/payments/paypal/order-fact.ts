/** PayPal's objects as facts about a payment of ours. Pure. */
import type { PaypalCapture, PaypalOrder, PaypalRefund } from "../../../../vendors/paypal/index.ts";
import type { ChargeFact, PaymentFact, PaymentState, RefundFact, RefundStatus } from "../fact.ts";

const CAPTURED = new Set(["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"]);

/** What the whole order says. `declined` is PayPal's code when it has just refused to capture it. */
export function orderFact(order: PaypalOrder, declined: string | null = null): PaymentFact {
  const captured = order.captures.find(({ status }) => CAPTURED.has(status));
  return {
    holdfastId: order.customId,
    sessionId: order.id,
    intentId: null,
    state: captured ? null : orderState(order, declined),
    charge: captured ? chargeFact(captured) : null,
    refunds: order.refunds.map((refund) => refundFact(refund, captured?.id ?? null)),
    paidElsewhere: false,
  };
}

/** What a capture alone says, where the order is not kept any more. */
export function captureFact(capture: PaypalCapture): PaymentFact {
  const isCaptured = CAPTURED.has(capture.status);
  return {
    holdfastId: capture.customId,
    sessionId: capture.orderId,
    intentId: null,
    state: isCaptured ? null : captureState(capture),
    charge: isCaptured ? chargeFact(capture) : null,
    refunds: [],
    paidElsewhere: false,
  };
}

/** An order that was never approved in time and is forgotten there. */
export const expiredFact = (orderId: string): PaymentFact => ({
  holdfastId: null,
  sessionId: orderId,
  intentId: null,
  state: { status: "canceled", failureCode: "expired" },
  charge: null,
  refunds: [],
  paidElsewhere: false,
});

function orderState(order: PaypalOrder, declined: string | null): PaymentState {
  // The newest capture speaks: an earlier one may have been declined.
  const last = order.captures.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()).at(-1);
  if (last) return captureState(last);
  switch (order.status) {
    case "VOIDED":
      return { status: "canceled", failureCode: "voided" };
    case "COMPLETED":
      return { status: "processing", failureCode: null };
    case "PAYER_ACTION_REQUIRED":
      return { status: "requires_action", failureCode: declined };
    case "APPROVED":
      return declined === null
        ? { status: "processing", failureCode: null }
        : { status: "requires_payment_method", failureCode: declined };
    default:
      return { status: "requires_payment_method", failureCode: declined };
  }
}

const captureState = ({ status, reason }: PaypalCapture): PaymentState =>
  status === "PENDING"
    ? { status: "processing", failureCode: reason }
    : { status: "failed", failureCode: reason ?? status };

function chargeFact(capture: PaypalCapture): ChargeFact {
  return {
    id: capture.id,
    intentId: null,
    capturedMinor: capture.amountMinor,
    refundedMinor: null,
    currency: capture.currency,
    createdAt: capture.createdAt,
    balanceTransactionId: null,
    feeMinor: capture.feeMinor,
  };
}

const REFUND: Record<PaypalRefund["status"], RefundStatus> = {
  PENDING: "pending",
  COMPLETED: "succeeded",
  FAILED: "failed",
  CANCELLED: "canceled",
};

/** What a refund of ours is named at PayPal: our id, and whether its credits stay. */
const KEEPS = ".keeps_credits";
export const refundName = ({ id, clawback }: { id: string; clawback: boolean }): string =>
  clawback ? id : id + KEEPS;

/** `chargeId`: of the order that lists it, where the refund itself does not name it. */
export function refundFact(refund: PaypalRefund, chargeId: string | null): RefundFact {
  return {
    id: refund.id,
    chargeId: refund.captureId ?? chargeId,
    intentId: null,
    amountMinor: refund.amountMinor,
    currency: refund.currency,
    status: REFUND[refund.status],
    createdAt: refund.createdAt,
    feeMinor: refund.feeMinor,
    holdfastId: refund.invoiceId?.replace(KEEPS, "") ?? null,
    keepsCredits: refund.invoiceId?.endsWith(KEEPS) ?? false,
  };
}
