/** Transactions as they are shown. SQL only. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { common, Problem } from "../../../platform/problem.ts";
import { textArray } from "../book/arrays.ts";
import type { Entry, Mode, Unit } from "../book/entry.ts";

export type TransactionRow = {
  id: string;
  mode: Mode;
  kind: string;
  reference: string;
  postedAt: Date;
  entries: Entry[];
  /** The seal that covers it; null until the night after. */
  seal: TransactionSeal | null;
};

export type TransactionSeal = { number: bigint; hash: Buffer; sealedAt: Date };

export type TransactionFilter = {
  unit?: Unit | undefined;
  kind?: string | undefined;
  /** Inclusive. */
  from?: Date | undefined;
  /** Exclusive. */
  to?: Date | undefined;
  /** 1 to 100. */
  limit: number;
  /** The last row of the page before. */
  cursor?: { id: string } | null | undefined;
};

type Row = {
  id: string;
  mode: Mode;
  kind: string;
  reference: string;
  posted_at: Date;
  seal_number: bigint | null;
  seal_hash: Buffer | null;
  sealed_at: Date | null;
};
type EntryRow = { transaction_id: string; account: string; unit: Unit; amount: bigint };

const SEAL = `
  left join ledger.seal_members m on m.org_id = t.org_id and m.transaction_id = t.id
  left join ledger.seals s on s.number = m.seal_number`;

/** By id, which follows time and is the primary key: stable while others post. */
const LIST = `
  select t.*, s.number as seal_number, s.hash as seal_hash, s.sealed_at
  from (
  select org_id, id, mode, kind, reference, posted_at from ledger.transactions t
  where org_id = $1 and mode = $2 and ($3::text is null or id < $3)
    and ($4::text is null or kind = $4)
    and ($5::timestamptz is null or posted_at >= $5) and ($6::timestamptz is null or posted_at < $6)
    and ($7::text is null or exists (
      select from ledger.entries e where e.org_id = $1 and e.transaction_id = t.id and e.unit = $7))
  order by id desc limit $8) t ${SEAL}
  order by id desc`;

const GET = `
  select t.id, t.mode, t.kind, t.reference, t.posted_at, s.number as seal_number, s.hash as seal_hash, s.sealed_at
  from ledger.transactions t ${SEAL}
  where t.org_id = $1 and t.mode = $2 and t.id = $3`;

const ENTRIES = `
  select transaction_id, account, unit, amount from ledger.entries
  where org_id = $1 and transaction_id = any($2::text[]) order by transaction_id, position`;

const BY_REFERENCE = `
  select id, reference from ledger.transactions where org_id = $1 and reference = any($2::text[])`;

/** Newest first, with entries. */
export async function listTransactions(
  tx: Tx,
  org: OrgId,
  mode: Mode,
  filter: TransactionFilter,
): Promise<{ rows: TransactionRow[]; hasMore: boolean }> {
  const { unit, kind, from, to, limit, cursor } = filter;
  const values = [
    org,
    mode,
    cursor?.id ?? null,
    kind ?? null,
    from ?? null,
    to ?? null,
    unit ?? null,
    limit + 1,
  ];
  const rows = await tx.query<Row>("ledger.list_transactions", LIST, values);
  return { rows: await withEntries(tx, org, rows.slice(0, limit)), hasMore: rows.length > limit };
}

/** Throws 404 for one that does not exist in this mode. */
export async function getTransaction(tx: Tx, org: OrgId, mode: Mode, id: string): Promise<TransactionRow> {
  const rows = await tx.query<Row>("ledger.get_transaction", GET, [org, mode, id]);
  const [found] = await withEntries(tx, org, rows);
  if (!found) throw new Problem(common.not_found);
  return found;
}

/** Ids by reference, of those that exist. */
export async function findTransactions(
  tx: Tx,
  org: OrgId,
  references: readonly string[],
): Promise<Map<string, string>> {
  if (references.length === 0) return new Map();
  const values = [org, textArray(references)];
  const rows = await tx.query<{ id: string; reference: string }>("ledger.by_reference", BY_REFERENCE, values);
  return new Map(rows.map(({ id, reference }) => [reference, id]));
}

async function withEntries(tx: Tx, org: OrgId, rows: readonly Row[]): Promise<TransactionRow[]> {
  if (rows.length === 0) return [];
  const values = [org, textArray(rows.map(({ id }) => id))];
  const entries = Map.groupBy(
    await tx.query<EntryRow>("ledger.entries_of", ENTRIES, values),
    (entry) => entry.transaction_id,
  );
  return rows.map(({ id, mode, kind, reference, posted_at, seal_number, seal_hash, sealed_at }) => ({
    id,
    mode,
    kind,
    reference,
    postedAt: posted_at,
    seal:
      seal_number !== null && seal_hash && sealed_at
        ? { number: seal_number, hash: seal_hash, sealedAt: sealed_at }
        : null,
    entries: (entries.get(id) ?? []).map(({ account, unit, amount }) => ({ account, unit, amount })),
  }));
}
