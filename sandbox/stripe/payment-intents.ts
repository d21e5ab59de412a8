import type Stripe from "stripe";
import type { World } from "../core/company.ts";
import { fieldIs, getObject, insertObject, listObjects, newId, pagingCreated, saveObject } from "./books.ts";
import type { Intent } from "./charges.ts";
import { address, changedFields, fullAddress, getCustomer } from "./customers.ts";
import { invalid, StripeError } from "./errors.ts";
import { emit } from "./events.ts";
import { currency, formatAmount, GREATEST_CHARGE, leastCharge } from "./money.ts";
import { operation, type Cause } from "./operation.ts";
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
} from "./params.ts";
import { attemptPayment, declinedError } from "./pay.ts";
import { resolvePaymentMethod } from "./payment-methods.ts";

const shipping = object({
  address: required(address),
  name: required(text()),
  phone: text(),
  carrier: text(),
  tracking_number: text(),
});
const methodTypes = list(oneOfBuilt(["card"], ["link", "us_bank_account", "paypal", "klarna", "sepa_debit"]));
const details = {
  description: unsettable(text(1000)),
  metadata: metadata(),
  payment_method: text(),
  receipt_email: unsettable(text(512)),
  shipping: unsettable(shipping),
  statement_descriptor: unsettable(text(22)),
  statement_descriptor_suffix: unsettable(text(22)),
};
const newIntent = {
  ...details,
  amount: required(integer(0)),
  currency: required(currency()),
  allowed_payment_method_types: methodTypes,
  automatic_payment_methods: object({ enabled: required(bool()), allow_redirects: oneOf("always", "never") }),
  capture_method: oneOfBuilt(["automatic", "automatic_async"], ["manual"]),
  confirm: bool(),
  customer: text(),
  off_session: bool(),
  return_url: text(2048),
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

function fullShipping(given: Value<typeof shipping>): Stripe.PaymentIntent.Shipping {
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
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: input.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
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

function confirmIntent(
  world: World,
  intent: Intent,
  input: { payment_method?: string; off_session?: boolean; return_url?: string },
  cause: Cause,
): Intent {
  const open = ["requires_payment_method", "requires_confirmation", "requires_action"].includes(
    intent.status,
  );
  if (!open) {
    throw unexpected(
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.`,
      intent,
    );
  }
  const wanted = input.payment_method ?? intent.payment_method;
  if (typeof wanted !== "string") {
    throw unexpected(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      intent,
    );
  }
  const method = resolvePaymentMethod(world, wanted);
  const options = { offSession: input.off_session ?? false, returnUrl: input.return_url ?? null };
  const done = attemptPayment(world, intent, method, options, cause);
  if (done.last_payment_error !== null) throw declinedError(done);
  return done;
}

function unexpected(message: string, intent: Intent): StripeError {
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

const get = (world: World, id: string): Intent => getObject<Intent>(world, "payment_intent", id);
const reasons = oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned");

export const intentOperations = [
  operation("POST", "/v1/payment_intents", newIntent, ({ world, params, cause }) => {
    if (params.off_session === true && params.confirm !== true) {
      throw invalid("off_session can only be used with confirm=true.", "off_session");
    }
    const { payment_method: _method, ...rest } = params;
    const intent = createIntent(world, params.confirm === true ? rest : params, cause);
    return params.confirm === true ? confirmIntent(world, intent, params, cause) : intent;
  }),
  operation("GET", "/v1/payment_intents/{id}", { client_secret: text() }, ({ world, id }) => get(world, id)),
  operation(
    "POST",
    "/v1/payment_intents/{id}",
    { ...details, amount: integer(0) },
    ({ world, id, params, cause: _cause }) => {
      const old = get(world, id);
      if (old.status === "succeeded" || old.status === "canceled") {
        const keys = Object.keys(params).filter((key) => key !== "metadata" && key !== "description");
        if (keys.length > 0) {
          throw unexpected(
            `This PaymentIntent's ${keys[0]} could not be updated because it has a status of ${old.status}.`,
            old,
          );
        }
      }
      const { metadata: change, shipping: place, payment_method: wanted, ...rest } = params;
      if (rest.amount !== undefined) checkAmount(rest.amount, old.currency);
      const next: Intent = { ...old, ...rest, metadata: mergeMetadata(old.metadata, change) };
      if (place !== undefined) next.shipping = place === null ? null : fullShipping(place);
      if (wanted !== undefined) {
        next.payment_method = resolvePaymentMethod(world, wanted).id;
        next.status = "requires_confirmation";
      }
      return Object.keys(changedFields(old, next)).length === 0 ? old : saveObject(world, next);
    },
  ),
  operation(
    "POST",
    "/v1/payment_intents/{id}/confirm",
    { off_session: bool(), payment_method: text(), return_url: text(2048) },
    ({ world, id, params, cause }) => confirmIntent(world, get(world, id), params, cause),
  ),
  operation(
    "POST",
    "/v1/payment_intents/{id}/cancel",
    { cancellation_reason: reasons },
    ({ world, id, params, cause }) =>
      cancelIntent(world, get(world, id), params.cancellation_reason ?? null, cause),
  ),
  operation(
    "GET",
    "/v1/payment_intents",
    { ...pagingCreated, customer: text() },
    ({ world, params: { customer, ...page } }) => {
      if (customer !== undefined) getCustomer(world, customer, "customer");
      return listObjects<Intent>(
        world,
        "payment_intent",
        "/v1/payment_intents",
        page,
        fieldIs("customer", customer),
      );
    },
  ),
];
