/** What happened to an organization's credits in a time. SQL only; takes no lock. */
import { bucketOf, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode, Unit } from "../book/entry.ts";

/** In the unit's smallest parts. */
export type PeriodSums = {
  granted: bigint;
  used: bigint;
  /** What is left, unheld, of grants that end by `until`. */
  expiring: bigint;
};

const PERIOD = `
  select
    (select coalesce(sum(amount), 0)::bigint from ledger.grants
     where org_id = $1 and mode = $2 and unit = $3 and created_at >= $4) as granted,
    (select coalesce(sum(e.amount), 0)::bigint
     from ledger.transactions t join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id
     where t.org_id = $1 and t.mode = $2 and t.posted_at >= $4 and e.unit = $3 and e.account = 'used') as used,
    (select coalesce(sum(remaining - held), 0)::bigint from ledger.grants
     where org_id = $1 and mode = $2 and unit = $3 and exhausted_at is null and expired_at is null
       and expires_at > $5 and expires_at <= $6) as expiring`;

/** Granted and used since `from`; ending after `now` and by `until`. */
export async function sumPeriod(
  tx: Tx,
  org: OrgId,
  of: { mode: Mode; unit: Unit; from: Date; now: Date; until: Date },
): Promise<PeriodSums> {
  const values = [org, of.mode, of.unit, of.from, of.now, of.until];
  const [row] = await tx.query<PeriodSums>("ledger.period", PERIOD, values);
  return row ?? { granted: 0n, used: 0n, expiring: 0n };
}

/** What moved a balance, held included, on a UTC day; days on which nothing moved are left out. */
export type DayMoved = { day: string; moved: bigint };

export function sumDays(
  tx: Tx,
  org: OrgId,
  of: { mode: Mode; unit: Unit; from: Date; to: Date },
): Promise<DayMoved[]> {
  return tx.query(
    "ledger.days",
    `select ${bucketOf("day", "t.posted_at")} as day, sum(e.amount)::bigint as moved
     from ledger.transactions t join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id
     where t.org_id = $1 and t.mode = $2 and t.posted_at >= $4 and t.posted_at < $5 and e.unit = $3
       and e.account in ('wallet', 'held')
     group by 1 having sum(e.amount) <> 0 order by 1`,
    [org, of.mode, of.unit, of.from, of.to],
  );
}
