/** What a subscription brings in a month, as the ledger's memorandum account `recurring` has it. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { post, type Posting } from "../../ledger/index.ts";
import { saveRecurring } from "./store.ts";
import type { SubscriptionRow } from "./subscription.ts";

export const RECURRING = "recurring";
const MONTHS = { month: 1n, year: 12n } as const;

/** What the row has posted of itself. */
type Noted = Pick<SubscriptionRow, "recurring_minor" | "recurring_currency" | "recurring_moves">;
type Of = Noted &
  Pick<
    SubscriptionRow,
    "id" | "mode" | "provider" | "status" | "period" | "amount_minor" | "quantity" | "currency"
  >;

/** Minor units a month, a year's rounded down; nothing for a trial, a gift, or one that is not paid for now. */
export function monthlyOf(row: Omit<Of, keyof Noted>): bigint {
  if (row.provider === "none" || (row.status !== "active" && row.status !== "past_due")) return 0n;
  return (row.amount_minor * BigInt(row.quantity)) / MONTHS[row.period];
}

/** The movements from what is posted to what the row says; in another currency one ends and another begins. Pure. */
export function planRecurring(row: Of): { postings: Posting[]; noted: Noted } {
  const monthly = monthlyOf(row);
  const unit = monthly > 0n ? row.currency : (row.recurring_currency ?? row.currency);
  const isSwitched = row.recurring_minor > 0n && row.recurring_currency !== unit;
  const steps = (
    isSwitched
      ? [
          { unit: row.recurring_currency ?? unit, from: row.recurring_minor, to: 0n },
          { unit, from: 0n, to: monthly },
        ]
      : [{ unit, from: row.recurring_minor, to: monthly }]
  ).filter(({ from, to }) => from !== to);
  const postings = steps.map(({ unit: of, from, to }, step) => ({
    mode: row.mode,
    kind: `recurring.${nameOf(from, to, row.recurring_moves + step)}`,
    reference: `${row.id}:recurring:${row.recurring_moves + step + 1}`,
    entries: [
      { account: RECURRING, unit: of, amount: to - from },
      { account: "memo", unit: of, amount: from - to },
    ],
  }));
  return {
    postings,
    noted: {
      recurring_minor: monthly,
      recurring_currency: unit,
      recurring_moves: row.recurring_moves + steps.length,
    },
  };
}

function nameOf(from: bigint, to: bigint, before: number): string {
  if (from === 0n) return before === 0 ? "started" : "resumed";
  if (to === 0n) return "ended";
  return to > from ? "raised" : "lowered";
}

/** Posts what changed of rows that were locked and written before. Locks balances. */
export async function noteRecurring(
  tx: Tx,
  org: OrgId,
  rows: readonly SubscriptionRow[],
  now: Date,
): Promise<void> {
  const plans = rows.map((row) => ({ id: row.id, ...planRecurring(row) }));
  const moved = plans.filter(({ postings }) => postings.length > 0);
  if (moved.length === 0) return;
  await saveRecurring(
    tx,
    org,
    moved.map(({ id, noted }) => ({ id, ...noted })),
  );
  await post(
    tx,
    org,
    moved.flatMap(({ postings }) => postings),
    now,
  );
}
