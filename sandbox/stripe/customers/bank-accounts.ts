import { hash } from "node:crypto";
import type Stripe from "stripe";
import { findFact, insertObject, newId, saveFact } from "../books.ts";
import type { World } from "../../core/company.ts";
import { invalid } from "../protocol/errors.ts";
import { mergeMetadata, object, oneOf, required, text, type Value } from "../protocol/params.ts";
import { fullAddress } from "./customers.ts";

type PaymentMethod = Stripe.PaymentMethod;
type Details = {
  address?: Partial<Stripe.Address> | null;
  email?: string | null;
  name?: string | null;
  phone?: string | null;
};

/** What a debit comes to, days after it was begun. */
export type BankOutcome = "succeeds" | "account_closed" | "insufficient_funds";

const ROUTING = "110000000";
const ACCOUNTS: Readonly<Record<string, BankOutcome>> = {
  "000123456789": "succeeds",
  "000111111116": "account_closed",
  "000222222227": "insufficient_funds",
};
const ALIASES: Readonly<Record<string, string>> = {
  pm_usBankAccount_success: "000123456789",
  pm_usBankAccount_accountClosed: "000111111116",
  pm_usBankAccount_insufficientFunds: "000222222227",
};

export const bankInput = object({
  account_holder_type: required(oneOf("individual", "company")),
  account_number: required(text(17)),
  account_type: oneOf("checking", "savings"),
  routing_number: required(text(9)),
});
type BankInput = Value<typeof bankInput>;

export function createBankMethod(
  world: World,
  input: BankInput,
  details: Details,
  metadata: Record<string, string> | undefined,
): PaymentMethod {
  const outcome = ACCOUNTS[input.account_number];
  if (outcome === undefined || input.routing_number !== ROUTING) {
    throw invalid("You must use a test bank account number in test mode.", "us_bank_account[account_number]");
  }
  const method: PaymentMethod = {
    id: newId(world, "payment_method"),
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: {
      address: fullAddress(details.address ?? null),
      email: details.email ?? null,
      name: details.name ?? null,
      phone: details.phone ?? null,
      tax_id: null,
    },
    created: world.clock.seconds(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: mergeMetadata({}, metadata),
    type: "us_bank_account",
    us_bank_account: {
      account_holder_type: input.account_holder_type,
      account_type: input.account_type ?? "checking",
      bank_name: "STRIPE TEST BANK",
      financial_connections_account: null,
      fingerprint: hash("sha256", `${world.seed}:${input.account_number}`).slice(0, 16),
      last4: input.account_number.slice(-4),
      networks: { preferred: "ach", supported: ["ach"] },
      routing_number: ROUTING,
      status_details: null,
    },
  };
  insertObject(world, method);
  saveFact(world, `bank:${method.id}`, outcome);
  return method;
}

/** `pm_usBankAccount_success` names a new account each time, like `pm_card_visa`. */
export function bankByAlias(world: World, alias: string): PaymentMethod | null {
  const number = ALIASES[alias];
  if (number === undefined) return null;
  const account = {
    account_holder_type: "individual",
    account_number: number,
    routing_number: ROUTING,
  } as const;
  return createBankMethod(world, account, { name: "Jenny Rosen" }, undefined);
}

export const bankOutcome = (world: World, id: string): BankOutcome =>
  findFact<BankOutcome>(world, `bank:${id}`) ?? "account_closed";
