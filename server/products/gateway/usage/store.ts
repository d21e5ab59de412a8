/** SQL that reads usage: sums by group, and single records. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

/** Which requests are meant. `own` limits them to those of one person or, for a key without one, of that key. */
export type Scope = {
  org: OrgId;
  mode: "test" | "live";
  from: Date;
  to: Date;
  model: string | null;
  credentialId: string | null;
  userId: string | null;
  own: { userId: string | null; credentialId: string } | null;
  outcome: string | null;
};

export type Sums = {
  requests: bigint;
  failures: bigint;
  input_tokens: bigint;
  cache_read_tokens: bigint;
  cache_write_tokens: bigint;
  output_tokens: bigint;
  reasoning_tokens: bigint;
  cost_micros: bigint;
  estimated_micros: bigint;
  first_content_p50_ms: number | null;
  first_content_p95_ms: number | null;
};

/** The only texts that become part of a statement; each is named by the API's own list. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  hour: `to_char(date_trunc('hour', created_at at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
  day: `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD')`,
  model: "model",
  provider: "provider",
  key: "credential_id",
  user: "user_id",
  endpoint: "endpoint",
  outcome: "outcome",
};

const MAX_GROUPS = 1_000;

const WHERE = `
  where org_id = $1 and mode = $2 and created_at >= $3 and created_at < $4
    and ($5::text is null or model = $5) and ($6::text is null or credential_id = $6)
    and ($7::text is null or user_id = $7)
    and ($8::boolean is not true or user_id = $9 or ($9::text is null and credential_id = $10))
    and ($11::text is null or outcome = $11)`;

const valuesOf = (scope: Scope): unknown[] => [
  scope.org,
  scope.mode,
  scope.from,
  scope.to,
  scope.model,
  scope.credentialId,
  scope.userId,
  scope.own !== null,
  scope.own?.userId ?? null,
  scope.own?.credentialId ?? null,
  scope.outcome,
];

const SUMS = `
  count(*) as requests, count(*) filter (where outcome <> 'ok') as failures,
  coalesce(sum(input_tokens), 0)::bigint as input_tokens,
  coalesce(sum(cache_read_tokens), 0)::bigint as cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0)::bigint as cache_write_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  coalesce(sum(reasoning_tokens), 0)::bigint as reasoning_tokens,
  coalesce(sum(cost_micros), 0)::bigint as cost_micros,
  coalesce(sum(cost_micros) filter (where basis = 'estimated'), 0)::bigint as estimated_micros,
  (percentile_disc(0.5) within group (order by first_content_ms)) as first_content_p50_ms,
  (percentile_disc(0.95) within group (order by first_content_ms)) as first_content_p95_ms`;

/** Sums per group, the largest cost first (by time where that is a group). No group: one row of totals. */
export async function sumUsage(
  tx: Tx,
  scope: Scope,
  groups: readonly string[],
): Promise<(Sums & Record<`group_${number}`, string | null>)[]> {
  const columns = groups.map((group, at) => `${EXPRESSIONS[group]} as group_${at}`);
  const names = groups.map((_, at) => `group_${at}`);
  const grouped = groups.length === 0 ? "" : `group by ${names.join(", ")}`;
  const byTime = groups.findIndex((group) => group === "hour" || group === "day");
  const order =
    groups.length === 0 ? "" : `order by ${byTime === -1 ? "cost_micros desc" : `group_${byTime}`}`;
  return tx.query(
    `gateway.sum_usage_${groups.join("_")}`,
    `select ${[...columns, SUMS].join(", ")} from gateway.requests ${WHERE} ${grouped} ${order} limit ${MAX_GROUPS}`,
    valuesOf(scope),
  );
}

export type RecordRow = {
  id: string;
  created_at: Date;
  endpoint: string;
  model: string;
  provider: string;
  credential_id: string;
  user_id: string | null;
  streamed: boolean;
  state: "open" | "reconciling" | "settled" | "released";
  outcome: string | null;
  basis: string | null;
  held_micros: bigint;
  cost_micros: bigint | null;
  cost_usd: string | null;
  price_version: string;
  input_tokens: bigint;
  cache_read_tokens: bigint;
  cache_write_tokens: bigint;
  output_tokens: bigint;
  reasoning_tokens: bigint;
  first_content_ms: number | null;
};

const LIST = `
  select id, created_at, endpoint, model, provider, credential_id, user_id, streamed, state, outcome, basis, held_micros,
         cost_micros, trim_scale(cost_usd)::text as cost_usd, price_version, input_tokens, cache_read_tokens,
         cache_write_tokens, output_tokens, reasoning_tokens, first_content_ms
  from gateway.requests ${WHERE}
    and ($12::timestamptz is null or (created_at, id) < ($12, $13))
  order by created_at desc, id desc limit $14`;

/** Newest first; one more than `limit` tells that there are more. */
export function listRequests(
  tx: Tx,
  scope: Scope,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<RecordRow[]> {
  return tx.query("gateway.list_requests", LIST, [
    ...valuesOf(scope),
    page.after?.at ?? null,
    page.after?.id ?? null,
    page.limit + 1,
  ]);
}
