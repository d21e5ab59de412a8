import type Stripe from "stripe";
import { fieldIs, getObject, insertObject, listObjects, newId, pagingCreated } from "../books.ts";
import type { World } from "../../core/company.ts";
import { operation } from "../protocol/operation.ts";
import { text } from "../protocol/params.ts";

export type BalanceTransaction = Stripe.BalanceTransaction;

const DAY_S = 86_400;
const AVAILABLE_AFTER_S = 2 * DAY_S;

/** Payouts leave at midnight UTC, of the first day on which there is something new. */
function planPayout(world: World, availableOn: number): void {
  const midnight = (Math.floor(Math.max(availableOn, world.clock.seconds()) / DAY_S) + 1) * DAY_S;
  world.agenda.add("stripe", "payout.daily", midnight * 1000, {}, `payout:${midnight}`);
}

export function createBalanceTransaction(
  world: World,
  given: Pick<BalanceTransaction, "amount" | "currency" | "fee" | "source" | "type" | "description"> & {
    created: number;
    /** Without the two days that charges take. */
    atOnce: boolean;
    category?: string;
  },
): BalanceTransaction {
  const { atOnce, category, ...rest } = given;
  const fee = {
    amount: given.fee,
    application: null,
    currency: given.currency,
    description: category === "dispute" ? "Dispute fee" : "Stripe processing fees",
    type: "stripe_fee",
  };
  const transaction = insertObject<BalanceTransaction>(world, {
    id: newId(world, "balance_transaction"),
    object: "balance_transaction",
    ...rest,
    available_on: given.created + (atOnce ? 0 : AVAILABLE_AFTER_S),
    balance_type: "payments",
    exchange_rate: null,
    fee_details: given.fee === 0 ? [] : [fee],
    net: given.amount - given.fee,
    reporting_category: category ?? given.type,
    status: "pending",
  });
  planPayout(world, transaction.available_on);
  return transaction;
}

/** Funds become available by the clock alone, so the status is read off it. */
export function presentBalanceTransaction(world: World, given: BalanceTransaction): BalanceTransaction {
  return { ...given, status: given.available_on <= world.clock.seconds() ? "available" : "pending" };
}

export const balanceTransactionOperations = [
  operation("GET", "/v1/balance_transactions/{id}", {}, ({ world, id }) =>
    presentBalanceTransaction(world, getObject<BalanceTransaction>(world, "balance_transaction", id)),
  ),
  operation(
    "GET",
    "/v1/balance_transactions",
    { ...pagingCreated, currency: text(3), payout: text(), source: text(), type: text() },
    ({ world, params: { currency, payout, source, type, ...page } }) => {
      if (payout !== undefined) getObject(world, "payout", payout, "payout");
      const ofPayout =
        payout === undefined
          ? []
          : [
              {
                sql: "id in (select transaction_id from stripe_payout_lines where payout_id = ?)",
                values: [payout],
              },
            ];
      const list = listObjects<BalanceTransaction>(
        world,
        "balance_transaction",
        "/v1/balance_transactions",
        page,
        [
          ...ofPayout,
          ...fieldIs("currency", currency),
          ...fieldIs("source", source),
          ...fieldIs("type", type),
        ],
      );
      return { ...list, data: list.data.map((each) => presentBalanceTransaction(world, each)) };
    },
  ),
];
