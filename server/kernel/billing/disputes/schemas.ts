import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery } from "../../../platform/http/index.ts";
import { DISPUTE_STATUSES } from "./dispute.ts";
import type { DisputeView } from "./store.ts";

export const disputesQuery = z.strictObject({
  ...listQuery,
  org_id: idParam("org").optional(),
  status: z.enum(DISPUTE_STATUSES).optional(),
  open: z.enum(["true", "false"]).optional().meta({ description: "Only those that have not ended, or have" }),
});
export const dispute = z
  .object({
    id: z.string().meta({ description: "The company's id" }),
    org_id: z.string(),
    organization: z.string().nullable(),
    payment_id: idParam("pay"),
    account_id: z.string(),
    provider: z.enum(["stripe", "paypal"]),
    charge_id: z.string(),
    amount_minor: int64,
    currency: z.string(),
    reason: z.string().meta({ description: "The company's word" }),
    status: z.enum(DISPUTE_STATUSES),
    withdrawn_minor: int64.meta({ description: "Taken of the account and not given back" }),
    fee_minor: int64,
    clawed_back_micros: int64,
    evidence_due_at: instant.nullable(),
    created_at: instant,
    closed_at: instant.nullable(),
  })
  .meta({ id: "Dispute" });
export const disputes = listAnswer(dispute).meta({ id: "Disputes" });

export const presentDispute = (row: DisputeView) => ({
  id: row.id,
  org_id: row.org_id,
  organization: row.organization,
  payment_id: row.payment_id as `pay_${string}`,
  account_id: row.account_id,
  provider: row.provider,
  charge_id: row.charge_id,
  amount_minor: row.amount_minor,
  currency: row.currency,
  reason: row.reason,
  status: row.status,
  withdrawn_minor: row.withdrawn_minor,
  fee_minor: row.fee_minor,
  clawed_back_micros: row.clawed_back_micros,
  evidence_due_at: row.evidence_due_at,
  created_at: row.created_at,
  closed_at: row.closed_at,
});
