/** What is told outside of a batch of facts. Pure. */
import { z } from "zod";
import { grantAnnouncement, type Announcement, type NewGrant } from "../../ledger/index.ts";
import { payment as paymentSchema } from "../schemas.ts";
import type { PaymentRow, RefundRow } from "./payment.ts";
import { presentPayment } from "./present.ts";

type Changes = {
  before: ReadonlyMap<string, PaymentRow>;
  payments: readonly PaymentRow[];
  refunds: readonly RefundRow[];
  grants: readonly { id: string; grant: NewGrant }[];
};

/** Payments first, then their refunds and credits. */
export function announcementsOf({ before, payments, refunds, grants }: Changes, now: Date): Announcement[] {
  const told: Announcement[] = [];
  const modes = new Map<string, PaymentRow["mode"]>([...before].map(([id, row]) => [id, row.mode]));
  for (const row of payments) {
    const type = paymentEvent(before.get(row.id), row);
    if (type)
      told.push({
        type,
        mode: row.mode,
        objectId: row.id,
        object: () => z.encode(paymentSchema, presentPayment(row, now)),
      });
  }
  for (const row of refunds) {
    const mode = modes.get(row.payment_id);
    if (mode) told.push({ type: "refund.updated", mode, objectId: row.id, object: () => presentRefund(row) });
  }
  for (const { id, grant } of grants) told.push(grantAnnouncement(id, grant, now));
  return told;
}

/** Null for a change that nobody is told of, e.g. a fee. */
function paymentEvent(before: PaymentRow | undefined, row: PaymentRow): string | null {
  if (before?.charge_id === null && row.charge_id !== null) return "payment.succeeded";
  if (row.charge_id !== null) return null;
  const hasFailed = row.failure_code !== null && row.failure_code !== before?.failure_code;
  if (hasFailed || (row.status === "failed" && before?.status !== "failed")) return "payment.failed";
  return row.status === "requires_action" && before?.status !== row.status ? "payment.requires_action" : null;
}

const presentRefund = (row: RefundRow) => ({
  id: row.id,
  payment_id: row.payment_id,
  amount_minor: Number(row.amount_minor),
  currency: row.currency,
  status: row.status,
  credits_taken_back_micros: Number(row.clawed_back_micros),
  created_at: row.created_at.toISOString(),
});
