import { hash } from "node:crypto";
import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import {
  fieldIs,
  findFact,
  findObject,
  getObject,
  insertObject,
  listObjects,
  newId,
  paging,
  saveFact,
  saveObject,
} from "../books.ts";
import { cardByAlias, cardByNumber, CARDS, type Card } from "./cards.ts";
import { bankByAlias, bankInput, createBankMethod } from "./bank-accounts.ts";
import { address, changedFields, fullAddress, getCustomer } from "./customers.ts";
import { invalid, StripeError } from "../protocol/errors.ts";
import { emit } from "../events/events.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import {
  integer,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  unsettable,
  type Value,
} from "../protocol/params.ts";

export type PaymentMethod = Stripe.PaymentMethod;

export type CardEntry = { card: Card; expMonth: number; expYear: number; cvc: string | null };
export type BillingInput = {
  address?: Partial<Record<keyof Stripe.Address, string>> | null;
  email?: string | null;
  name?: string | null;
  phone?: string | null;
};

const billing = object({
  address: unsettable(address),
  email: unsettable(text(512)),
  name: unsettable(text(256)),
  phone: unsettable(text(20)),
});
const cardInput = object({
  cvc: text(4),
  exp_month: integer(1, 12),
  exp_year: integer(0, 9999),
  number: text(30),
  token: text(),
});
const newPaymentMethod = {
  allow_redisplay: oneOf("always", "limited", "unspecified"),
  billing_details: billing,
  card: cardInput,
  metadata: metadata(),
  type: required(
    oneOfBuilt(["card", "us_bank_account"], ["sepa_debit", "link", "paypal", "klarna", "affirm", "cashapp"]),
  ),
  us_bank_account: bankInput,
};

function cardError(code: string, message: string, param: string): StripeError {
  return new StripeError(402, { type: "card_error", code, message, param });
}

/** Reads what a person typed, refusing it in the words Stripe uses at the form. */
export function readCard(world: World, input: Value<typeof cardInput>): CardEntry {
  if (input.token !== undefined) {
    const card = cardByAlias(input.token);
    if (card === null) throw invalid(`No such token: '${input.token}'`, "card[token]", "resource_missing");
    return entryOf(world, card);
  }
  if (input.number === undefined)
    throw invalid("Missing required param: card[number].", "card[number]", "parameter_missing");
  const card = cardByNumber(input.number.replaceAll(/[\s-]/g, ""));
  if (card.refusedAtEntry) throw cardError("incorrect_number", "Your card number is incorrect.", "number");
  const month = input.exp_month ?? 0;
  const year =
    input.exp_year === undefined ? 0 : input.exp_year < 100 ? 2000 + input.exp_year : input.exp_year;
  const now = new Date(world.clock.now());
  if (month < 1 || month > 12)
    throw cardError("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month");
  const past =
    year < now.getUTCFullYear() || (year === now.getUTCFullYear() && month < now.getUTCMonth() + 1);
  if (past || year > now.getUTCFullYear() + 50) {
    throw cardError("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year");
  }
  const digits = card.brand === "amex" ? 4 : 3;
  if (input.cvc !== undefined && !new RegExp(`^\\d{3,${digits}}$`).test(input.cvc)) {
    throw cardError("invalid_cvc", "Your card's security code is invalid.", "cvc");
  }
  return { card, expMonth: month, expYear: year, cvc: input.cvc ?? null };
}

function entryOf(world: World, card: Card): CardEntry {
  return { card, expMonth: 8, expYear: new Date(world.clock.now()).getUTCFullYear() + 3, cvc: "123" };
}

