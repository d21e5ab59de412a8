import type Stripe from "stripe";
import {
  fieldIs,
  findFact,
  getObject,
  insertObject,
  listObjects,
  newId,
  pagingCreated,
  saveFact,
  saveObject,
  within,
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { operation } from "../protocol/operation.ts";
import { created, oneOf, text } from "../protocol/params.ts";
import { createBalanceTransaction } from "./transactions.ts";

export type Payout = Stripe.Payout;
type Balance = Stripe.Balance;

const HOUR_MS = 3_600_000;
const ARRIVES_AFTER_S = 86_400;

type Sum = { currency: string; amount: number };

/** What lies there by currency: `available` by the clock, or not yet. */
function sums(world: World, available: boolean): Sum[] {
  return world.store
    .all(
      `select body ->> '$.currency' as currency, sum(body ->> '$.net') as amount from stripe_objects
       where kind = 'balance_transaction' and body ->> '$.available_on' ${available ? "<=" : ">"} ?
       group by 1 order by 1`,
      world.clock.seconds(),
    )
    .map((row) => ({ currency: String(row["currency"]), amount: Number(row["amount"]) }));
}

function readBalance(world: World): Balance {
  const [there, coming] = [sums(world, true), sums(world, false)];
  const units = [
    ...new Set(["usd", ...there.map((each) => each.currency), ...coming.map((each) => each.currency)]),
  ];
  const rows = (from: Sum[]) =>
    units.map((currency) => {
      const amount = from.find((each) => each.currency === currency)?.amount ?? 0;
      return { amount, currency, source_types: { card: amount } };
    });
  return { object: "balance", available: rows(there), livemode: false, pending: rows(coming) };
}

/** What is available and was in no payout yet. */
function unpaid(world: World, currency: string): string[] {
  return world.store
    .all(
      `select id from stripe_objects where kind = 'balance_transaction' and body ->> '$.currency' = ?
       and body ->> '$.available_on' <= ? and id not in (select transaction_id from stripe_payout_lines) order by seq`,
      currency,
      world.clock.seconds(),
    )
    .map((row) => String(row["id"]));
}

function bankAccount(world: World): string {
  const known = findFact<string>(world, "bank_account");
  if (known !== null) return known;
  const made = newId(world, "bank_account");
  saveFact(world, "bank_account", made);
  return made;
}

function payOut(world: World, { currency, amount }: Sum): void {
  const now = world.clock.seconds();
  const id = newId(world, "payout");
  const lines = unpaid(world, currency);
  const transaction = createBalanceTransaction(world, {
    amount: -amount,
    currency,
    fee: 0,
    source: id,
    type: "payout",
    description: "STRIPE PAYOUT",
    created: now,
    atOnce: true,
  });
  const payout: Payout = {
    id,
    object: "payout",
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: now + ARRIVES_AFTER_S,
    automatic: true,
    balance_transaction: transaction.id,
    created: now,
    currency,
    description: "STRIPE PAYOUT",
    destination: bankAccount(world),
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: {},
    method: "standard",
    original_payout: null,
    payout_method: null,
    reconciliation_status: "in_progress",
    reversed_by: null,
    source_type: "card",
    statement_descriptor: null,
    status: "in_transit",
    trace_id: null,
    type: "bank_account",
  };
  insertObject(world, payout);
  for (const line of [...lines, transaction.id]) {
    world.store.run("insert into stripe_payout_lines (transaction_id, payout_id) values (?, ?)", line, id);
  }
  emit(world, "payout.created", payout, BY_ITSELF);
  world.agenda.add("stripe", "payout.reconciled", world.clock.now() + HOUR_MS, { id });
  world.agenda.add("stripe", "payout.arrived", payout.arrival_date * 1000, { id });
}

/** All that is available leaves, by currency; a balance below zero waits for what comes in. */
export function payoutsDue(world: World): void {
  const positive = sums(world, true).filter(({ amount }) => amount > 0);
  if (positive.length === 0) return;
  emit(world, "balance.available", readBalance(world), BY_ITSELF);
  for (const sum of positive) payOut(world, sum);
}

const idOf = (payload: unknown): string => (payload as { id: string }).id;

/** From now on the transactions of the payout can be listed with certainty. */
export function reconciledDue(world: World, payload: unknown): void {
  const old = getObject<Payout>(world, "payout", idOf(payload));
  const next: Payout = { ...old, reconciliation_status: "completed" };
  saveObject(world, next);
  emit(world, "payout.reconciliation_completed", next, BY_ITSELF);
}

export function arrivedDue(world: World, payload: unknown): void {
  const old = getObject<Payout>(world, "payout", idOf(payload));
  const trace = { status: "supported", value: `SBX${world.random("stripe:trace").int(2 ** 32)}` };
  const next: Payout = { ...old, status: "paid", trace_id: trace };
  saveObject(world, next);
  emit(world, "payout.paid", next, BY_ITSELF);
}

export const payoutOperations = [
  operation("GET", "/v1/balance", {}, ({ world }) => readBalance(world)),
  operation("GET", "/v1/payouts/{id}", {}, ({ world, id }) => getObject<Payout>(world, "payout", id)),
  operation(
    "GET",
    "/v1/payouts",
    {
      ...pagingCreated,
      arrival_date: created(),
      destination: text(),
      status: oneOf("pending", "paid", "failed", "canceled", "in_transit"),
    },
    ({ world, params: { arrival_date, destination, status, ...page } }) =>
      listObjects<Payout>(world, "payout", "/v1/payouts", page, [
        ...fieldIs("destination", destination),
        ...fieldIs("status", status),
        ...within("body ->> '$.arrival_date'", arrival_date),
      ]),
  ),
];
