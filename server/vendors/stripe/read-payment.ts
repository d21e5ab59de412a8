/** Objects of Stripe, as an event's payload or a fetched answer shows them, turned into facts. Pure. */
import type Stripe from "stripe";
import type { ChargeFact, CheckoutSession, Fee, PaymentFact, PaymentState, RefundFact } from "./facts.ts";

/** Written on a refund whose credits the organization keeps. */
export const KEEPS_CREDITS = "holdfast_keeps_credits";

const NOTHING: PaymentFact = {
  holdfastId: null,
  sessionId: null,
  intentId: null,
  state: null,
  charge: null,
  refunds: [],
  paidElsewhere: false,
};

type Known = Stripe.Checkout.Session | Stripe.PaymentIntent | Stripe.Charge | Stripe.Refund;

/** What the object of a snapshot event tells about a payment; null for an object of another kind or a broken one. */
export function readPaymentEvent(body: Buffer): PaymentFact | null {
  const event = JSON.parse(body.toString("utf8")) as {
    type: string;
    created: number;
    data?: { object?: Known };
  };
  const object = event.data?.object;
  try {
    switch (object?.object) {
      case "checkout.session":
        return sessionFact(object, event.type);
      case "payment_intent":
        return intentFact(object, event.created);
      case "charge":
        return chargeFact(object);
      case "refund":
        return refundFact(object);
      default:
        return null;
    }
  } catch {
    // A member that is missing, or that BigInt cannot read: signed, yet not the shape of this API version.
    return null;
  }
}

function sessionFact(session: Stripe.Checkout.Session, type: string): PaymentFact {
  const state = (): PaymentState | null => {
    if (session.status === "expired") return { status: "canceled", failureCode: "expired" };
    if (type === "checkout.session.async_payment_failed")
      return { status: "failed", failureCode: "async_payment_failed" };
    if (session.status === "complete" && session.payment_status === "unpaid")
      return { status: "processing", failureCode: null };
    return null;
  };
  return {
    ...NOTHING,
    holdfastId: ourId(session.metadata),
    sessionId: session.id,
    intentId: idOf(session.payment_intent),
    state: state(),
    paidElsewhere: session.status === "complete" && session.payment_status === "paid",
    taxMinor: taxIn(session),
  };
}

/** `readAt`: seconds, the time of the event or answer that shows the intent. */
export function intentFact(intent: Stripe.PaymentIntent, readAt: number): PaymentFact {
  const latest = intent.latest_charge;
  const paid = intent.status === "succeeded";
  const shown =
    paid && typeof latest === "string"
      ? {
          id: latest,
          intentId: intent.id,
          capturedMinor: BigInt(intent.amount_received),
          refundedMinor: null,
          currency: intent.currency,
          createdAt: new Date(readAt * 1000),
          balanceTransactionId: null,
        }
      : null;
  return {
    ...NOTHING,
    holdfastId: ourId(intent.metadata),
    intentId: intent.id,
    state: intentState(intent),
    charge: latest && typeof latest === "object" ? captured(latest) : shown,
    paidElsewhere: paid && !latest,
  };
}

function intentState(intent: Stripe.PaymentIntent): PaymentState | null {
  const error = intent.last_payment_error;
  switch (intent.status) {
    case "requires_payment_method":
    case "requires_confirmation":
      return { status: "requires_payment_method", failureCode: error?.decline_code ?? error?.code ?? null };
    case "requires_action":
      return { status: "requires_action", failureCode: null };
    case "processing":
    case "requires_capture":
      return { status: "processing", failureCode: null };
    case "canceled":
      return { status: "canceled", failureCode: intent.cancellation_reason };
    default:
      return null;
  }
}

function chargeFact(charge: Stripe.Charge): PaymentFact {
  const failed = charge.status === "failed";
  return {
    ...NOTHING,
    holdfastId: ourId(charge.metadata),
    intentId: idOf(charge.payment_intent),
    state: failed
      ? { status: "requires_payment_method", failureCode: charge.outcome?.reason ?? charge.failure_code }
      : null,
    charge: captured(charge),
  };
}

function captured(charge: Stripe.Charge): ChargeFact | null {
  if (charge.status !== "succeeded" || !charge.captured) return null;
  return {
    id: charge.id,
    intentId: idOf(charge.payment_intent),
    capturedMinor: BigInt(charge.amount_captured),
    refundedMinor: BigInt(charge.amount_refunded),
    currency: charge.currency,
    createdAt: new Date(charge.created * 1000),
    balanceTransactionId: idOf(charge.balance_transaction),
  };
}

function refundFact(refund: Stripe.Refund): PaymentFact {
  return {
    ...NOTHING,
    holdfastId: ourId(refund.metadata),
    intentId: idOf(refund.payment_intent),
    refunds: [readRefund(refund)],
  };
}

export function readRefund(refund: Stripe.Refund): RefundFact {
  const { status } = refund;
  return {
    id: refund.id,
    chargeId: idOf(refund.charge),
    intentId: idOf(refund.payment_intent),
    amountMinor: BigInt(refund.amount),
    currency: refund.currency,
    status: status === "succeeded" || status === "failed" || status === "canceled" ? status : "pending",
    createdAt: new Date(refund.created * 1000),
    holdfastId: ourId(refund.metadata),
    keepsCredits: refund.metadata?.[KEEPS_CREDITS] === "true",
  };
}

export const taxIn = ({ total_details: details }: Stripe.Checkout.Session): bigint | null =>
  details ? BigInt(details.amount_tax) : null;

export function readSession(session: Stripe.Checkout.Session): CheckoutSession {
  return {
    id: session.id,
    url: session.url,
    expiresAt: new Date(session.expires_at * 1000),
    holdfastId: ourId(session.metadata),
    intentId: idOf(session.payment_intent),
  };
}

export function readFee(row: Stripe.BalanceTransaction): Fee {
  return {
    balanceTransactionId: row.id,
    feeMinor: BigInt(row.fee),
    currency: row.currency,
    createdAt: new Date(row.created * 1000),
  };
}

const ourId = (metadata: Stripe.Metadata | null | undefined) => metadata?.holdfast_id ?? null;

function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === "object" && reference ? reference.id : (reference ?? null);
}