export function createPaymentMethod(
  world: World,
  entry: CardEntry,
  details: BillingInput,
  extra: { metadata?: Record<string, string>; allow_redisplay?: "always" | "limited" | "unspecified" } = {},
): PaymentMethod {
  const { card } = entry;
  const place = details.address ?? null;
  const check = (given: boolean, result: "pass" | "fail"): "pass" | "fail" | null => (given ? result : null);
  const method: PaymentMethod = {
    id: newId(world, "payment_method"),
    object: "payment_method",
    allow_redisplay: extra.allow_redisplay ?? "unspecified",
    billing_details: {
      address: fullAddress(place),
      email: details.email ?? null,
      name: details.name ?? null,
      phone: details.phone ?? null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: {
        address_line1_check: check(place?.line1 !== undefined, card.checks.line1),
        address_postal_code_check: check(place?.postal_code !== undefined, card.checks.zip),
        cvc_check: check(entry.cvc !== null, card.checks.cvc),
      },
      country: "US",
      display_brand: card.brand === "amex" ? "american_express" : card.brand,
      exp_month: entry.expMonth,
      exp_year: entry.expYear,
      fingerprint: hash("sha256", `${world.seed}:${card.number}`).slice(0, 16),
      funding: "credit",
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: card.authentication !== "never" },
      wallet: null,
    },
    created: world.clock.seconds(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: mergeMetadata({}, extra.metadata),
    type: "card",
  };
  insertObject(world, method);
  rememberCard(world, method.id, card);
  return method;
}

/** A test card is known by its last four digits; one that nobody knows keeps its number to itself. */
function rememberCard(world: World, id: string, card: Card): void {
  const at = CARDS.indexOf(card);
  world.store.run(
    "insert or replace into stripe_facts (name, value) values (?, ?)",
    `card:${id}`,
    String(at),
  );
}

/** The test card behind a payment method. */
export function cardOf(world: World, id: string): Card {
  const row = world.store.get("select value from stripe_facts where name = ?", `card:${id}`);
  return CARDS[Number(row?.["value"] ?? -1)] ?? cardByNumber("4111111111111111");
}

/** The payment method a parameter names; `pm_card_…` makes a new one, as Stripe does. */
export function resolvePaymentMethod(world: World, id: string): PaymentMethod {
  const alias = id.startsWith("pm_card_") ? cardByAlias(id) : null;
  if (alias !== null) return createPaymentMethod(world, entryOf(world, alias), {});
  const bank = bankByAlias(world, id);
  if (bank !== null) return bank;
  return getObject<PaymentMethod>(world, "payment_method", id, "payment_method");
}

/** A payment method of that customer, or Stripe's refusal under the name of the parameter. */
export function methodOf(world: World, customerId: string, id: string, param: string): PaymentMethod {
  const method = getObject<PaymentMethod>(world, "payment_method", id, param);
  if (method.customer === customerId) return method;
  throw invalid(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    param,
    "resource_missing",
  );
}

/** A card that its holder has agreed to use when they are not there. */
export function markSetUp(world: World, id: string): void {
  saveFact(world, `setup:${id}`, true);
}
export const isSetUp = (world: World, id: string): boolean => findFact(world, `setup:${id}`) === true;

/** Attaches to the customer a payment method that is nobody's yet; the customer's own stays as it is. */
export function attachIfNew(world: World, method: PaymentMethod, customerId: string, cause: Cause): void {
  if (method.customer === null) attach(world, method.id, customerId, cause);
}

function detach(world: World, id: string, cause: Cause): PaymentMethod {
  const old = getObject<PaymentMethod>(world, "payment_method", id);
  if (old.customer === null) {
    throw invalid(
      "The payment method you provided is not attached to a customer so detachment is impossible.",
      "payment_method",
    );
  }
  const owner = getCustomer(world, String(old.customer), "customer");
  const next: PaymentMethod = { ...old, customer: null };
  saveObject(world, next);
  if (owner.invoice_settings.default_payment_method === id) {
    const settings = { ...owner.invoice_settings, default_payment_method: null };
    saveObject(world, { ...owner, invoice_settings: settings });
  }
  emit(world, "payment_method.detached", next, cause, { customer: owner.id });
  return next;
}

export const methodType = oneOfBuilt(["card", "us_bank_account"], ["sepa_debit", "link"]);

