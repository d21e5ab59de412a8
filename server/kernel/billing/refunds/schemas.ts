import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { REFUND_REASONS } from "./refund.ts";
import type { RefundView } from "./store.ts";

const MOST_MINOR = 99_999_999;

export const refundInput = z
  .strictObject({
    payment_id: idParam("pay"),
    kind: z.enum(["full", "partial", "prorated"]),
    amount_minor: z
      .int()
      .min(1)
      .max(MOST_MINOR)
      .optional()
      .meta({ description: "Of a partial refund, and only there" }),
    reason: z.enum(REFUND_REASONS),
    note: text(500).optional(),
    cancel_subscription: z.enum(["none", "period_end", "now"]).default("none"),
    clawback: z.boolean().default(true).meta({ description: "False: the organization keeps the credits" }),
  })
  .refine(({ kind, amount_minor: amount }) => (kind === "partial") === (amount !== undefined), {
    path: ["amount_minor"],
    message: "belongs to a partial refund",
  })
  .meta({ id: "NewRefund" });

const STATUSES = ["awaiting_approval", "requested", "pending", "succeeded", "failed", "canceled"] as const;
export const refundParams = z.object({ id: idParam("ref") });
export const refundsQuery = z.strictObject({
  ...listQuery,
  status: z.enum(STATUSES).optional(),
  org_id: idParam("org").optional(),
});
export const refund = z
  .object({
    id: z.string(),
    org_id: z.string(),
    organization: z.string().nullable(),
    payment_id: idParam("pay"),
    account_id: z.string(),
    refund_id: z.string().nullable().meta({ description: "The company's id" }),
    amount_minor: int64,
    currency: z.string(),
    status: z.enum(STATUSES),
    failure_code: z.string().nullable(),
    origin: z.enum(["operator", "company"]),
    reason: z.string().nullable(),
    note: z.string().nullable(),
    clawback: z.boolean(),
    clawed_back_micros: int64,
    cancel_subscription: z.enum(["none", "period_end", "now"]),
    requested_by: z.string().nullable(),
    approved_by: z.string().nullable(),
    created_at: instant,
  })
  .meta({ id: "Refund" });
export const refunds = listAnswer(refund).meta({ id: "Refunds" });

export const presentRefund = (view: RefundView) => ({
  ...view,
  payment_id: view.payment_id as `pay_${string}`,
});
