/** Stripe events as Stripe sends them, size included, made and signed in advance. */
import { createHmac, randomBytes } from "node:crypto";

export type EventKind = "charge" | "customer";

const id = (prefix: string) => `${prefix}_${randomBytes(12).toString("hex")}`;

/** `charge.succeeded` of a payment of ours; about 3 KB. */
export function chargeSucceeded(payment: {
  holdfastId: string;
  amountMinor: number;
  currency: string;
  at: Date;
}): Buffer {
  const created = Math.floor(payment.at.getTime() / 1000);
  const charge = {
    id: id("ch"),
    object: "charge",
    amount: payment.amountMinor,
    amount_captured: payment.amountMinor,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: {
      address: { city: null, country: "DE", line1: null, line2: null, postal_code: null, state: null },
      email: "buyer@example.com",
      name: "Ada Buyer",
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: "HOLDFAST",
    captured: true,
    created,
    currency: payment.currency,
    customer: id("cus"),
    description: null,
    destination: null,
    dispute: null,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    invoice: null,
    livemode: false,
    metadata: { holdfast_id: payment.holdfastId },
    on_behalf_of: null,
    order: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: "approved_by_network",
      reason: null,
      risk_level: "normal",
      risk_score: 12,
      seller_message: "Payment complete.",
      type: "authorized",
    },
    paid: true,
    payment_intent: id("pi"),
    payment_method: id("pm"),
    payment_method_details: {
      card: {
        amount_authorized: payment.amountMinor,
        authorization_code: null,
        brand: "visa",
        checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
        country: "US",
        exp_month: 12,
        exp_year: 2034,
        extended_authorization: { status: "disabled" },
        fingerprint: "zM2Sx9NnhlV9fZ4b",
        funding: "credit",
        incremental_authorization: { status: "unavailable" },
        installments: null,
        last4: "4242",
        mandate: null,
        multicapture: { status: "unavailable" },
        network: "visa",
        network_token: { used: false },
        network_transaction_id: "104102121141044",
        overcapture: { maximum_amount_capturable: payment.amountMinor, status: "unavailable" },
        regulated_status: "unregulated",
        three_d_secure: null,
        wallet: null,
      },
      type: "card",
    },
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: "https://pay.stripe.com/receipts/payment/CAcQARoXChVhY2N0XzFNdFBvUzJlWnZLWWxvMkMo",
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "succeeded",
    transfer_data: null,
    transfer_group: null,
  };
  return eventOf("charge.succeeded", charge, created);
}

/** `customer.updated` of a customer that nobody has seen. */
export function customerUpdated(at: Date): Buffer {
  const created = Math.floor(at.getTime() / 1000);
  const customer = {
    id: id("cus"),
    object: "customer",
    address: {
      city: "Berlin",
      country: "DE",
      line1: "Weg 1",
      line2: null,
      postal_code: "10115",
      state: null,
    },
    balance: 0,
    created,
    currency: "usd",
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: "buyer@example.com",
    invoice_prefix: "A1B2C3D4",
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: "Ada Buyer",
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
  return eventOf("customer.updated", customer, created);
}

function eventOf(type: string, object: object, created: number): Buffer {
  const event = {
    id: id("evt"),
    object: "event",
    api_version: "2026-10-28.endive",
    created,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: id("req"), idempotency_key: id("key") },
    type,
  };
  return Buffer.from(JSON.stringify(event, null, 2));
}

export function sign(body: Buffer, secret: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex")}`;
}
