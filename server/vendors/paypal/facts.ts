/** What PayPal's objects say, in our own words. Amounts are in minor units of ISO 4217. */
import type { Amount } from "./money.ts";

export type OrderStatus = "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "VOIDED" | "COMPLETED";
export type CaptureStatus =
  | "COMPLETED"
  | "DECLINED"
  | "PARTIALLY_REFUNDED"
  | "PENDING"
  | "REFUNDED"
  | "FAILED";

export type PaypalCapture = Amount & {
  id: string;
  status: CaptureStatus;
  /** Why it is pending, declined or failed. */
  reason: string | null;
  orderId: string | null;
  /** Our id, put there by us; null when the object carries none. */
  customId: string | null;
  /** What PayPal keeps of it; null until it is known. In the capture's currency. */
  feeMinor: bigint | null;
  createdAt: Date;
};

export type PaypalRefund = Amount & {
  id: string;
  status: "CANCELLED" | "FAILED" | "PENDING" | "COMPLETED";
  captureId: string | null;
  customId: string | null;
  /** What we named it when we asked for it. */
  invoiceId: string | null;
  /** What PayPal gives back of its fee. */
  feeMinor: bigint;
  createdAt: Date;
};

export type PaypalOrder = Amount & {
  id: string;
  status: OrderStatus;
  customId: string | null;
  /** Where the buyer approves it; null once that is over. */
  approveUrl: string | null;
  captures: PaypalCapture[];
  refunds: PaypalRefund[];
  createdAt: Date;
};

/** A case that a buyer opened over a capture. */
export type PaypalDispute = Amount & {
  id: string;
  captureId: string;
  /** Our id, put on the payment by us. */
  customId: string | null;
  reason: string;
  status: string;
  /** `INQUIRY` while the buyer only asks. */
  stage: string;
  /** Once it is resolved. */
  outcome: string | null;
  answerDueAt: Date | null;
  createdAt: Date;
  /** Of the seller's money: signed, positive into the account. PayPal only adds to them, so that their place names them. */
  movements: (Amount & { id: string; isFee: boolean; at: Date })[];
};

/** One line of PayPal's books. `feeMinor` is negative for what it keeps. */
export type PaypalTransaction = Amount & {
  id: string;
  /** The transaction that this one belongs to, and what kind of id it is (`ODR`, `TXN`, `SUB`, `PAP`). */
  referenceId: string | null;
  referenceType: string | null;
  /** PayPal's code, e.g. T0006 for a checkout, T1107 for a refund. */
  eventCode: string;
  status: string;
  feeMinor: bigint;
  customId: string | null;
  initiatedAt: Date;
};
