/** Refunds that operators ask for. Types and pure rules. */
import type { BillingRefundRequests } from "../../../../db/rows.ts";
import type { Narrowed } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import { divideHalfEven } from "../subscriptions/changes/proration.ts";
import type { PaymentRow, RefundRow } from "../payments/payment.ts";

export const REFUND_REASONS = ["duplicate", "fraudulent", "requested", "other"] as const;
export type RefundReason = (typeof REFUND_REASONS)[number];
export type RequestState = "awaiting_approval" | "requested" | "sent" | "refused";

export type RequestRow = Narrowed<
  BillingRefundRequests,
  {
    org_id: OrgId;
    id: Id<"ref">;
    mode: Mode;
    kind: "full" | "partial" | "prorated";
    cancel_subscription: "none" | "period_end" | "now";
    reason: RefundReason;
    state: RequestState;
  }
>;

/** What of `paid` was for the time that is left of a period, by the second, half-even. */
export function unusedPart(paid: bigint, period: { start: Date; end: Date }, now: Date): bigint {
  const seconds = (from: Date, to: Date) => Math.max(0, Math.floor((to.getTime() - from.getTime()) / 1000));
  const whole = seconds(period.start, period.end);
  const left = Math.min(whole, seconds(now, period.end));
  return whole === 0 ? 0n : divideHalfEven(paid * BigInt(left), BigInt(whole));
}

/** Refunds of an organization in this time before one operator alone may ask for no more. */
export const FREE_REFUNDS = 3;
export const FREE_REFUNDS_DAYS = 30;

/**
 * What can still be refunded: captured, less refunds that neither failed nor were canceled, requests that the company does
 * not have yet, and what disputes took and did not give back.
 */
export function refundable(
  payment: Pick<PaymentRow, "charge_id" | "amount_minor" | "disputed_minor">,
  refunds: Iterable<Pick<RefundRow, "status" | "amount_minor">>,
  requests: Iterable<Pick<RequestRow, "state" | "amount_minor">>,
): bigint {
  if (payment.charge_id === null) return 0n;
  let left = payment.amount_minor - payment.disputed_minor;
  for (const { status, amount_minor } of refunds)
    if (status !== "failed" && status !== "canceled") left -= amount_minor;
  for (const { state, amount_minor } of requests)
    if (state === "awaiting_approval" || state === "requested") left -= amount_minor;
  return left > 0n ? left : 0n;
}
