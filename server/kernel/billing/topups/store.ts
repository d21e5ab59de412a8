/** SQL of top-ups. Locked before their payment. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import type { TopupRow } from "./topup.ts";

export async function findTopup(tx: Tx, org: OrgId, mode: Mode): Promise<TopupRow | null> {
  const [row] = await tx.query<TopupRow>(
    "billing.topup",
    "select * from billing.auto_topups where org_id = $1 and mode = $2",
    [org, mode],
  );
  return row ?? null;
}

export async function lockTopup(tx: Tx, org: OrgId, mode: Mode): Promise<TopupRow | null> {
  const [row] = await tx.query<TopupRow>(
    "billing.topup_lock",
    "select * from billing.auto_topups where org_id = $1 and mode = $2 for update",
    [org, mode],
  );
  return row ?? null;
}

const COLUMNS = [
  "enabled",
  "threshold_micros",
  "amount_minor",
  "monthly_cap_minor",
  "currency",
  "method_id",
  "payment_id",
  "operation_id",
  "declines",
  "off_reason",
  "next_try_at",
  "changed_by",
  "changed_at",
] as const satisfies readonly (keyof TopupRow)[];

/** Writes one that was locked, or is new. */
export async function saveTopup(tx: Tx, row: TopupRow): Promise<void> {
  await tx.query(
    "billing.topup_save",
    `insert into billing.auto_topups (org_id, mode, ${COLUMNS.join(", ")})
     values ($1, $2, ${COLUMNS.map((_, at) => `$${at + 3}`).join(", ")})
     on conflict (org_id, mode) do update set ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")}`,
    [row.org_id, row.mode, ...COLUMNS.map((name) => row[name])],
  );
}

/** What such purchases took since, or may still take. */
export async function sumTopups(tx: Tx, org: OrgId, mode: Mode, since: Date): Promise<bigint> {
  const [row] = await tx.query<{ sum: bigint }>(
    "billing.topups_sum",
    `select coalesce(sum(amount_minor), 0)::bigint as sum from billing.payments
     where org_id = $1 and mode = $2 and operation_id like 'topup:%' and created_at >= $3
       and (charge_id is not null or status in ('creating', 'processing', 'requires_action'))`,
    [org, mode, since],
  );
  return row?.sum ?? 0n;
}

/**
 * Those that are on or under way, across tenants (operator's role), in the order of their organizations. `may_buy`: it is neither
 * suspended nor deleted.
 */
export function listTopups(
  tx: Tx,
  mode: Mode,
  after: string,
  limit: number,
): Promise<(TopupRow & { may_buy: boolean })[]> {
  return tx.query(
    "billing.topups_on",
    `select t.*, coalesce(o.suspended_at is null and o.deleted_at is null and o.org_id is not null, false) as may_buy
     from billing.auto_topups t left join tenancy.organizations o on o.org_id = t.org_id
     where t.mode = $1 and t.org_id > $2 and (t.enabled or t.operation_id is not null) order by t.org_id limit $3`,
    [mode, after, limit],
  );
}
