/** Movements of accounts over the books of every organization. SQL only; for the operator's role. */
import { type Bucket, bucketOf, type Tx } from "../../../platform/db/index.ts";
import type { Mode, Unit } from "../book/entry.ts";

export type Movements = {
  /** Null: of all the time. */
  group: string | null;
  account: string;
  unit: Unit;
  kind: string;
  /** What moved into the account by transactions of that kind, and how many they were. */
  amount: bigint;
  count: number;
};

/** What moved in accounts whose name begins so, by kind of transaction; `to` null: until now. */
export function sumMovements(
  tx: Tx,
  { mode, from, to }: { mode: Mode; from: Date; to: Date | null },
  prefix: string,
  by: Bucket | null,
): Promise<Movements[]> {
  return tx.query(
    `ledger.sum_movements_${by ?? "all"}`,
    `select ${by ? bucketOf(by, "t.posted_at") : "null"} as "group", e.account, e.unit, t.kind,
       sum(e.amount)::bigint as amount, count(*)::int as count
     from ledger.transactions t
       join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id
     where t.mode = $1 and t.posted_at >= $2 and ($3::timestamptz is null or t.posted_at < $3)
       and starts_with(e.account, $4)
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [mode, from, to, prefix],
  );
}

/** What stands in an account now, over all books, and in how many of them something does. */
export function sumStanding(
  tx: Tx,
  mode: Mode,
  account: string,
): Promise<{ unit: Unit; balance: bigint; books: number }[]> {
  return tx.query(
    "ledger.sum_standing",
    `select unit, sum(balance)::bigint as balance, (count(*) filter (where balance <> 0))::int as books
     from ledger.balances where account = $2 and mode = $1 group by unit order by unit`,
    [mode, account],
  );
}
