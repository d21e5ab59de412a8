/** What settlements add to the budgets' windows. Pure. */
import { PERIODS, startOf } from "./bound.ts";

/** Something that was paid, or paid back (below zero), by the instant its work began. */
export type Paid = {
  mode: string;
  credential_id: string;
  person_id: string | null;
  created_at: Date;
  micros: bigint;
};

/** As JSON, one row per window; windows that nobody has a budget for are simply not there to be added to. */
export function additionsOf(org: string, paid: readonly Paid[]): string {
  const sums = new Map<string, { row: Record<string, unknown>; added: bigint }>();
  for (const each of paid) {
    if (each.micros === 0n) continue;
    for (const subject of [org, each.person_id, each.credential_id]) {
      if (subject === null) continue;
      for (const period of PERIODS) {
        const starts = startOf(period, each.created_at);
        const name = `${each.mode} ${subject} ${period} ${starts.getTime()}`;
        const known = sums.get(name);
        if (known) known.added += each.micros;
        else
          sums.set(name, {
            row: { mode: each.mode, subject_id: subject, period, starts_at: starts },
            added: each.micros,
          });
      }
    }
  }
  return JSON.stringify([...sums.values()].map(({ row, added }) => ({ ...row, added: added.toString() })));
}
