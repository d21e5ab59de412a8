/** PayPal's answers, checked and turned into facts. Members that nobody here needs are not looked at. */
import { z } from "zod";
import type { PaypalCapture, PaypalDispute, PaypalOrder, PaypalRefund, PaypalTransaction } from "./facts.ts";
import { fromWire, wireMoney, type Amount } from "./money.ts";

export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
/** RFC 3339; the reporting API writes its offsets without a colon. */
export const at = z.string().transform((text, context) => {
  const date = new Date(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  if (!Number.isNaN(date.getTime())) return date;
  context.addIssue({ code: "custom", message: "is no time" });
  return z.NEVER;
});
export const customId = z.string().max(255).optional();
const link = z.object({ href: z.string(), rel: z.string() });
export const links = z.array(link).optional();

/** A link's last part, e.g. the capture that a refund leads up to. */
const linked = (list: z.output<typeof links>, rel: string, path: string): string | null => {
  const href = list?.find((one) => one.rel === rel)?.href;
  const match = href && URL.canParse(href) ? new URL(href).pathname.split(`/${path}/`)[1] : undefined;
  return match !== undefined && id.safeParse(match).success ? match : null;
};

/** An amount that cannot be held exactly makes the whole answer unreadable. */
export const money = wireMoney.transform((wire, context) => {
  try {
    return fromWire(wire);
  } catch {
    context.addIssue({ code: "custom", message: "is no amount of ours" });
    return z.NEVER;
  }
});

const related = z.object({
  related_ids: z.object({ order_id: id.optional(), capture_id: id.optional() }).optional(),
});

/** A fee in another currency than the amount is converted there; it is not this amount's. */
export const feeIn = (fee: Amount | undefined, currency: string): bigint | null =>
  fee?.currency === currency ? fee.amountMinor : null;

const wireCapture = z.object({
  id,
  status: z.enum(["COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "FAILED"]),
  status_details: z.object({ reason: z.string().max(80).optional() }).optional(),
  amount: money,
  custom_id: customId,
  seller_receivable_breakdown: z.object({ paypal_fee: money.optional() }).optional(),
  supplementary_data: related.optional(),
  links,
  create_time: at,
});

const toCapture = (wire: z.output<typeof wireCapture>): PaypalCapture => ({
  id: wire.id,
  ...wire.amount,
  status: wire.status,
  reason: wire.status_details?.reason ?? null,
  orderId: wire.supplementary_data?.related_ids?.order_id ?? linked(wire.links, "up", "orders"),
  customId: wire.custom_id ?? null,
  feeMinor: feeIn(wire.seller_receivable_breakdown?.paypal_fee, wire.amount.currency),
  createdAt: wire.create_time,
});

const wireRefund = z.object({
  id,
  status: z.enum(["CANCELLED", "FAILED", "PENDING", "COMPLETED"]),
  amount: money,
  custom_id: customId,
  invoice_id: customId,
  seller_payable_breakdown: z.object({ paypal_fee: money.optional() }).optional(),
  supplementary_data: related.optional(),
  links,
  create_time: at,
});

const toRefund = (wire: z.output<typeof wireRefund>): PaypalRefund => ({
  id: wire.id,
  ...wire.amount,
  status: wire.status,
  captureId: linked(wire.links, "up", "captures") ?? wire.supplementary_data?.related_ids?.capture_id ?? null,
  customId: wire.custom_id ?? null,
  invoiceId: wire.invoice_id ?? null,
  feeMinor: feeIn(wire.seller_payable_breakdown?.paypal_fee, wire.amount.currency) ?? 0n,
  createdAt: wire.create_time,
});

const wireOrder = z.object({
  id,
  status: z.enum(["CREATED", "SAVED", "PAYER_ACTION_REQUIRED", "APPROVED", "VOIDED", "COMPLETED"]),
  purchase_units: z.tuple([
    z.object({
      amount: money,
      custom_id: customId,
      payments: z
        .object({ captures: z.array(wireCapture).optional(), refunds: z.array(wireRefund).optional() })
        .optional(),
    }),
  ]),
  links,
  create_time: at.optional(),
});

export const capture = wireCapture.transform(toCapture);
export const refund = wireRefund.transform(toRefund);
export const order = wireOrder.transform((wire): PaypalOrder => {
  const [unit] = wire.purchase_units;
  const approve = wire.links?.find(({ rel }) => rel === "approve" || rel === "payer-action");
  return {
    id: wire.id,
    ...unit.amount,
    status: wire.status,
    customId: unit.custom_id ?? null,
    approveUrl: approve?.href ?? null,
    captures: (unit.payments?.captures ?? []).map((one) => ({ ...toCapture(one), orderId: wire.id })),
    refunds: (unit.payments?.refunds ?? []).map(toRefund),
    createdAt: wire.create_time ?? new Date(0),
  };
});

const FEES = new Set(["DISPUTE_SETTLEMENT_FEE", "DISPUTE_FEE", "CHARGEBACK_FEE"]);

const wireDispute = z.object({
  dispute_id: id,
  create_time: at,
  disputed_transactions: z.tuple([z.object({ seller_transaction_id: id, custom: customId })], z.unknown()),
  reason: z.string().max(255),
  status: z.string().max(255),
  dispute_amount: money,
  dispute_life_cycle_stage: z.string().max(255).optional(),
  dispute_outcome: z.object({ outcome_code: z.string().max(255).optional() }).optional(),
  seller_response_due_date: at.optional(),
  money_movements: z
    .array(
      z.object({
        affected_party: z.string().max(255),
        amount: money,
        initiated_time: at,
        type: z.enum(["DEBIT", "CREDIT"]),
        reason: z.string().max(255).optional(),
      }),
    )
    .max(100)
    .optional(),
});

export const dispute = wireDispute.transform((wire): PaypalDispute => {
  const [paid] = wire.disputed_transactions;
  return {
    id: wire.dispute_id,
    ...wire.dispute_amount,
    captureId: paid.seller_transaction_id,
    customId: paid.custom ?? null,
    reason: wire.reason,
    status: wire.status,
    stage: wire.dispute_life_cycle_stage ?? "CHARGEBACK",
    outcome: wire.dispute_outcome?.outcome_code ?? null,
    answerDueAt: wire.seller_response_due_date ?? null,
    createdAt: wire.create_time,
    movements: (wire.money_movements ?? [])
      .map((each, index) => ({ ...each, id: `${wire.dispute_id}-${index + 1}` }))
      .filter(({ affected_party }) => affected_party === "SELLER")
      .map((each) => ({
        id: each.id,
        currency: each.amount.currency,
        amountMinor: each.type === "DEBIT" ? -each.amount.amountMinor : each.amount.amountMinor,
        isFee: FEES.has(each.reason ?? ""),
        at: each.initiated_time,
      })),
  };
});
export const disputes = z
  .object({ items: z.array(z.object({ dispute_id: id })).optional() })
  .transform(({ items }) => (items ?? []).map(({ dispute_id }) => dispute_id));

const wireTransaction = z.object({
  transaction_info: z.object({
    transaction_id: id,
    paypal_reference_id: id.optional(),
    paypal_reference_id_type: z.string().max(10).optional(),
    transaction_event_code: z.string().max(10),
    transaction_initiation_date: at,
    transaction_amount: money,
    fee_amount: money.optional(),
    transaction_status: z.string().max(4),
    custom_field: z.string().max(255).optional(),
  }),
});

export const transactions = z.object({
  transaction_details: z.array(
    wireTransaction.transform(({ transaction_info: wire }): PaypalTransaction => ({
      id: wire.transaction_id,
      ...wire.transaction_amount,
      referenceId: wire.paypal_reference_id ?? null,
      referenceType: wire.paypal_reference_id_type ?? null,
      eventCode: wire.transaction_event_code,
      status: wire.transaction_status,
      feeMinor: feeIn(wire.fee_amount, wire.transaction_amount.currency) ?? 0n,
      customId: wire.custom_field ?? null,
      initiatedAt: wire.transaction_initiation_date,
    })),
  ),
  total_pages: z.number().int().min(0).optional(),
});

export const events = z.object({ events: z.array(z.record(z.string(), z.unknown())), links });
export const event = z.record(z.string(), z.unknown());
export const nextPage = (list: z.output<typeof links>): string | null =>
  list?.find(({ rel }) => rel === "next")?.href ?? null;
