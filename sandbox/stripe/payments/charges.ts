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
import { createBalanceTransaction } from "../balance/transactions.ts";
import type { Decline } from "../customers/cards.ts";
import { getCustomer } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { chargeFee } from "../catalog/money.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { mergeMetadata, metadata, text, unsettable } from "../protocol/params.ts";
import { cardOf, type PaymentMethod } from "../customers/payment-methods.ts";

export type Charge = Stripe.Charge;
export type Intent = Stripe.PaymentIntent;

/** After this much world time a charge's balance transaction appears, with `charge.updated`. */
const SETTLES_AFTER_MS = 1_000;

/** A holder who disputes does so a little later. */
const LATER_MS = 2_000;

/** Who caused what Stripe does by itself later: nobody. */
export const BY_ITSELF: Cause = { id: null, idempotency_key: null };

function bankDetails(method: PaymentMethod): Stripe.Charge.PaymentMethodDetails {
  const bank = method.us_bank_account;
  if (bank === undefined) return { type: method.type };
  return {
    type: "us_bank_account",
    us_bank_account: {
      account_holder_type: bank.account_holder_type,
      account_type: bank.account_type,
      bank_name: bank.bank_name,
      fingerprint: bank.fingerprint,
      last4: bank.last4,
      payment_reference: null,
      routing_number: bank.routing_number,
    },
  };
}

function cardDetails(
  world: World,
  method: PaymentMethod,
  authenticated: boolean,
): Stripe.Charge.PaymentMethodDetails {
  const card = method.card;
  if (card === undefined) return bankDetails(method);
  const secure: Stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure = {
    authentication_flow: "challenge",
    electronic_commerce_indicator: "05",
    exemption_indicator: null,
    result: "authenticated",
    result_reason: null,
    transaction_id: world.random("stripe:3ds").id(27),
    version: "2.2.0",
  };
  return {
    type: "card",
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      extended_authorization: { status: "disabled" },
      fingerprint: card.fingerprint ?? null,
      funding: card.funding,
      incremental_authorization: { status: "unavailable" },
      installments: null,
      last4: card.last4,
      mandate: null,
      multicapture: { status: "unavailable" },
      network: card.brand,
      network_token: { used: false },
      network_transaction_id: world.random("stripe:network").id(15),
      overcapture: { maximum_amount_capturable: 0, status: "unavailable" },
      regulated_status: "unregulated",
      three_d_secure: authenticated ? secure : null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}

function outcomeOf(decline: Decline | null): Stripe.Charge.Outcome {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: decline === null ? "approved_by_network" : "declined_by_network",
    reason: decline?.decline_code ?? null,
    risk_level: "normal",
    risk_score: 12,
    seller_message:
      decline === null
        ? "Payment complete."
        : "The bank did not return any further details with this decline.",
    type: decline === null ? "authorized" : "issuer_declined",
  };
}

/** Writes the charge of one attempt to pay. Its balance transaction follows a second later, as with Stripe. */
export function createCharge(
  world: World,
  intent: Intent,
  method: PaymentMethod,
  outcome: Decline | "pending" | null,
  authenticated: boolean,
  cause: Cause,
): Charge {
  const pending = outcome === "pending";
  const decline = pending ? null : outcome;
  const ok = outcome === null;
  const details = cardDetails(world, method, authenticated);
  if (details.card !== undefined) details.card.amount_authorized = ok ? intent.amount : null;
  if (details.card?.overcapture !== undefined)
    details.card.overcapture.maximum_amount_capturable = intent.amount;
  const id = newId(world, "charge");
  const charge: Charge = {
    id,
    object: "charge",
    amount: intent.amount,
    amount_captured: ok || pending ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: intent.statement_descriptor ?? "SANDBOX",
    captured: ok || pending,
    created: world.clock.seconds(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid: ok,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: details,
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: ok ? `${world.baseUrl}/stripe/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: pending ? "pending" : ok ? "succeeded" : "failed",
    transfer_data: null,
    transfer_group: null,
  };
  insertObject(world, charge);
  emit(world, pending ? "charge.pending" : ok ? "charge.succeeded" : "charge.failed", charge, cause);
  if (ok) planAftermath(world, id, method);
  return charge;
}

/** The money is booked soon, and some holders have second thoughts. */
function planAftermath(world: World, id: string, method: PaymentMethod): void {
  planSettlement(world, id);
  const at = world.clock.now() + LATER_MS;
  const { after } = cardOf(world, method.id);
  if (after === "fraud_warning") world.agenda.add("stripe", "fraud.warn", at, { id });
  else if (after !== null) world.agenda.add("stripe", "dispute.open", at, { id, reason: after });
}

export function planSettlement(world: World, id: string): void {
  world.agenda.add("stripe", "charge.settle", world.clock.now() + SETTLES_AFTER_MS, { id });
}

/** The second look at a charge: money booked, fee known. */
export function settleCharge(world: World, payload: unknown): void {
  const id = (payload as { id: string }).id;
  const charge = findObject<Charge>(world, "charge", id);
  if (charge === null || charge.balance_transaction !== null) return;
  const isDebit = charge.payment_method_details?.type === "us_bank_account";
  const transaction = createBalanceTransaction(world, {
    amount: charge.amount,
    currency: charge.currency,
    fee: Math.min(chargeFee(charge.amount), charge.amount),
    source: charge.id,
    type: "charge",
    description: charge.description,
    // A debit is known, and its money on the way, only days after it was begun.
    created: isDebit ? world.clock.seconds() : charge.created,
    atOnce: !isDebit && cardOf(world, charge.payment_method ?? "").availableAtOnce,
  });
  const next: Charge = { ...charge, balance_transaction: transaction.id };
  saveObject(world, next);
  emit(world, "charge.updated", next, BY_ITSELF, { balance_transaction: null });
}

export const chargeOperations = [
  operation("GET", "/v1/charges/{id}", {}, ({ world, id }) => getObject<Charge>(world, "charge", id)),
  operation(
    "POST",
    "/v1/charges/{id}",
    { description: unsettable(text()), metadata: metadata(), receipt_email: text(512) },
    ({ world, id, params, cause }) => {
      const old = getObject<Charge>(world, "charge", id);
      const { metadata: change, ...rest } = params;
      const next: Charge = { ...old, ...rest, metadata: mergeMetadata(old.metadata, change) };
      saveObject(world, next);
      emit(world, "charge.updated", next, cause, { metadata: old.metadata });
      return next;
    },
  ),
  operation(
    "GET",
    "/v1/charges",
    { ...pagingCreated, customer: text(), payment_intent: text() },
    ({ world, params: { customer, payment_intent, ...page } }) => {
      if (customer !== undefined) getCustomer(world, customer, "customer");
      return listObjects<Charge>(world, "charge", "/v1/charges", page, [
        ...fieldIs("customer", customer),
        ...fieldIs("payment_intent", payment_intent),
      ]);
    },
  ),
];
