/** A payment that we confirm ourselves, and when it is over. Pure. */
import type { BillingIntents } from "../../../../db/rows.ts";
import type { PaymentRow } from "../payments/payment.ts";

/** What a payment has beside its row when no company's page leads it. */
export type IntentRow = BillingIntents;

/** After so many refusals it is cancelled. */
export const MAX_TRIES = 3;
/** And after this time without anybody doing anything about it. */
export const ABANDONED_MS = 23 * 3_600_000;

/** What a payment failed by whose tax follows from an address that nobody knows. */
export const NO_ADDRESS = "tax_address_required";

type Paid = Pick<PaymentRow, "charge_id" | "status" | "failure_code">;

/** It took money, or it never will. */
export const isOver = ({ charge_id, status }: Paid): boolean =>
  charge_id !== null || status === "canceled" || status === "failed";

/** The last try was refused, and there is none after it. */
export const isUsedUp = (payment: Paid, { tries }: Pick<IntentRow, "tries">): boolean =>
  tries >= MAX_TRIES && isRefused(payment);

export const isRefused = ({ charge_id, status, failure_code }: Paid): boolean =>
  charge_id === null && status === "requires_payment_method" && failure_code !== null;

/** What an invoice is paid by is the invoice's, and ends with it: only what we made is cancelled by us. */
export const isOurs = ({ purpose }: Pick<PaymentRow, "purpose">): boolean => purpose === "credits";
