/** What PayPal says of subscriptions and what they are sold as, in our own words. */
import type { Amount } from "./money.ts";

export type PaypalSubscriptionStatus =
  | "APPROVAL_PENDING"
  | "APPROVED"
  | "ACTIVE"
  | "SUSPENDED"
  | "CANCELLED"
  | "EXPIRED";

export type PaypalSubscription = {
  id: string;
  status: PaypalSubscriptionStatus;
  /** Our id, put there by us; null when the object carries none. */
  customId: string | null;
  planId: string;
  quantity: number;
  /** PayPal's name for whoever pays; null before they agreed. */
  payerId: string | null;
  /** Where the buyer agrees; null once that is over. */
  approveUrl: string | null;
  createdAt: Date;
  startAt: Date;
  /** When its status became what it is. */
  statusAt: Date;
  /** Null for one that is not billed any more, or not now. */
  nextBillingAt: Date | null;
  /** Whether a trial runs that nothing was charged after. */
  inTrial: boolean;
  /** In a row. */
  failedPayments: number;
  /** What it owes; null when nothing. */
  outstanding: Amount | null;
};

/** One payment of a subscription: a capture by its id. */
export type PaypalSubscriptionPayment = Amount & {
  id: string;
  status: "COMPLETED" | "DECLINED" | "PARTIALLY_REFUNDED" | "PENDING" | "REFUNDED";
  /** Null while it is not known, or in another currency. */
  feeMinor: bigint | null;
  paidAt: Date;
};

export type PaypalPlan = {
  id: string;
  /** Of one unit and regular period; null for what is not priced by the unit, month or year. */
  price: (Amount & { period: "month" | "year" }) | null;
};

/** A change asked for: what it becomes, and where the buyer agrees, if that is needed. */
export type PaypalRevision = { planId: string | null; approveUrl: string | null };
