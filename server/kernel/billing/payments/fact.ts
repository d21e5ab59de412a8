/**
 * A payment in our own words, whichever company takes it. Amounts are in minor units of ISO 4217. The companies' own
 * facts fit these shapes, or are turned into them beside the company's name.
 */

export type Provider = "stripe" | "paypal";

/** Where a payment stands that has captured nothing. Money that moved outranks it. */
export type PaymentState = {
  status: "requires_payment_method" | "requires_action" | "processing" | "canceled" | "failed";
  /** The company's decline or error code of the last try. */
  failureCode: string | null;
};

export type ChargeFact = {
  id: string;
  intentId: string | null;
  capturedMinor: bigint;
  /** All that was refunded so far; null when the object does not tell. */
  refundedMinor: bigint | null;
  currency: string;
  createdAt: Date;
  /** Where its fee will be found, when the company books it apart; null until it has. */
  balanceTransactionId: string | null;
  /** Its fee, where the charge itself shows it. */
  feeMinor?: bigint | null;
};

export type RefundStatus = "pending" | "succeeded" | "failed" | "canceled";

export type RefundFact = {
  id: string;
  chargeId: string | null;
  intentId: string | null;
  amountMinor: bigint;
  currency: string;
  status: RefundStatus;
  createdAt: Date;
  /** The organization keeps the credits: said when it was asked for, and kept at the company. */
  keepsCredits?: boolean;
  /** Our id, put there by us. */
  holdfastId?: string | null;
  /** What the company gives back of its fee with it. */
  feeMinor?: bigint;
};

export type PaymentFact = {
  /** Our id, put there by us; null when the object carries none. */
  holdfastId: string | null;
  /** Stripe's session, PayPal's order. */
  sessionId: string | null;
  intentId: string | null;
  /** Null when the object does not tell. */
  state: PaymentState | null;
  /** A charge that captured, if the object shows it. */
  charge: ChargeFact | null;
  refunds: RefundFact[];
  /** It is paid, but the object does not show the charge. */
  paidElsewhere: boolean;
  /** Tax in what is paid, where the object tells it: null or nothing where it does not. */
  taxMinor?: bigint | null;
};

/** Where a payment is paid: the company's page. */
export type Checkout = { id: string; url: string | null; expiresAt: Date };

/** A payment as its company has it now. `fetchSeq` was drawn before the question. */
export type Fetched = { found: PaymentFact; fetchSeq: bigint; at: Date };
