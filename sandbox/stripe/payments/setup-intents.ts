import type Stripe from "stripe";
import { getObject, insertObject, newId, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { DECLINES, type Decline } from "../customers/cards.ts";
import { getCustomer } from "../customers/customers.ts";
import {
  attachIfNew,
  cardOf,
  markSetUp,
  resolvePaymentMethod,
  type PaymentMethod,
} from "../customers/payment-methods.ts";
import { emit } from "../events/events.ts";
import { StripeError } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { mergeMetadata } from "../protocol/params.ts";
import { BY_ITSELF } from "./charges.ts";

export type SetupIntent = Stripe.SetupIntent;
type SetupError = Stripe.SetupIntent.LastSetupError;

export type SetupInput = {
  customer?: string;
  description?: string | null;
  metadata?: Record<string, string>;
  payment_method?: string;
  usage?: "off_session" | "on_session";
  automatic_payment_methods?: { enabled: boolean; allow_redirects?: "always" | "never" };
};

export const getSetupIntent = (world: World, id: string): SetupIntent =>
  getObject<SetupIntent>(world, "setup_intent", id);

export function createSetupIntent(world: World, input: SetupInput, cause: Cause): SetupIntent {
  if (input.customer !== undefined) getCustomer(world, input.customer, "customer");
  const id = newId(world, "setup_intent");
  const intent: SetupIntent = {
    id,
    object: "setup_intent",
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: {
      allow_redirects: input.automatic_payment_methods?.allow_redirects ?? "always",
      enabled: input.automatic_payment_methods?.enabled ?? true,
    },
    cancellation_reason: null,
    client_secret: `${id}_secret_${world.random("stripe:client_secret").id(25)}`,
    created: world.clock.seconds(),
    customer: input.customer ?? null,
    customer_account: null,
    description: input.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: mergeMetadata({}, input.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card"],
    single_use_mandate: null,
    status: "requires_payment_method",
    usage: input.usage ?? "off_session",
  };
  if (input.payment_method !== undefined) {
    intent.payment_method = resolvePaymentMethod(world, input.payment_method).id;
    intent.status = "requires_confirmation";
  }
  insertObject(world, intent);
  emit(world, "setup_intent.created", intent, cause);
  return intent;
}

function unexpected(message: string, intent: SetupIntent): StripeError {
  return new StripeError(400, {
    type: "invalid_request_error",
    code: "setup_intent_unexpected_state",
    message,
    setup_intent: intent,
  });
}

/** Confirms with the payment method given or the intent's own. Look at `status` and `last_setup_error`. */
export function confirmSetup(
  world: World,
  intent: SetupIntent,
  input: { payment_method?: string; return_url?: string | null },
  cause: Cause,
): SetupIntent {
  if (intent.status === "succeeded" || intent.status === "canceled") {
    throw unexpected(
      `You cannot confirm this SetupIntent because it has a status of ${intent.status}. Only a SetupIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.`,
      intent,
    );
  }
  const wanted = input.payment_method ?? intent.payment_method;
  if (typeof wanted !== "string") {
    throw unexpected(
      "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.",
      intent,
    );
  }
  const method = resolvePaymentMethod(world, wanted);
  const card = cardOf(world, method.id);
  if (card.authentication !== "always" && card.authentication !== "unless_set_up") {
    return completeSetup(world, intent, method, cause);
  }
  const next: SetupIntent = {
    ...intent,
    last_setup_error: null,
    next_action: {
      type: "redirect_to_url",
      redirect_to_url: {
        url: `${world.baseUrl}/stripe/authenticate/${intent.id}`,
        return_url: input.return_url ?? null,
      },
    },
    payment_method: method.id,
    status: "requires_action",
  };
  saveObject(world, next);
  emit(world, "setup_intent.requires_action", next, cause);
  return next;
}

/** The bank refuses a card at setup, save the one that lets itself be stored and never be charged. */
function completeSetup(world: World, intent: SetupIntent, method: PaymentMethod, cause: Cause): SetupIntent {
  const card = cardOf(world, method.id);
  if (card.decline !== null && card.name !== "chargeCustomerFail") {
    return failSetup(world, intent, declineError(card.decline, method), cause);
  }
  markSetUp(world, method.id);
  if (typeof intent.customer === "string") attachIfNew(world, method, intent.customer, cause);
  const next: SetupIntent = {
    ...intent,
    last_setup_error: null,
    next_action: null,
    payment_method: method.id,
    status: "succeeded",
  };
  saveObject(world, next);
  emit(world, "setup_intent.succeeded", next, cause);
  return next;
}

function declineError(decline: Decline, method: PaymentMethod): SetupError {
  return {
    type: "card_error",
    code: decline.code as Stripe.SetupIntent.LastSetupError.Code,
    decline_code: decline.decline_code,
    message: decline.message,
    payment_method: method,
    doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll("_", "-")}`,
  };
}

function failSetup(world: World, intent: SetupIntent, error: SetupError, cause: Cause): SetupIntent {
  const next: SetupIntent = {
    ...intent,
    last_setup_error: error,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
  saveObject(world, next);
  emit(world, "setup_intent.setup_failed", next, cause);
  return next;
}

/** The holder has answered the 3-D Secure question. */
export function authenticateSetup(world: World, intent: SetupIntent, passed: boolean): SetupIntent {
  if (intent.status !== "requires_action" || typeof intent.payment_method !== "string") return intent;
  const method = resolvePaymentMethod(world, intent.payment_method);
  if (passed) return completeSetup(world, intent, method, BY_ITSELF);
  return failSetup(
    world,
    intent,
    {
      type: "invalid_request_error",
      code: "setup_intent_authentication_failure",
      message:
        "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
      payment_method: method,
      doc_url: "https://stripe.com/docs/error-codes/setup-intent-authentication-failure",
    },
    BY_ITSELF,
  );
}

export function cancelSetup(
  world: World,
  intent: SetupIntent,
  reason: Stripe.SetupIntent.CancellationReason | null,
  cause: Cause,
): SetupIntent {
  if (intent.status === "succeeded" || intent.status === "canceled") {
    throw unexpected(
      `You cannot cancel this SetupIntent because it has a status of ${intent.status}. Only a SetupIntent with one of the following statuses may be canceled: requires_payment_method, requires_confirmation, requires_action.`,
      intent,
    );
  }
  const next: SetupIntent = { ...intent, cancellation_reason: reason, next_action: null, status: "canceled" };
  saveObject(world, next);
  emit(world, "setup_intent.canceled", next, cause);
  return next;
}

/** A declined confirmation is an error whose effects stay. */
export function declinedSetup(intent: SetupIntent): StripeError {
  const error = intent.last_setup_error;
  return new StripeError(
    402,
    {
      type: "card_error",
      message: error?.message ?? DECLINES.generic.message,
      code: error?.code ?? "card_declined",
      ...(error?.decline_code === undefined ? {} : { decline_code: error.decline_code }),
      setup_intent: intent,
      payment_method: error?.payment_method,
    },
    true,
  );
}
