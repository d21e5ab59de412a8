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
  /** What providers billed for calls that cost nobody anything. */
  loss_usd: string;
};

const MOST_GROUPS = 1_000;
const COLUMNS = { org: "org_id", model: "model", provider: "provider" } as const;
const isBucket = (by: InstallationGroup): by is Bucket => (BUCKETS as readonly string[]).includes(by);
const expressionOf = (by: InstallationGroup): string => (isBucket(by) ? bucketOf(by, "hour") : COLUMNS[by]);

const CREDITS = "coalesce(sum(cost_micros), 0)";
/** As providers bill it: without what callers pay on top. */
const COST = "coalesce(sum(cost_usd - markup_usd), 0)";
const SUMS = `
  coalesce(sum(requests), 0)::bigint as calls,
  coalesce(sum(requests) filter (where outcome <> 'ok'), 0)::bigint as failures,
  coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)::bigint as input_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  ${CREDITS}::bigint as credits_micros,
  trim_scale(${COST})::text as cost_usd,
  trim_scale(${CREDITS} * 1e-8)::text as charge_usd,
  trim_scale(${CREDITS} * 1e-8 - ${COST})::text as margin_usd,
  trim_scale(coalesce(sum(loss_usd), 0))::text as loss_usd`;

/** The sums by hour, and what was written since they were made. */
const USED = `
  with used as (
    select hour, org_id, model, provider, outcome, requests, input_tokens, cache_read_tokens, cache_write_tokens,
      output_tokens, cost_micros, cost_usd, loss_usd, markup_usd
    from gateway.usage_hour where mode = $1 and hour >= $2 and hour < $3
    union all
    select date_trunc('hour', q.created_at, 'UTC'), a.org_id, q.model, q.provider, a.outcome, a.first::int, a.input_tokens,
      a.cache_read_tokens, a.cache_write_tokens, a.output_tokens, a.cost_micros, a.cost_usd,
      case when a.cost_usd = 0 and q.cost_usd = 0 then coalesce(a.provider_cost_usd, 0) else 0 end,
      case when a.basis = 'none' then a.cost_usd
        else coalesce(round(a.cost_usd * p.markup_percent / (100 + p.markup_percent), 18), 0) end
    from gateway.attempts a join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id
    left join gateway.usage_rolled r on r.org_id = a.org_id
    left join gateway.price_lines p on p.version = a.price_version and p.model = a.model_served
    where a.xid >= (select upto from gateway.usage_cursor) and a.xid >= coalesce(r.upto, 0)
      and a.created_at >= (select since from gateway.usage_cursor)
      and q.mode = $1 and q.created_at >= $2 and q.created_at < $3
  )`;
const HOUR_MS = 3_600_000;

/** Of calls that began in those hours; the largest first unless grouped by time. No group: one row of totals. */
function sumCalls(
  tx: Tx,
  { mode, from, to }: Range & { mode: string },
  by: InstallationGroup | null,
): Promise<Used[]> {
  const group = by === null ? "null" : expressionOf(by);
  const order = by === null || isBucket(by) ? "1" : `${CREDITS} desc, 1`;
  return tx.query<Used>(
    `gateway.sum_installation_${by ?? "all"}`,
    `${USED} select ${group} as "group", ${SUMS} from used
     ${by === null ? "" : `group by 1 order by ${order} limit ${MOST_GROUPS}`}`,
    [
      mode,
      new Date(Math.floor(from.getTime() / HOUR_MS) * HOUR_MS),
      new Date(Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS),
    ],
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
