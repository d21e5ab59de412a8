/** SQL of seals and checks. As the operator. */
import type { Tx } from "../../../platform/db/index.ts";
import type { Seal } from "./seal.ts";
import { READ_PAGE, SEAL_PAGE } from "./statements.ts";

type Row = {
  number: bigint;
  sealed_before: Date;
  previous_hash: Buffer;
  hash: Buffer;
  transaction_count: bigint;
  entry_count: bigint;
  sealed_at: Date;
};

const COLUMNS = "number, sealed_before, previous_hash, hash, transaction_count, entry_count, sealed_at";
const sealOf = (row: Row): Seal => ({
  number: row.number,
  sealedBefore: row.sealed_before,
  previousHash: row.previous_hash,
  hash: row.hash,
  transactionCount: row.transaction_count,
  entryCount: row.entry_count,
  sealedAt: row.sealed_at,
});

/** Alone with the chain until commit; false while another process seals. */
export async function lockChain(tx: Tx): Promise<boolean> {
  const [row] = await tx.query<{ locked: boolean }>(
    "ledger.seal_lock",
    "select pg_try_advisory_xact_lock(hashtextextended('ledger.seals', 0)) as locked",
  );
  return row?.locked ?? false;
}

/** From here on the transaction sees one state. Its first statement. */
export async function seeOneState(tx: Tx): Promise<void> {
  await tx.query("ledger.one_state", "set transaction isolation level repeatable read");
}

export async function findLastSeal(tx: Tx): Promise<Seal | null> {
  const text = `select ${COLUMNS} from ledger.seals order by number desc limit 1`;
  const [row] = await tx.query<Row>("ledger.last_seal", text);
  return row ? sealOf(row) : null;
}

export async function insertSeal(tx: Tx, seal: Seal): Promise<void> {
  await tx.query(
    "ledger.insert_seal",
    `insert into ledger.seals (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      seal.number,
      seal.sealedBefore,
      seal.previousHash,
      seal.hash,
      seal.transactionCount,
      seal.entryCount,
      seal.sealedAt,
    ],
  );
}

/** By number; those that cover a day of the range. */
export async function listSealsBetween(
  tx: Tx,
  range: { from: Date | null; to: Date | null },
): Promise<Seal[]> {
  const rows = await tx.query<Row>(
    "ledger.seals_between",
    `select ${COLUMNS} from ledger.seals
     where ($1::timestamptz is null or sealed_before > $1)
       and ($2::timestamptz is null or sealed_before - interval '1 day' < $2)
     order by number`,
    [range.from, range.to],
  );
  return rows.map(sealOf);
}

/** Newest first. */
export async function listSeals(tx: Tx, page: { before: bigint | null; limit: number }): Promise<Seal[]> {
  const rows = await tx.query<Row>(
    "ledger.list_seals",
    `select ${COLUMNS} from ledger.seals where $1::bigint is null or number < $1 order by number desc limit $2`,
    [page.before, page.limit],
  );
  return rows.map(sealOf);
}

/** The place after which a page begins. */
export type Place = { id: string; orgId: string };
export const FROM_START: Place = { id: "", orgId: "" };

export type Sealed = { org_id: string; id: string; hash: Buffer; entries: number };
export const sealPage = (
  tx: Tx,
  seal: { number: bigint; before: Date; since: Date },
  after: Place,
  limit: number,
): Promise<Sealed[]> =>
  tx.query<Sealed>("ledger.seal_page", SEAL_PAGE, [
    seal.number,
    seal.before,
    seal.since,
    after.id,
    after.orgId,
    limit,
  ]);

export type Member = {
  org_id: string;
  id: string;
  hash: Buffer;
  sealed_entries: Buffer;
  found: boolean;
  entries: Buffer;
  positions: number[] | null;
  sound: boolean;
};
export const readPage = (tx: Tx, number: bigint, after: Place, limit: number): Promise<Member[]> =>
  tx.query<Member>("ledger.read_seal_page", READ_PAGE, [number, after.id, after.orgId, limit]);

export type Check = { day: string; checkedAt: Date; ok: boolean; faults: CheckFault[] };
export type CheckFault = { name: string; statement: string; count: number; examples: string[] };

export async function findLastCheck(tx: Tx): Promise<Check | null> {
  type CheckRow = { day: string; checked_at: Date; ok: boolean; faults: CheckFault[] };
  const [row] = await tx.query<CheckRow>(
    "ledger.last_check",
    "select day, checked_at, ok, faults from ledger.checks order by day desc limit 1",
  );
  return row ? { day: row.day, checkedAt: row.checked_at, ok: row.ok, faults: row.faults } : null;
}

/** Once a day, whoever comes first; false for others. */
export async function insertCheck(tx: Tx, check: Check): Promise<boolean> {
  const rows = await tx.query(
    "ledger.insert_check",
    `insert into ledger.checks (day, checked_at, ok, faults) values ($1, $2, $3, $4) on conflict do nothing returning day`,
    [check.day, check.checkedAt, check.ok, JSON.stringify(check.faults)],
  );
  return rows.length > 0;
}

/** What stands in suspense, per mode and currency; none is zero. */
export const sumSuspense = (tx: Tx): Promise<{ mode: string; unit: string; amount: bigint }[]> =>
  tx.query(
    "ledger.sum_suspense",
    `select mode, unit, sum(abs(balance))::bigint as amount from ledger.balances
     where account = 'suspense' and balance <> 0 group by mode, unit order by mode, unit`,
  );
