import type { PaymentRow } from "./payment.ts";

/** A payment as the API shows it. */
export function presentPayment(row: PaymentRow, now: Date) {
  const canPay =
    row.charge_id === null &&
    (row.status === "requires_payment_method" || row.status === "requires_action") &&
    (row.session_expires_at ?? now) > now;
  return {
    id: row.id,
    mode: row.mode,
    purpose: row.purpose,
    pack_key: row.pack_key,
    invoice_id: row.invoice_id,
    amount_minor: row.amount_minor,
    tax_minor: row.tax_minor,
    currency: row.currency,
    credits_micros: row.credits_micros,
    refunded_minor: row.refunded_minor,
    refundable_minor:
      row.charge_id === null ? 0n : row.amount_minor - row.refunded_minor - row.disputed_minor,
    fee_minor: row.fee_minor,
    status: row.status,
    failure_code: row.failure_code,
    checkout_url: canPay ? row.session_url : null,
    provider: row.provider,
    session_id: row.session_id,
    intent_id: row.intent_id,
    charge_id: row.charge_id,
    created_at: row.created_at,
    paid_at: row.paid_at,
  };
}
