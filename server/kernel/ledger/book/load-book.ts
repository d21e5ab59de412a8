/** Reads what a batch needs, under the lock of the organization's wallets. SQL only. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { textArray } from "./arrays.ts";
import { type BookGrant, type BookHold, isExpired, unheld } from "./book.ts";
import { CREDIT_ACCOUNTS, type Mode, type Unit } from "./entry.ts";

export type BookKey = { mode: Mode; unit: Unit };
export type Wallet = BookKey & { balance: bigint; carry_atto: bigint; low_at: bigint };

const LOCK_WALLETS = `
  select mode, unit, balance, carry_atto, low_at from ledger.balances
  where org_id = $1 and account = 'wallet' order by unit, mode for update`;

const ADD_BALANCES = `
  insert into ledger.balances (org_id, account, unit, mode, balance)
  select $1, account, $2, $3, 0 from unnest($4::text[]) account order by account
  on conflict do nothing`;

/**
 * Locks the organization's wallets, making those of `keys` that are missing. Whoever holds these locks is alone with
 * the grants and open holds of this organization until commit.
 */
export async function lockWallets(tx: Tx, org: OrgId, keys: readonly BookKey[]): Promise<Wallet[]> {
  const wallets = await tx.query<Wallet>("ledger.lock_wallets", LOCK_WALLETS, [org]);
  const named = new Map(keys.map(({ mode, unit }) => [`${unit}/${mode}`, { mode, unit }]));
  for (const { mode, unit } of wallets) named.delete(`${unit}/${mode}`);
  if (named.size === 0) return wallets;
  const accounts = textArray(CREDIT_ACCOUNTS);
  for (const name of [...named.keys()].sort()) {
    const { mode, unit } = named.get(name)!;
    await tx.query("ledger.add_balances", ADD_BALANCES, [org, unit, mode, accounts]);
  }
  return tx.query<Wallet>("ledger.lock_wallets", LOCK_WALLETS, [org]);
}

type HoldRow = {
  id: string;
  mode: Mode;
  unit: Unit;
  owner: string;
  amount: bigint;
  state: BookHold["state"];
  captured: bigint;
  written_off: bigint;
  cost_atto: string | null;
  basis: BookHold["basis"];
  loss_account: string | null;
  transaction_id: string | null;
  deadline_at: Date;
  grant_id: string | null;
  part: bigint | null;
};
export type LoadedHold = BookKey & { hold: BookHold };

/**
 * Ids come through a sub-select, which hides their number from the planner: it then keeps one plan, by primary key,
 * instead of planning anew for each small batch. Parts are looked up hold by hold (OFFSET 0 keeps the planner from joining
 * them): an organization that grew since the last ANALYZE looks empty to it, and it would read all of its parts for each.
 */
const LOAD_HOLDS = `
  select h.id, h.mode, h.unit, h.owner, h.amount, h.state, h.captured, h.written_off, h.cost_atto, h.basis,
         h.loss_account, h.transaction_id, h.deadline_at, p.grant_id, p.amount as part
  from ledger.holds h
  left join lateral (
    select position, grant_id, amount from ledger.hold_grants
    where org_id = h.org_id and hold_id = h.id offset 0) p on true
  where h.org_id = $1 and h.id = any((select $2::text[])::text[])
  order by h.id, p.position
  for update of h`;

/** Holds with the parts of grants they draw on; the rows are locked against their expiry. */
export async function loadHolds(tx: Tx, org: OrgId, ids: readonly string[]): Promise<LoadedHold[]> {
  if (ids.length === 0) return [];
  const rows = await tx.query<HoldRow>("ledger.load_holds", LOAD_HOLDS, [org, textArray(ids)]);
  const holds = new Map<string, LoadedHold>();
  for (const row of rows) {
    const known = holds.get(row.id) ?? { mode: row.mode, unit: row.unit, hold: holdOf(row) };
    holds.set(row.id, known);
    if (row.grant_id !== null && row.part !== null) {
      known.hold.parts.push({ grantId: row.grant_id, amount: row.part });
    }
  }
  return [...holds.values()];
}

function holdOf(row: HoldRow): BookHold {
  return {
    id: row.id,
    owner: row.owner,
    amount: row.amount,
    deadlineAt: row.deadline_at,
    state: row.state,
    captured: row.captured,
    writtenOff: row.written_off,
    costAtto: BigInt(row.cost_atto ?? 0),
    basis: row.basis,
    lossAccount: row.loss_account,
    transactionId: row.transaction_id,
    parts: [],
  };
}

type GrantRow = {
  id: string;
  reference: string;
  kind: string;
  kind_order: number;
  priority: number;
  amount: bigint;
  remaining: bigint;
  held: bigint;
  clawed_back: bigint;
  claw_pending: bigint;
  expires_at: Date | null;
  expired_at: Date | null;
  created_at: Date;
};

const GRANT_COLUMNS = `id, reference, kind, kind_order, priority, amount, remaining, held, clawed_back, claw_pending,
  expires_at, expired_at, created_at`;

