import type { Announcement } from "../../ledger/index.ts";
import { isOver, type DisputeRow } from "./dispute.ts";

/** `dispute.created` of one that is new, `dispute.closed` of one that has ended. */
export function disputeAnnouncement(before: DisputeRow | null, row: DisputeRow): Announcement[] {
  const event = (type: string): Announcement => ({
    type,
    mode: row.mode,
    objectId: row.id,
    object: () => objectOf(row),
  });
  return [
    ...(before === null ? [event("dispute.created")] : []),
    ...(isOver(row) && (before === null || !isOver(before)) ? [event("dispute.closed")] : []),
  ];
}

const objectOf = (row: DisputeRow) => ({
  id: row.id,
  payment_id: row.payment_id,
  provider: row.provider,
  amount_minor: Number(row.amount_minor),
  currency: row.currency,
  reason: row.reason,
  status: row.status,
  withdrawn_minor: Number(row.withdrawn_minor),
  fee_minor: Number(row.fee_minor),
  credits_taken_back_micros: Number(row.clawed_back_micros),
  evidence_due_at: row.evidence_due_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  closed_at: row.closed_at?.toISOString() ?? null,
});
