/** Debits from a bank account: begun at once, known days later. */
import { getObject, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { bankOutcome } from "../customers/bank-accounts.ts";
import { attachIfNew, type PaymentMethod } from "../customers/payment-methods.ts";
import { emit } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import { BY_ITSELF, createCharge, planSettlement, type Charge, type Intent } from "./charges.ts";

const KNOWN_AFTER_MS = 4 * 86_400_000;

const MESSAGES = {
  account_closed: "The customer's bank account has been closed.",
  insufficient_funds: "The customer's account has insufficient funds to cover this payment.",
} as const;

export function beginDebit(world: World, intent: Intent, method: PaymentMethod, cause: Cause): Intent {
  if (intent.setup_future_usage !== null && typeof intent.customer === "string") {
    attachIfNew(world, method, intent.customer, cause);
  }
  const charge = createCharge(world, intent, method, "pending", false, cause);
  const next: Intent = {
    ...intent,
    last_payment_error: null,
    latest_charge: charge.id,
    next_action: null,
    payment_method: method.id,
    status: "processing",
  };
  saveObject(world, next);
  emit(world, "payment_intent.processing", next, cause);
  world.agenda.add("stripe", "debit.known", world.clock.now() + KNOWN_AFTER_MS, { id: intent.id });
  return next;
}

/** The bank has answered. */
export function settleDebit(world: World, id: string): void {
  const intent = getObject<Intent>(world, "payment_intent", id);
  if (intent.status !== "processing") return;
  const charge = getObject<Charge>(world, "charge", String(intent.latest_charge));
  const method = getObject<PaymentMethod>(world, "payment_method", String(intent.payment_method));
  const outcome = bankOutcome(world, method.id);
  if (outcome === "succeeds") {
    const paid: Charge = { ...charge, paid: true, status: "succeeded" };
    saveObject(world, paid);
    emit(world, "charge.succeeded", paid, BY_ITSELF);
    planSettlement(world, paid.id);
    const next: Intent = { ...intent, amount_received: intent.amount, status: "succeeded" };
    saveObject(world, next);
    emit(world, "payment_intent.succeeded", next, BY_ITSELF);
    return;
  }
  const message = MESSAGES[outcome];
  const failed: Charge = {
    ...charge,
    failure_code: outcome,
    failure_message: message,
    paid: false,
    status: "failed",
  };
  saveObject(world, failed);
  emit(world, "charge.failed", failed, BY_ITSELF);
  const next: Intent = {
    ...intent,
    last_payment_error: {
      type: "card_error",
      code: "payment_intent_payment_attempt_failed",
      message,
      charge: charge.id,
      payment_method: method,
      doc_url: "https://stripe.com/docs/error-codes/payment-intent-payment-attempt-failed",
    },
    payment_method: null,
    status: "requires_payment_method",
  };
  saveObject(world, next);
  emit(world, "payment_intent.payment_failed", next, BY_ITSELF);
}
