/** A payment at Stripe in our own words. Amounts are in minor units, which for the currencies we sell in are Stripe's. */

/** Where a payment stands that has captured nothing. Money that moved outranks it. */
export type PaymentState = {
  status: "requires_payment_method" | "requires_action" | "processing" | "canceled" | "failed";
  /** Stripe's decline or error code of the last try. */
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
  /** Where its fee will be found; null until Stripe has booked it. */
  balanceTransactionId: string | null;
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
  /** Our id, put there by us; null when it was made at Stripe. */
  holdfastId?: string | null;
  /** Said by us when it was made: the credits stay. */
  keepsCredits?: boolean;
};

export type PaymentFact = {
  /** Our id, put there by us; null when the object carries none. */
  holdfastId: string | null;
  sessionId: string | null;
  intentId: string | null;
  /** Null when the object does not tell. */
  state: PaymentState | null;
  /** A charge that captured, if the object shows it. */
  charge: ChargeFact | null;
  refunds: RefundFact[];
  /** It is paid, but the object does not show the charge. */
  paidElsewhere: boolean;
  /** Tax in what is paid, where a checkout tells it. */
  taxMinor?: bigint | null;
};

export type CheckoutSession = {
  id: string;
  url: string | null;
  expiresAt: Date;
  holdfastId: string | null;
  intentId: string | null;
};

export type Fee = { balanceTransactionId: string; feeMinor: bigint; currency: string; createdAt: Date };

/** A dispute whole, with every line that Stripe booked for it so far. Amounts of lines are signed. */
export type StripeDispute = {
  id: string;
  chargeId: string;
  intentId: string | null;
  amountMinor: bigint;
  currency: string;
  reason: string;
  status: string;
  evidenceDueAt: Date | null;
  createdAt: Date;
  lines: { id: string; amountMinor: bigint; feeMinor: bigint; currency: string }[];
};

/** Money that leaves for the bank, below zero the other way. */
export type StripePayout = {
  id: string;
  amountMinor: bigint;
  currency: string;
  /** It came back. */
  hasFailed: boolean;
  /** What it was booked as, where Stripe keeps a fee of it: of an instant one, once it is booked. */
  feeTransactionId: string | null;
};

/** What a balance transaction moves. `account` is what concerns the account alone: its fees, top-ups, adjustments. */
export type BalanceMovement =
  | "captured"
  | "refunded"
  | "refund_failed"
  | "dispute"
  | "payout"
  | "payout_failed"
  | "account";

/** One line of Stripe's own books. Amounts are signed: positive into the account. */
export type BalanceRecord = {
  id: string;
  movement: BalanceMovement;
  /** The charge, refund, dispute or payout that it books. */
  objectId: string | null;
  amountMinor: bigint;
  /** What Stripe keeps of it; `net` is the amount less this. */
  feeMinor: bigint;
  netMinor: bigint;
  currency: string;
  createdAt: Date;
  /** What the account pays Stripe for, beside what it keeps of payments. */
  isFee: boolean;
  /** As it was listed. */
  record: object;
};