export function attach(world: World, id: string, customerId: string, cause: Cause): PaymentMethod {
  const customer = getCustomer(world, customerId, "customer");
  const method = resolvePaymentMethod(world, id);
  if (method.customer !== null && method.customer !== customer.id) {
    throw invalid(
      "The payment method you provided has already been attached to a customer.",
      "payment_method",
    );
  }
  const next: PaymentMethod = { ...method, customer: customer.id };
  saveObject(world, next);
  emit(world, "payment_method.attached", next, cause);
  return next;
}

type MethodChange = {
  allow_redisplay?: "always" | "limited" | "unspecified";
  billing_details?: Value<typeof billing>;
  card?: { exp_month?: number; exp_year?: number };
  metadata?: Record<string, string>;
};

function updateMethod(world: World, id: string, change: MethodChange, cause: Cause): PaymentMethod {
  const old = getObject<PaymentMethod>(world, "payment_method", id);
  const { address: place, ...details } = billingOf(change.billing_details);
  const next: PaymentMethod = {
    ...old,
    allow_redisplay: change.allow_redisplay ?? old.allow_redisplay ?? "unspecified",
    billing_details: { ...old.billing_details, ...details },
    metadata: mergeMetadata(old.metadata ?? {}, change.metadata),
  };
  if (place !== undefined) next.billing_details.address = fullAddress(place);
  if (next.card !== undefined) next.card = { ...next.card, ...change.card };
  saveObject(world, next);
  emit(world, "payment_method.updated", next, cause, changedFields(old, next));
  return next;
}

export const paymentMethodOperations = [
  operation("POST", "/v1/payment_methods", newPaymentMethod, ({ world, params }) => {
    const { metadata: notes, allow_redisplay, us_bank_account: bank } = params;
    if (params.type === "us_bank_account" && bank !== undefined)
      return createBankMethod(world, bank, billingOf(params.billing_details), notes);
    if (params.card === undefined || params.type !== "card")
      throw invalid(`Missing required param: ${params.type}.`, params.type, "parameter_missing");
    return createPaymentMethod(world, readCard(world, params.card), billingOf(params.billing_details), {
      ...(notes === undefined ? {} : { metadata: notes }),
      ...(allow_redisplay === undefined ? {} : { allow_redisplay }),
    });
  }),
  operation("GET", "/v1/payment_methods/{id}", {}, ({ world, id }) => {
    const alias = cardByAlias(id);
    if (alias !== null && findObject(world, "payment_method", id) === null)
      return resolvePaymentMethod(world, id);
    return getObject<PaymentMethod>(world, "payment_method", id);
  }),
  operation(
    "POST",
    "/v1/payment_methods/{id}/attach",
    { customer: required(text()) },
    ({ world, id, params, cause }) => attach(world, id, params.customer, cause),
  ),
  operation("POST", "/v1/payment_methods/{id}/detach", {}, ({ world, id, cause }) =>
    detach(world, id, cause),
  ),
  operation(
    "POST",
    "/v1/payment_methods/{id}",
    {
      allow_redisplay: oneOf("always", "limited", "unspecified"),
      billing_details: billing,
      card: object({ exp_month: integer(1, 12), exp_year: integer(0, 9999) }),
      metadata: metadata(),
    },
    ({ world, id, params, cause }) => updateMethod(world, id, params, cause),
  ),
  operation(
    "GET",
    "/v1/payment_methods",
    {
      ...paging,
      customer: text(),
      type: methodType,
    },
    ({ world, params: { customer, type, ...page } }) =>
      listObjects<PaymentMethod>(world, "payment_method", "/v1/payment_methods", page, [
        ...(customer === undefined
          ? [{ sql: "body ->> '$.customer' is not null", values: [] }]
          : fieldIs("customer", getCustomer(world, customer, "customer").id)),
        ...fieldIs("type", type),
      ]),
  ),
];

export function billingOf(given: Value<typeof billing> | undefined): BillingInput {
  return (given ?? {}) as BillingInput;
}
