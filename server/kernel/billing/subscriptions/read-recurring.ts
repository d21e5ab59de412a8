import type { Bucket, Tx } from "../../../platform/db/index.ts";
import { sumMovements, sumStanding, type Mode, type Movements } from "../../ledger/index.ts";
import { RECURRING } from "./recurring.ts";

/** What moved in a time: minor units a month, and how many subscriptions began (anew) and ended. */
export type Moved = {
  group: string | null;
  started: bigint;
  raised: bigint;
  lowered: bigint;
  ended: bigint;
  /** What stands at its end. */
  standing: bigint;
  begun: number;
  over: number;
};
/** Of one currency. `atStart`: subscriptions at the start of the time. */
export type Recurring = { currency: string; atStart: number; rows: Moved[]; total: Moved };

/**
 * What subscriptions bring in a month, as the ledger's movements say, per currency and per day or month in which something
 * moved; across tenants (operator's role).
 */
export async function readRecurring(
  tx: Tx,
  { mode, from, to }: { mode: Mode; from: Date; to: Date },
  by: Bucket,
): Promise<Recurring[]> {
  const [now, since, moved] = await Promise.all([
    sumStanding(tx, mode, RECURRING),
    sumMovements(tx, { mode, from, to: null }, RECURRING, null),
    sumMovements(tx, { mode, from, to }, RECURRING, by),
  ]);
  return now.map(({ unit: currency, balance, books }) => {
    const mine = (some: readonly Movements[]) => some.filter(({ unit }) => unit === currency);
    const later = movedOf(null, mine(since), 0n);
    const first = balance - later.standing;
    let standing = first;
    const rows = [...Map.groupBy(mine(moved), ({ group }) => group)].map(([group, some]) => {
      const row = movedOf(group, some, standing);
      ({ standing } = row);
      return row;
    });
    return {
      currency,
      atStart: books - later.begun + later.over,
      rows,
      total: movedOf(null, mine(moved), first),
    };
  });
}

function movedOf(group: string | null, some: readonly Movements[], before: bigint): Moved {
  const of = (...names: string[]) =>
    some.filter(({ kind }) => names.some((name) => kind === `${RECURRING}.${name}`));
  const amount = (rows: readonly Movements[]) => rows.reduce((sum, row) => sum + row.amount, 0n);
  const count = (rows: readonly Movements[]) => rows.reduce((sum, row) => sum + row.count, 0);
  return {
    group,
    started: amount(of("started", "resumed")),
    raised: amount(of("raised")),
    lowered: -amount(of("lowered")),
    ended: -amount(of("ended")),
    standing: before + amount(some),
    begun: count(of("started", "resumed")),
    over: count(of("ended")),
  };
}
