import { withOperatorTx, type Db } from "../../platform/db/index.ts";
import type { Range } from "../../platform/http/index.ts";
import { readRecurring } from "./subscriptions/read-recurring.ts";
import { sumAccounts, type Mode, type SumGroup } from "../ledger/index.ts";

/** What payments post to, in the ledger's own books: money in shows there as negative. */
const ACCOUNTS = ["revenue", "refunds", "fees", "disputes"] as const;

/** Money of one currency, in its minor units. `net` is what is left after refunds, disputes and the companies' fees. */
export type Money = {
  group: string | null;
  currency: string;
  gross: bigint;
  refunds: bigint;
  disputes: bigint;
  fees: bigint;
  net: bigint;
  /** Organizations that paid. */
  paying: number;
  /** What subscriptions that are paid for bring in a month, and the part of those of the range's start that ended in it. */
  mrr: bigint;
  /** Null: there were none. */
  churn: number | null;
  /** Kept of each of them on average, before fees, rounded down. */
  arpu: bigint;
};

export type RevenueFilter = Range & { mode: Mode; currency: string | null; by: SumGroup };

/** What the installation took in, as the ledger's entries sum up: per currency, and per group. */
export async function readRevenue(
  db: Db,
  { currency, by, ...range }: RevenueFilter,
  currencies: readonly string[],
): Promise<{ groups: Money[]; totals: Money[] }> {
  const filter = { ...range, unit: currency };
  const [groups, totals] = await withOperatorTx(db, async (tx) => [
    (await sumAccounts(tx, filter, ACCOUNTS, by)).map(moneyOf),
    (await sumAccounts(tx, filter, ACCOUNTS, null)).map(moneyOf),
  ]);
  const recurring = await withOperatorTx(db, (tx) => readRecurring(tx, range, "month"));
  // Nothing sold is zero of what is for sale, not nothing to show.
  const wanted = currency === null ? currencies : [currency];
  const subscribed = recurring.filter((row) => currency === null || row.currency === currency);
  const silent = [...new Set([...wanted, ...subscribed.map((row) => row.currency)])].filter(
    (name) => !totals.some((row) => row.currency === name),
  );
  const none = silent.map((unit) => moneyOf({ group: null, unit, amounts: [], organizations: 0 }));
  const all = [...totals, ...none].map((row) => {
    const found = subscribed.find((one) => one.currency === row.currency);
    if (!found) return row;
    return {
      ...row,
      mrr: found.total.standing,
      churn: found.atStart === 0 ? null : found.total.over / found.atStart,
    };
  });
  return { groups, totals: all.toSorted((a, b) => (a.currency < b.currency ? -1 : 1)) };
}

function moneyOf({
  group,
  unit,
  amounts: [revenue = 0n, refunds = 0n, fees = 0n, disputes = 0n],
  organizations,
}: Awaited<ReturnType<typeof sumAccounts>>[number]): Money {
  const gross = -revenue;
  const kept = gross - refunds - disputes;
  return {
    group,
    currency: unit,
    gross,
    refunds,
    disputes,
    fees,
    net: kept - fees,
    paying: organizations,
    mrr: 0n,
    churn: null,
    arpu: organizations === 0 ? 0n : kept / BigInt(organizations),
  };
}
