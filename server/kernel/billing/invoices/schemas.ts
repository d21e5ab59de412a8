import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, sealCursor } from "../../../platform/http/index.ts";
import type { InvoiceRow } from "./store.ts";

const SHOWN = ["open", "paid", "void", "uncollectible"] as const;
export const invoicesQuery = z.strictObject({
  ...listQuery,
  status: z.enum(SHOWN).optional(),
  from: instant.optional(),
  to: instant.optional(),
});
export const invoiceParams = z.object({ id: idParam("inv") });

const line = z.object({
  description: z.string(),
  amount_minor: z.int(),
  quantity: z.int(),
  period: z.object({ start: z.iso.datetime(), end: z.iso.datetime() }),
  proration: z.boolean(),
});
export const invoiceAnswer = z
  .object({
    id: idParam("inv"),
    number: z.string().nullable(),
    status: z.enum(["draft", ...SHOWN]),
    reason: z.enum(["create", "cycle", "update", "other"]),
    description: z.string(),
    provider: z.enum(["stripe", "paypal"]),
    subscription_id: z.string(),
    payment_id: z.string().nullable(),
    currency: z.string(),
    subtotal_minor: int64,
    tax_minor: int64,
    total_minor: int64,
    due_minor: int64,
    paid_minor: int64,
    attempts: z.int(),
    next_attempt_at: instant.nullable(),
    /** Where it can be paid by hand, while it is open. */
    pay_url: z.url().nullable(),
    lines: z.array(line),
    created_at: instant,
    paid_at: instant.nullable(),
  })
  .meta({ id: "Invoice" });
export const invoicesAnswer = listAnswer(invoiceAnswer).meta({ id: "Invoices" });

export const presentInvoice = (row: InvoiceRow): z.output<typeof invoiceAnswer> => ({
  id: row.id,
  number: row.number,
  status: row.status,
  reason: row.reason,
  description: row.description,
  provider: row.provider,
  subscription_id: row.subscription_id,
  payment_id: row.payment_id,
  currency: row.currency,
  subtotal_minor: row.subtotal_minor,
  tax_minor: row.tax_minor,
  total_minor: row.total_minor,
  due_minor: row.due_minor,
  paid_minor: row.paid_minor,
  attempts: row.attempts,
  next_attempt_at: row.next_attempt_at,
  pay_url: row.status === "open" ? row.pay_url : null,
  lines: row.lines.map((one) => ({
    description: one.description,
    amount_minor: one.amount_minor,
    quantity: one.quantity,
    period: { start: one.period_start, end: one.period_end },
    proration: one.proration,
  })),
  created_at: row.created_at,
  paid_at: row.paid_at,
});

/** `rows` hold one more than the page when there is a next one. */
export function presentInvoices(rows: readonly InvoiceRow[], limit: number): z.output<typeof invoicesAnswer> {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    data: page.map(presentInvoice),
    has_more: last !== undefined,
    next_cursor: last ? sealCursor(last.created_at, last.id) : null,
  };
}
