import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import {
  fieldIs,
  findObject,
  getObject,
  insertObject,
  listObjects,
  newId,
  pagingCreated,
  saveObject,
} from "../books.ts";
import { BY_ITSELF, type Charge, type Intent } from "./charges.ts";
import { invalid } from "../protocol/errors.ts";
import { cardOf } from "../customers/payment-methods.ts";
import { emit } from "../events/events.ts";
import { createBalanceTransaction } from "../balance/transactions.ts";
import { formatAmount } from "../catalog/money.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { integer, mergeMetadata, metadata, oneOf, text, type Read } from "../protocol/params.ts";

export type Refund = Stripe.Refund;

/** The bank's reference of a card refund appears after this much world time, with `refund.updated`. */
const REFERENCE_AFTER_MS = 2_000;

/** After so long a late refund arrives, and one that fails comes back. */
const LATE_MS = 3_600_000;

const newRefund = {
  amount: integer(1),
  charge: text(),
  metadata: metadata(),
  payment_intent: text(),
  reason: oneOf("duplicate", "fraudulent", "requested_by_customer"),
};

function chargeToRefund(world: World, input: Read<typeof newRefund>): Charge {
  if (input.charge !== undefined) return getObject<Charge>(world, "charge", input.charge, "charge");
  if (input.payment_intent === undefined) {
    throw invalid(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
  }
  const intent = getObject<Intent>(world, "payment_intent", input.payment_intent, "payment_intent");
  if (intent.status !== "succeeded" || typeof intent.latest_charge !== "string") {
    throw invalid(
      `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`,
      "payment_intent",
      "payment_intent_unexpected_state",
    );
  }
  return getObject<Charge>(world, "charge", intent.latest_charge, "payment_intent");
}

function createRefund(world: World, input: Read<typeof newRefund>, cause: Cause): Refund {
  const charge = chargeToRefund(world, input);
  if (charge.status !== "succeeded") {
    throw invalid(
      `Charge ${charge.id} has not succeeded and cannot be refunded.`,
      "charge",
      "charge_not_refundable",
    );
  }
  const rest = charge.amount - charge.amount_refunded;
  if (rest === 0)
    throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, "charge_already_refunded");
  const amount = input.amount ?? rest;
  if (amount > rest) {
    const [wanted, left] = [formatAmount(amount, charge.currency), formatAmount(rest, charge.currency)];
    throw invalid(
      `Refund amount (${wanted}) is greater than unrefunded amount on charge (${left})`,
      "amount",
    );
  }
  const id = newId(world, "refund");
  const transaction = createBalanceTransaction(world, {
    amount: -amount,
    currency: charge.currency,
    fee: 0,
    source: id,
    type: "refund",
    description: "REFUND FOR CHARGE",
    created: world.clock.seconds(),
    atOnce: true,
  });
  const { refunds } = cardOf(world, charge.payment_method ?? "");
  const late = refunds === "late";
  const refund: Refund = {
    id,
    object: "refund",
    amount,
    balance_transaction: transaction.id,
    charge: charge.id,
    created: world.clock.seconds(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
      type: "card",
    },
    ...(late ? { pending_reason: "processing" as const } : {}),
    metadata: mergeMetadata({}, input.metadata),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: input.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: late ? "pending" : "succeeded",
    transfer_reversal: null,
  };
  insertObject(world, refund);
  const refundedNow = charge.amount_refunded + amount;
  const next: Charge = { ...charge, amount_refunded: refundedNow, refunded: refundedNow === charge.amount };
  saveObject(world, next);
  emit(world, "refund.created", refund, cause);
  const previous = { amount_refunded: charge.amount_refunded, ...(next.refunded ? { refunded: false } : {}) };
  emit(world, "charge.refunded", next, cause, previous);
  const now = world.clock.now();
  if (refunds !== "at_once") world.agenda.add("stripe", `refund.${refunds}`, now + LATE_MS, { id });
  if (!late) world.agenda.add("stripe", "refund.reference", now + REFERENCE_AFTER_MS, { id });
  return refund;
}

export function referenceRefund(world: World, payload: unknown): void {
  const refund = findObject<Refund>(world, "refund", (payload as { id: string }).id);
  if (refund === null) return;
  const reference = world.random("stripe:arn").int(2 ** 32);
  const details: Stripe.Refund.DestinationDetails = {
    card: {
      reference: `7${String(reference).padStart(22, "0")}`,
      reference_status: "available",
      reference_type: "acquirer_reference_number",
      type: "refund",
    },
    type: "card",
  };
  const next: Refund = { ...refund, destination_details: details };
  saveObject(world, next);
  const previous = { destination_details: refund.destination_details };
  emit(world, "refund.updated", next, BY_ITSELF, previous);
}

function tell(world: World, next: Refund, previous: object): void {
  emit(world, "refund.updated", next, BY_ITSELF, previous);
  emit(world, "charge.refund.updated", next, BY_ITSELF, previous);
}

/** A refund that was pending has arrived. */
export function lateRefundDue(world: World, payload: unknown): void {
  const refund = findObject<Refund>(world, "refund", (payload as { id: string }).id);
  if (refund?.status !== "pending") return;
  const { pending_reason: _reason, ...rest } = refund;
  const next: Refund = { ...rest, status: "succeeded" };
  saveObject(world, next);
  tell(world, next, { status: "pending" });
}

/** The holder's bank sent a refund back: the money is on the balance again, and the charge is less refunded. */
export function failedRefundDue(world: World, payload: unknown): void {
  const refund = findObject<Refund>(world, "refund", (payload as { id: string }).id);
  if (refund === null || refund.status === "failed" || typeof refund.charge !== "string") return;
  const transaction = createBalanceTransaction(world, {
    amount: refund.amount,
    currency: refund.currency,
    fee: 0,
    source: refund.id,
    type: "refund_failure",
    description: "REFUND FAILURE",
    created: world.clock.seconds(),
    atOnce: true,
  });
  const next: Refund = {
    ...refund,
    failure_balance_transaction: transaction.id,
    failure_reason: "expired_or_canceled_card",
    status: "failed",
  };
  saveObject(world, next);
  const charge = getObject<Charge>(world, "charge", refund.charge);
  saveObject<Charge>(world, {
    ...charge,
    amount_refunded: charge.amount_refunded - refund.amount,
    refunded: false,
  });
  emit(world, "refund.failed", next, BY_ITSELF);
  tell(world, next, { status: refund.status });
}

export const refundOperations = [
  operation("POST", "/v1/refunds", newRefund, ({ world, params, cause }) =>
    createRefund(world, params, cause),
  ),
  operation("GET", "/v1/refunds/{id}", {}, ({ world, id }) => getObject<Refund>(world, "refund", id)),
  operation("POST", "/v1/refunds/{id}", { metadata: metadata() }, ({ world, id, params, cause }) => {
    const old = getObject<Refund>(world, "refund", id);
    const next: Refund = { ...old, metadata: mergeMetadata(old.metadata ?? {}, params.metadata) };
    saveObject(world, next);
    emit(world, "refund.updated", next, cause, { metadata: old.metadata });
    return next;
  }),
  operation(
    "GET",
    "/v1/refunds",
    { ...pagingCreated, charge: text(), payment_intent: text() },
    ({ world, params: { charge, payment_intent, ...page } }) =>
      listObjects<Refund>(world, "refund", "/v1/refunds", page, [
        ...fieldIs("charge", charge),
        ...fieldIs("payment_intent", payment_intent),
      ]),
  ),
];
