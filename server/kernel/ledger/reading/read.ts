/** Balances and grants as they are shown. SQL only; takes no lock. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode, Unit } from "../book/entry.ts";
import type { GrantKind } from "../grants/grant.ts";

/** `settled` = `held` + `available`; it does not dip while something is held. In the unit's smallest parts. */
export type Balance = {
  unit: Unit;
  settled: bigint;
  held: bigint;
  available: bigint;
  /** Clawed back beyond what there was; the next grants pay it first. */
  debt: bigint;
  /** Open holds. */
  heldCount: number;
};

export type GrantRow = {
  id: string;
  unit: Unit;
  kind: GrantKind;
  reference: string;
  priority: number;
  amount: bigint;
  remaining: bigint;
  held: bigint;
  expiresAt: Date | null;
  createdAt: Date;
};

/** What is left of grants that expired a moment ago, and is still in the wallet, counts as gone. */
const BALANCES = `
  select w.unit, w.balance - coalesce(g.stale, 0) as wallet, coalesce(h.amount, 0) as held, coalesce(h.count, 0) as count
  from ledger.balances w
  left join lateral (
    select sum(remaining - held)::bigint as stale from ledger.grants
    where org_id = $1 and mode = $2 and unit = w.unit and exhausted_at is null and expired_at is null
      and expires_at <= $3) g on true
  left join lateral (
    select sum(amount)::bigint as amount, count(*)::int as count from ledger.holds
    where org_id = $1 and mode = $2 and unit = w.unit and state in ('pending', 'expired')) h on true
  where w.org_id = $1 and w.mode = $2 and w.account = 'wallet'
  order by w.unit`;

/** One row per unit that the organization ever held credits or a budget in. */
export async function balances(tx: Tx, org: OrgId, mode: Mode, now: Date): Promise<Balance[]> {
  type Row = { unit: Unit; wallet: bigint; held: bigint; count: number };
  const rows = await tx.query<Row>("ledger.balances", BALANCES, [org, mode, now]);
  return rows.map(({ unit, wallet, held, count }) => {
    const available = wallet > 0n ? wallet : 0n;
    return { unit, settled: held + available, held, available, debt: available - wallet, heldCount: count };
  });
}

/** What of a unit organizations have in their wallets, those that have one, across tenants (operator's role). Held is not in it. */
export async function availableOf(
  tx: Tx,
  mode: Mode,
  unit: Unit,
  orgs: readonly OrgId[],
): Promise<Map<OrgId, bigint>> {
  const rows = await tx.query<{ org_id: OrgId; balance: bigint }>(
    "ledger.available_of",
    `select org_id, balance from ledger.balances
     where org_id = any($1::text[]) and account = 'wallet' and unit = $2 and mode = $3`,
    [orgs, unit, mode],
  );
  return new Map(rows.map(({ org_id, balance }) => [org_id, balance]));
}

export type Account = { account: string; unit: Unit; balance: bigint };

const ACCOUNTS = `
  select account, unit, balance from ledger.balances where org_id = $1 and mode = $2 order by unit, account`;

/** Every account of the book with its balance; they sum to zero per unit. */
export function listAccounts(tx: Tx, org: OrgId, mode: Mode): Promise<Account[]> {
  return tx.query<Account>("ledger.list_accounts", ACCOUNTS, [org, mode]);
}

/** What is told of a hold: borne by the house, and the last transaction of its settlement. Null for one that is not there. */
export async function findHold(
  tx: Tx,
  org: OrgId,
  id: string,
): Promise<{ captured: bigint; writtenOff: bigint; transactionId: string | null } | null> {
  type Row = { captured: bigint; writtenOff: bigint; transactionId: string | null };
  const [row] = await tx.query<Row>(
    "ledger.hold",
    `select captured, written_off as "writtenOff", transaction_id as "transactionId" from ledger.holds
     where org_id = $1 and id = $2`,
    [org, id],
  );
  return row ?? null;
}

const MAX_GRANTS = 200;

const GRANTS = `
  select id, unit, kind, reference, priority, amount, remaining, held, expires_at, created_at from ledger.grants
  where org_id = $1 and mode = $2 and unit = $3 and exhausted_at is null
    and (expires_at is null or expires_at > $4) and expired_at is null
  order by priority, expires_at, kind_order, created_at, id limit $5`;

/** Grants that can be spent, in the order in which they will be; at most 200. */
export async function listGrants(
  tx: Tx,
  org: OrgId,
  filter: { mode: Mode; unit: Unit },
  now: Date,
): Promise<GrantRow[]> {
  type Row = Omit<GrantRow, "expiresAt" | "createdAt"> & { expires_at: Date | null; created_at: Date };
  const values = [org, filter.mode, filter.unit, now, MAX_GRANTS];
  const rows = await tx.query<Row>("ledger.list_grants", GRANTS, values);
  return rows.map(({ expires_at, created_at, ...row }) => ({
    ...row,
    expiresAt: expires_at,
    createdAt: created_at,
  }));
}