/** Named ones, those that expired unnoticed, and the first $6 that can be drawn on, in burn order. */
const LOAD_GRANTS = `
  select ${GRANT_COLUMNS} from ledger.grants where org_id = $1 and id = any((select $2::text[])::text[])
  union all
  (select ${GRANT_COLUMNS} from ledger.grants
   where org_id = $1 and mode = $3 and unit = $4 and exhausted_at is null and expired_at is null
     and expires_at <= $5 and remaining > held
   limit 100000)
  union all
  (select ${GRANT_COLUMNS} from ledger.grants
   where org_id = $1 and mode = $3 and unit = $4 and exhausted_at is null and remaining > held
     and (expires_at is null or expires_at > $5) and expired_at is null
   order by priority, expires_at, kind_order, created_at, id
   limit $6)`;

/** Nearly always one page is enough; the last is a bound, beyond which an amount counts as not available. */
const PAGES = [32, 1_024, 32_768] as const;

/**
 * Loads the grants named and as many others, first in burn order, as hold `need` unheld. Their rows need no lock of
 * their own: they change only under the wallet's.
 */
export async function loadGrants(
  tx: Tx,
  org: OrgId,
  key: BookKey,
  want: { ids: readonly string[]; need: bigint },
  now: Date,
): Promise<BookGrant[]> {
  let grants: BookGrant[] = [];
  for (const page of PAGES) {
    const values = [org, textArray(want.ids), key.mode, key.unit, now, page];
    const rows = await tx.query<GrantRow>("ledger.load_grants", LOAD_GRANTS, values);
    grants = [...new Map(rows.map((row) => [row.id, grantOfRow(row)])).values()];
    const usable = grants.filter((grant) => !isExpired(grant, now));
    const found = usable.reduce((total, grant) => total + unheld(grant), 0n);
    if (found >= want.need || rows.length < page) break;
  }
  return grants;
}

/** As LOAD_GRANTS, but for every wallet at once and before it is known which grants the holds draw on. */
const LOAD_FIRST_GRANTS = `
  select mode, unit, ${GRANT_COLUMNS} from ledger.grants
  where org_id = $1 and id = any(array(
    select p.grant_id from unnest($2::text[]) as h (id) cross join lateral (
      select grant_id from ledger.hold_grants where org_id = $1 and hold_id = h.id offset 0) p))
  union all
  (select mode, unit, ${GRANT_COLUMNS} from ledger.grants
   where org_id = $1 and exhausted_at is null and expired_at is null and expires_at <= $3 and remaining > held
   limit 100000)
  union all
  select g.* from ledger.balances w cross join lateral (
    select mode, unit, ${GRANT_COLUMNS} from ledger.grants
    where org_id = $1 and mode = w.mode and unit = w.unit and exhausted_at is null and remaining > held
      and (expires_at is null or expires_at > $3) and expired_at is null
    order by priority, expires_at, kind_order, created_at, id
    limit $4) g
  where w.org_id = $1 and w.account = 'wallet'`;

export type LoadedGrant = BookKey & { grant: BookGrant };

/**
 * This transaction's statements keep the plan they have. The planner takes the page's limit for more than it is and would
 * plan anew each time, which costs five times what reading the grants does.
 */
export async function keepPlans(tx: Tx): Promise<void> {
  await tx.query("ledger.keep_plans", "select set_config('plan_cache_mode', 'force_generic_plan', true)");
}

/**
 * The grants that these holds draw on and the first page of each wallet, so that they travel with the lock. Whoever needs
 * more than `covers` allows asks `loadGrants`.
 */
export async function loadFirstGrants(
  tx: Tx,
  org: OrgId,
  holdIds: readonly string[],
  now: Date,
): Promise<LoadedGrant[]> {
  const values = [org, textArray(holdIds), now, PAGES[0]];
  const rows = await tx.query<GrantRow & BookKey>("ledger.load_first_grants", LOAD_FIRST_GRANTS, values);
  const unique = new Map(rows.map((row) => [row.id, row]));
  return [...unique.values()].map((row) => ({ mode: row.mode, unit: row.unit, grant: grantOfRow(row) }));
}

/** True when these grants of one wallet hold `need` unheld, or when they are all there are. */
export function covers(grants: readonly BookGrant[], need: bigint, now: Date): boolean {
  const usable = grants.filter((grant) => !isExpired(grant, now));
  return grants.length < PAGES[0] || usable.reduce((total, grant) => total + unheld(grant), 0n) >= need;
}

const GRANT_BY_REFERENCE = `
  select mode, unit, ${GRANT_COLUMNS} from ledger.grants where org_id = $1 and reference = any($2::text[])`;

export async function findGrants(
  tx: Tx,
  org: OrgId,
  references: readonly string[],
): Promise<(BookKey & { grant: BookGrant })[]> {
  const rows = await tx.query<GrantRow & BookKey>("ledger.grants_by_reference", GRANT_BY_REFERENCE, [
    org,
    textArray(references),
  ]);
  return rows.map((row) => ({ mode: row.mode, unit: row.unit, grant: grantOfRow(row) }));
}

function grantOfRow(row: GrantRow): BookGrant {
  return {
    id: row.id,
    reference: row.reference,
    kind: row.kind,
    kindOrder: row.kind_order,
    priority: row.priority,
    amount: row.amount,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    remaining: row.remaining,
    held: row.held,
    clawedBack: row.clawed_back,
    clawPending: row.claw_pending,
    expiredAt: row.expired_at,
  };
}
