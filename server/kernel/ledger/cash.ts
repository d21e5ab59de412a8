/** Movements of a company's account, in every organization's book. SQL only; for the operator's role. */
import type { Tx } from "../../platform/db/index.ts";
import { textArray } from "./book/arrays.ts";
import type { Mode, Unit } from "./book/entry.ts";

/** What one transaction moves on the account: into it above zero. */
export type CashEffect = {
  orgId: string;
  transactionId: string;
  reference: string;
  kind: string;
  unit: Unit;
  amount: bigint;
  postedAt: Date;
};

type Row = {
  org_id: string;
  id: string;
  reference: string;
  kind: string;
  unit: Unit;
  amount: bigint;
  posted_at: Date;
};

const COLUMNS = "t.org_id, t.id, t.reference, t.kind, t.posted_at, e.unit, sum(e.amount)::bigint as amount";
/** As the partial index says it, else it is not used. */
const IS_CASH = "(t.reference like 'stripe:%' or t.reference like 'paypal:%')";

/** What was taken back in the same book moves nothing any more. See `reverse.ts`. */
const NOT_REVERSED = `t.reference not like '%:reversed' and not exists (
  select from ledger.transactions r where r.org_id = t.org_id and r.reference = t.reference || ':reversed')`;

/** Effects on `account` under these references, whosever book they stand in. */
export async function findCash(
  tx: Tx,
  { account, mode }: { account: string; mode: Mode },
  references: readonly string[],
): Promise<CashEffect[]> {
  if (references.length === 0) return [];
  const rows = await tx.query<Row>(
    "ledger.cash_by_reference",
    `select ${COLUMNS} from ledger.transactions t
       join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id and e.account = $1
     where ${IS_CASH} and t.reference = any($3::text[]) and t.mode = $2 and ${NOT_REVERSED}
     group by t.org_id, t.id, e.unit order by t.posted_at, t.id`,
    [account, mode, textArray(references)],
  );
  return rows.map(effectOf);
}

/** Effects on `account` posted in [from, to), by id, `limit` at a time; `after` is the last id of the page before. */
export async function listCash(
  tx: Tx,
  { account, mode }: { account: string; mode: Mode },
  page: { from: Date; to: Date; after: string; limit: number },
): Promise<CashEffect[]> {
  const rows = await tx.query<Row>(
    "ledger.cash_posted",
    `select ${COLUMNS} from ledger.transactions t
       join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id and e.account = $1
     where t.mode = $2 and t.posted_at >= $3 and t.posted_at < $4 and t.id > $5 and ${NOT_REVERSED}
     group by t.org_id, t.id, e.unit order by t.id limit $6`,
    [account, mode, page.from, page.to, page.after, page.limit],
  );
  return rows.map(effectOf);
}

const effectOf = (row: Row): CashEffect => ({
  orgId: row.org_id,
  transactionId: row.id,
  reference: row.reference,
  kind: row.kind,
  unit: row.unit,
  amount: row.amount,
  postedAt: row.posted_at,
});

/** A hold past its deadline whose owner has not learned yet what it cost. */
export type StaleHold = {
  orgId: string;
  id: string;
  owner: string;
  unit: Unit;
  amount: bigint;
  deadlineAt: Date;
};

export async function listStaleHolds(tx: Tx, mode: Mode, before: Date, limit: number): Promise<StaleHold[]> {
  const rows = await tx.query<{
    org_id: string;
    id: string;
    owner: string;
    unit: Unit;
    amount: bigint;
    deadline_at: Date;
  }>(
    "ledger.stale_holds",
    `select org_id, id, owner, unit, amount, deadline_at from ledger.holds
     where mode = $1 and state in ('pending', 'expired') and deadline_at < $2 order by deadline_at limit $3`,
    [mode, before, limit],
  );
  return rows.map(({ org_id, deadline_at, ...row }) => ({ orgId: org_id, deadlineAt: deadline_at, ...row }));
}
