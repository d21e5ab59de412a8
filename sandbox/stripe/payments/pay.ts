import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { saveObject } from "../books.ts";
import { DECLINES, type Authentication, type Decline } from "../customers/cards.ts";
import { BY_ITSELF, createCharge, type Intent } from "./charges.ts";
import { beginDebit } from "./debits.ts";
import { StripeError } from "../protocol/errors.ts";
import { emit } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import {
  attachIfNew,
  cardOf,
  isSetUp,
  markSetUp,
  resolvePaymentMethod,
  type PaymentMethod,
} from "../customers/payment-methods.ts";

/**
 * `on` and `off` session as the API means it; `invoice` is Stripe itself charging the next period, which waits for the
 * holder where an API call that says `off_session` would be declined.
 */
export type Session = "on" | "off" | "invoice";

function asksHolder(authentication: Authentication, session: Session, setUp: boolean): boolean {
  switch (authentication) {
    case "never":
    case "optional":
      return false;
    case "on_session":
      return session === "on";
    case "unless_set_up":
      return session === "on" || !setUp;
    case "always":
      return true;
  }
}

/** Tries to pay an intent. The books hold the outcome either way; look at `status` and `last_payment_error`. */
export function attemptPayment(
  world: World,
  intent: Intent,
  method: PaymentMethod,
  options: { session: Session; returnUrl: string | null },
  cause: Cause,
): Intent {
  if (method.type === "us_bank_account") return beginDebit(world, intent, method, cause);
  const card = cardOf(world, method.id);
  if (asksHolder(card.authentication, options.session, isSetUp(world, method.id))) {
    if (options.session === "off") return failIntent(world, intent, method, DECLINES.authentication, cause);
    const next: Intent = {
      ...intent,
      payment_method: method.id,
      last_payment_error: null,
      status: "requires_action",
      next_action: {
        type: "redirect_to_url",
        redirect_to_url: {
          url: `${world.baseUrl}/stripe/authenticate/${intent.id}`,
          return_url: options.returnUrl,
        },
      },
    };
    saveObject(world, next);
    emit(world, "payment_intent.requires_action", next, cause);
    return next;
  }
  return chargeIntent(world, intent, method, false, cause);
}

function chargeIntent(
  world: World,
  intent: Intent,
  method: PaymentMethod,
  authenticated: boolean,
  cause: Cause,
): Intent {
  const { decline } = cardOf(world, method.id);
  if (decline !== null) return failIntent(world, intent, method, decline, cause, authenticated);
  if (intent.setup_future_usage !== null) {
    if (authenticated) markSetUp(world, method.id);
    if (typeof intent.customer === "string") attachIfNew(world, method, intent.customer, cause);
  }
  const charge = createCharge(world, intent, method, null, authenticated, cause);
  const next: Intent = {
    ...intent,
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
    next_action: null,
    payment_method: method.id,
    status: "succeeded",
  };
  saveObject(world, next);
  emit(world, "payment_intent.succeeded", next, cause);
  return next;
}

function failIntent(
  world: World,
  intent: Intent,
  method: PaymentMethod,
  decline: Decline,
  cause: Cause,
  authenticated = false,
): Intent {
  const charge = createCharge(world, intent, method, decline, authenticated, cause);
  return rejectIntent(
    world,
    { ...intent, latest_charge: charge.id },
    {
      type: "card_error",
      code: decline.code as Stripe.PaymentIntent.LastPaymentError.Code,
      decline_code: decline.decline_code,
      message: decline.message,
      charge: charge.id,
      payment_method: method,
      doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll("_", "-")}`,
    },
    cause,
  );
}

function rejectIntent(
  world: World,
  intent: Intent,
  error: Stripe.PaymentIntent.LastPaymentError,
  cause: Cause,
): Intent {
  const next: Intent = {
    ...intent,
    last_payment_error: error,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
  saveObject(world, next);
  emit(world, "payment_intent.payment_failed", next, cause);
  return next;
}

/** The holder has answered the 3-D Secure question of an intent in `requires_action`. */
export function authenticateIntent(world: World, intent: Intent, passed: boolean): Intent {
  if (intent.status !== "requires_action" || typeof intent.payment_method !== "string") return intent;
  const method = resolvePaymentMethod(world, intent.payment_method);
  if (passed) return chargeIntent(world, intent, method, true, BY_ITSELF);
  const error: Stripe.PaymentIntent.LastPaymentError = {
    type: "card_error",
    code: "payment_intent_authentication_failure",
    message:
      "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    payment_method: method,
    doc_url: "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
  };
  return rejectIntent(world, intent, error, BY_ITSELF);
}

/** A declined confirmation is an error whose effects stay. */
export function declinedError(intent: Intent): StripeError {
  const error = intent.last_payment_error;
  return new StripeError(
    402,
    {
      type: "card_error",
      message: error?.message ?? "Your card was declined.",
      code: error?.code ?? "card_declined",
      ...(error?.decline_code === undefined ? {} : { decline_code: error.decline_code }),
      ...(error?.charge === undefined ? {} : { charge: error.charge }),
      payment_intent: intent,
      payment_method: error?.payment_method,
    },
    true,
  );
}
