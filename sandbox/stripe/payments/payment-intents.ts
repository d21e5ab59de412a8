import { checkCalculation } from "../catalog/tax-calculations.ts";
import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { insertObject, newId, saveObject } from "../books.ts";
import type { Intent } from "./charges.ts";
import { address, fullAddress, getCustomer } from "../customers/customers.ts";
import { invalid, StripeError } from "../protocol/errors.ts";
import { emit } from "../events/events.ts";
import { currency, formatAmount, GREATEST_CHARGE, leastCharge } from "../catalog/money.ts";
import type { Cause } from "../protocol/operation.ts";
import {
  bool,
  integer,
  list,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  unsettable,
  type Read,
  type Value,
} from "../protocol/params.ts";
import { resolvePaymentMethod } from "../customers/payment-methods.ts";

const shipping = object({
  address: required(address),
  name: required(text()),
  phone: text(),
  carrier: text(),
  tracking_number: text(),
});
const methodTypes = list(oneOfBuilt(["card", "us_bank_account"], ["link", "paypal", "klarna", "sepa_debit"]));
export const intentDetails = {
  description: unsettable(text(1000)),
  metadata: metadata(),
  payment_method: text(),
  receipt_email: unsettable(text(512)),
  shipping: unsettable(shipping),
  statement_descriptor: unsettable(text(22)),
  statement_descriptor_suffix: unsettable(text(22)),
};
export const newIntent = {
  ...intentDetails,
  amount: required(integer(0)),
  currency: required(currency()),
  allowed_payment_method_types: methodTypes,
  automatic_payment_methods: object({ enabled: required(bool()), allow_redirects: oneOf("always", "never") }),
  capture_method: oneOfBuilt(["automatic", "automatic_async"], ["manual"]),
  confirm: bool(),
  customer: text(),
  hooks: object({ inputs: object({ tax: object({ calculation: required(text()) }) }) }),
  off_session: bool(),
  return_url: text(2048),
  setup_future_usage: oneOf("off_session", "on_session"),
};
export type IntentInput = Read<typeof newIntent>;

export function checkAmount(amount: number, unit: string): void {
  if (amount < leastCharge(unit)) {
    const least = formatAmount(leastCharge(unit), unit);
    throw invalid(`Amount must be at least ${least} ${unit}`, "amount", "amount_too_small");
  }
  if (amount > GREATEST_CHARGE) {
    throw invalid(
      `Amount must be no more than ${formatAmount(GREATEST_CHARGE, unit)}`,
      "amount",
      "amount_too_large",
    );
  }
}

export function fullShipping(given: Value<typeof shipping>): Stripe.PaymentIntent.Shipping {
  return {
    address: fullAddress(given.address),
    carrier: given.carrier ?? null,
    name: given.name,
    phone: given.phone ?? null,
    tracking_number: given.tracking_number ?? null,
  };
}

export function createIntent(world: World, input: IntentInput, cause: Cause): Intent {
  checkAmount(input.amount, input.currency);
  if (input.customer !== undefined) getCustomer(world, input.customer, "customer");
  const calculation = input.hooks?.inputs?.tax?.calculation;
  if (calculation !== undefined) checkCalculation(world, calculation, input.amount, input.currency);
  const id = newId(world, "payment_intent");
  const automatic =
    input.automatic_payment_methods?.enabled ?? input.allowed_payment_method_types === undefined;
  const intent: Intent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: input.allowed_payment_method_types ?? null,
    amount: input.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: automatic
      ? { allow_redirects: input.automatic_payment_methods?.allow_redirects ?? "always", enabled: true }
      : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: input.capture_method ?? "automatic_async",
    client_secret: `${id}_secret_${world.random("stripe:client_secret").id(25)}`,
    confirmation_method: "automatic",
    created: world.clock.seconds(),
    currency: input.currency,
    customer: input.customer ?? null,
    customer_account: null,
    description: input.description ?? null,
    ...(calculation !== undefined && { hooks: { inputs: { tax: { calculation } } } }),
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata({}, input.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card", "us_bank_account"],
    payment_record: null,
    processing: null,
    receipt_email: input.receipt_email ?? null,
    review: null,
    setup_future_usage: input.setup_future_usage ?? null,
    shipping: input.shipping === undefined || input.shipping === null ? null : fullShipping(input.shipping),
    source: null,
    statement_descriptor: input.statement_descriptor ?? null,
    statement_descriptor_suffix: input.statement_descriptor_suffix ?? null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
  if (input.payment_method !== undefined) {
    intent.payment_method = resolvePaymentMethod(world, input.payment_method).id;
    intent.status = "requires_confirmation";
  }
  insertObject(world, intent);
  emit(world, "payment_intent.created", intent, cause);
  return intent;
}

export function unexpected(message: string, intent: Intent): StripeError {
  return new StripeError(400, {
    type: "invalid_request_error",
    code: "payment_intent_unexpected_state",
    message,
    payment_intent: intent,
  });
}

export function cancelIntent(
  world: World,
  intent: Intent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
  cause: Cause,
): Intent {
  if (intent.status === "succeeded" || intent.status === "canceled") {
    throw unexpected(
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.`,
      intent,
    );
  }
  const next: Intent = {
    ...intent,
    canceled_at: world.clock.seconds(),
    cancellation_reason: reason,
    next_action: null,
    status: "canceled",
  };
  saveObject(world, next);
  emit(world, "payment_intent.canceled", next, cause);
  return next;
}
