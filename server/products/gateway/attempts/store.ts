/** SQL of the attempts' months. */
import type { Tx } from "../../../platform/db/index.ts";

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** Makes the months that are due; what found none moves into its own. Returns how many were made. */
export async function makeMonths(tx: Tx, today: Date): Promise<number> {
  const [row] = await tx.query<{ made: number }>(
    "gateway.make_months",
    "select gateway.make_attempt_months($1::date) as made",
    [dayOf(today)],
  );
  return row?.made ?? 0;
}

/** Whether attempts from before then are in no sum yet; for the operator's role. */
export async function isUnsummed(tx: Tx, before: Date): Promise<boolean> {
  const rows = await tx.query(
    "gateway.months_unsummed",
    `select 1 from gateway.attempts
     where created_at < $1 and xid >= (select upto from gateway.usage_cursor) limit 1`,
    [before],
  );
  return rows.length > 0;
}

/** Drops the months that ended by then; returns how many. */
export async function dropMonths(tx: Tx, keptFrom: Date): Promise<number> {
  const [row] = await tx.query<{ dropped: number }>(
    "gateway.drop_months",
    "select gateway.drop_attempt_months($1::date) as dropped",
    [dayOf(keptFrom)],
  );
  return row?.dropped ?? 0;
}
