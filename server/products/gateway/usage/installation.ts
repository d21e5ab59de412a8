/** What every organization used, for operators: SQL of the operator's role, and the sums it gives. */
import {
  type Bucket,
  BUCKETS,
  bucketOf,
  type Db,
  type Tx,
  withOperatorTx,
} from "../../../platform/db/index.ts";
import type { Range } from "../../../platform/http/index.ts";

export const INSTALLATION_GROUPS = [...BUCKETS, "org", "model", "provider"] as const;
export type InstallationGroup = (typeof INSTALLATION_GROUPS)[number];

export type Used = {
  group: string | null;
  calls: bigint;
  failures: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  /** Taken from the organizations, as the ledger says. */
  credits_micros: bigint;
  /** What the calls cost, an exact decimal. */
  cost_usd: string;
  /** The credits' worth: USD 10⁻⁸ each micro-credit. */
  charge_usd: string;
  /** Charge less cost; below zero where a cost was written off. */
  margin_usd: string;
};

const MOST_GROUPS = 1_000;
const COLUMNS = { org: "org_id", model: "model", provider: "provider" } as const;
const isBucket = (by: InstallationGroup): by is Bucket => (BUCKETS as readonly string[]).includes(by);
const expressionOf = (by: InstallationGroup): string =>
  isBucket(by) ? bucketOf(by, "created_at") : COLUMNS[by];

const CREDITS = "coalesce(sum(cost_micros), 0)";
const COST = "coalesce(sum(cost_usd), 0)";
const SUMS = `
  count(*) as calls, count(*) filter (where outcome <> 'ok') as failures,
  coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)::bigint as input_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  ${CREDITS}::bigint as credits_micros,
  trim_scale(${COST})::text as cost_usd,
  trim_scale(${CREDITS} * 1e-8)::text as charge_usd,
  trim_scale(${CREDITS} * 1e-8 - ${COST})::text as margin_usd`;

/** Of calls that began in that time; the largest first unless grouped by time. No group: one row of totals. */
function sumCalls(
  tx: Tx,
  { mode, from, to }: Range & { mode: string },
  by: InstallationGroup | null,
): Promise<Used[]> {
  const group = by === null ? "null" : expressionOf(by);
  const order = by === null || isBucket(by) ? "1" : `${CREDITS} desc, 1`;
  return tx.query<Used>(
    `gateway.sum_installation_${by ?? "all"}`,
    `select ${group} as "group", ${SUMS} from gateway.requests
     where mode = $1 and created_at >= $2 and created_at < $3
     ${by === null ? "" : `group by 1 order by ${order} limit ${MOST_GROUPS}`}`,
    [mode, from, to],
  );
}

/** Per group, and in all. */
export async function readInstallationUsage(
  db: Db,
  range: Range & { mode: string },
  by: InstallationGroup,
): Promise<{ groups: Used[]; totals: Used }> {
  return withOperatorTx(db, async (tx) => {
    const groups = await sumCalls(tx, range, by);
    const [totals] = await sumCalls(tx, range, null);
    return { groups, totals: totals as Used };
  });
}
