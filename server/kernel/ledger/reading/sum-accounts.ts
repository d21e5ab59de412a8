/** Sums over the books of every organization. SQL only; for the operator's role. */
import { type Bucket, bucketOf, type Tx } from "../../../platform/db/index.ts";
import type { Mode, Unit } from "../book/entry.ts";

export type SumFilter = {
  mode: Mode;
  /** Inclusive. */
  from: Date;
  /** Exclusive. */
  to: Date;
  /** Null: every unit. */
  unit: Unit | null;
};
/** `source` is the company that a posting's reference names first. */
export type SumGroup = Bucket | "org" | "source";
export type Sum = {
  group: string | null;
  unit: Unit;
  /** What moved into each of the accounts that were asked for, in their order. */
  amounts: bigint[];
  /** Organizations in whose books the first of them moved. */
  organizations: number;
};

const MOST_GROUPS = 1_000;

const expressionOf = (by: SumGroup): string => {
  if (by === "org") return "t.org_id";
  if (by === "source") return "split_part(t.reference, ':', 1)";
  return bucketOf(by, "t.posted_at");
};

/**
 * Sums of what moved into these accounts, per unit and group; no group: one row per unit. By time, or the largest first;
 * a thousand rows at most.
 */
export async function sumAccounts(
  tx: Tx,
  { mode, from, to, unit }: SumFilter,
  accounts: readonly string[],
  by: SumGroup | null,
): Promise<Sum[]> {
  const sums = accounts.map(
    (_, at) => `coalesce(sum(e.amount) filter (where e.account = $${at + 6}), 0)::bigint as a${at}`,
  );
  const group = by ? expressionOf(by) : "null";
  const rows = await tx.query<Record<`a${number}`, bigint> & Omit<Sum, "amounts">>(
    `ledger.sum_accounts_${accounts.length}_${by ?? "all"}`,
    `select ${group} as "group", e.unit, ${sums.join(", ")},
       (count(distinct e.org_id) filter (where e.account = $6))::int as organizations
     from ledger.transactions t
       join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id
     where t.mode = $1 and t.posted_at >= $2 and t.posted_at < $3 and ($4::text is null or e.unit = $4)
       and e.account = any($5::text[])
     group by 1, 2
     order by ${by === "org" || by === "source" ? "abs(sum(e.amount)) desc, " : ""}1, 2 limit ${MOST_GROUPS}`,
    [mode, from, to, unit, accounts, ...accounts],
  );
  return rows.map(({ group: name, unit: of, organizations, ...row }) => ({
    group: name,
    unit: of,
    organizations,
    amounts: accounts.map((_, at) => row[`a${at}`] ?? 0n),
  }));
}
