/** SQL that reads usage: sums by group, and single records. */
import { COUNTS as COUNTED, type Counts } from "../counts.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { STEP } from "./latency.ts";

/** Which requests are meant. `own` limits them to those of one person or, for a key without one, of that key. */
export type Scope = {
  org: OrgId;
  mode: "test" | "live";
  from: Date;
  to: Date;
  model: string | null;
  credentialId: string | null;
  userId: string | null;
  provider: string | null;
  projectId: string | null;
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
  audio_ms: bigint;
  cost_micros: bigint;
  estimated_micros: bigint;
  /** How many came within each step of time. */
  first_content: ReadonlyMap<number, bigint>;
};

/** The only texts that become part of a statement; each is named by the API's own list. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  hour: `to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
  day: `to_char(hour at time zone 'UTC', 'YYYY-MM-DD')`,
  model: "model",
  provider: "provider",
  key: "credential_id",
  user: "nullif(user_id, '')",
  project: "nullif(project_id, '')",
  endpoint: "endpoint",
  outcome: "outcome",
};

const MAX_GROUPS = 1_000;

/** Of the columns that sums and calls have alike. */
export const FILTERS = `
    and ($5::text is null or model = $5) and ($6::text is null or credential_id = $6)
    and ($7::text is null or user_id = $7)
    and ($8::boolean is not true or user_id = $9 or ($9::text is null and credential_id = $10))
    and ($11::text is null or outcome = $11) and ($12::text is null or provider = $12)
    and ($13::text is null or project_id = $13)`;

export const valuesOf = (scope: Scope): unknown[] => [
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
  scope.provider,
  scope.projectId,
];

const COUNTS = `requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_micros,
  estimated_micros, audio_ms`;

/** The sums by hour, and what was written since they were made: a few seconds' attempts. */
const USED = `
  with used as (
    select hour, model, provider, credential_id, user_id, project_id, endpoint, outcome, ${COUNTS}, first_content,
      null::int as step
    from gateway.usage_hour
    where org_id = $1 and mode = $2 and hour >= $3 and hour < $4
    union all
    select date_trunc('hour', q.created_at, 'UTC'), q.model, q.provider, q.credential_id, coalesce(q.user_id, ''),
      coalesce(q.project_id, ''), q.endpoint, a.outcome, a.first::int, a.input_tokens, a.cache_read_tokens,
      a.cache_write_tokens, a.output_tokens, a.reasoning_tokens, a.cost_micros, a.estimated_micros, a.audio_ms, null,
      case when a.first then ${STEP} end
    from gateway.attempts a join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id
    where a.org_id = $1 and a.xid >= (select upto from gateway.usage_cursor)
      and a.created_at >= (select since from gateway.usage_cursor)
      and a.xid >= coalesce((select upto from gateway.usage_rolled where org_id = $1), 0)
      and q.mode = $2 and q.created_at >= $3 and q.created_at < $4
  )`;

const SUMS = `
  coalesce(sum(requests), 0)::bigint as requests,
  coalesce(sum(requests) filter (where outcome <> 'ok'), 0)::bigint as failures,
  coalesce(sum(input_tokens), 0)::bigint as input_tokens,
  coalesce(sum(cache_read_tokens), 0)::bigint as cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0)::bigint as cache_write_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens,
  coalesce(sum(reasoning_tokens), 0)::bigint as reasoning_tokens,
  coalesce(sum(audio_ms), 0)::bigint as audio_ms,
  coalesce(sum(cost_micros), 0)::bigint as cost_micros,
  coalesce(sum(estimated_micros), 0)::bigint as estimated_micros`;

export type Grouped = Record<`group_${number}`, string | null>;
const groupsOf = (groups: readonly string[]) =>
  groups.map((group, at) => `${EXPRESSIONS[group]} as group_${at}`);
const namesOf = (groups: readonly string[]) => groups.map((_, at) => `group_${at}`);

/** Sums per group, the largest cost first (by time where that is a group). No group: one row of totals. */
export async function sumUsage(tx: Tx, scope: Scope, groups: readonly string[]): Promise<(Sums & Grouped)[]> {
  const grouped = groups.length === 0 ? "" : `group by ${namesOf(groups).join(", ")}`;
  const byTime = groups.findIndex((group) => group === "hour" || group === "day");
  const order =
    groups.length === 0 ? "" : `order by ${byTime === -1 ? "cost_micros desc" : `group_${byTime}`}`;
  const [rows, steps] = await Promise.all([
    tx.query<Omit<Sums, "first_content"> & Grouped>(
      `gateway.sum_usage_${groups.join("_")}`,
      `${USED} select ${[...groupsOf(groups), SUMS].join(", ")} from used where true ${FILTERS} ${grouped} ${order} limit ${MAX_GROUPS}`,
      valuesOf(scope),
    ),
    countSteps(tx, scope, groups),
  ]);
  return rows.map((row) => ({
    ...row,
    first_content: steps.get(keyOf(row, groups)) ?? new Map<number, bigint>(),
  }));
}

export const keyOf = (row: Grouped, groups: readonly string[]): string =>
  JSON.stringify(groups.map((_, at) => row[`group_${at}`]));

/** Per group, how many first contents came within each step of time. */
async function countSteps(
  tx: Tx,
  scope: Scope,
  groups: readonly string[],
): Promise<Map<string, Map<number, bigint>>> {
  const rows = await tx.query<Grouped & { at: number; count: bigint }>(
    `gateway.usage_steps_${groups.join("_")}`,
    `${USED} select ${[...groupsOf(groups), "f.at::int as at", "sum(f.n)::bigint as count"].join(", ")}
     from used cross join lateral (
       select n, at from unnest(first_content) with ordinality as h (n, at) where n > 0
       union all select 1, step where step is not null) f
     where true ${FILTERS} group by ${[...namesOf(groups), "f.at"].join(", ")}`,
    valuesOf(scope),
  );
  const found = new Map<string, Map<number, bigint>>();
  for (const row of rows) {
    const key = keyOf(row, groups);
    const steps = found.get(key) ?? new Map<number, bigint>();
    steps.set(row.at, row.count);
    found.set(key, steps);
  }
  return found;
}

export type Savings = {
  cache_hits: bigint;
  compressed: bigint;
  tokens_saved: bigint;
  saved_micros: bigint;
};

/** What the cache and shorter prompts saved, per group; no group: one row of totals. */
export function sumSavings(tx: Tx, scope: Scope, groups: readonly string[]): Promise<(Savings & Grouped)[]> {
  const grouped = groups.length === 0 ? "" : `group by ${namesOf(groups).join(", ")}`;
  const sums = `coalesce(sum(hit), 0)::bigint as cache_hits, coalesce(sum(1 - hit), 0)::bigint as compressed, coalesce(sum(tokens_saved), 0)::bigint as tokens_saved,
    coalesce(sum(saved_micros), 0)::bigint as saved_micros`;
  return tx.query(
    `gateway.sum_savings_${groups.join("_")}`,
    `with used as (
       select date_trunc('hour', created_at, 'UTC') as hour, model, provider, credential_id, user_id, project_id, endpoint,
         'ok' as outcome, 1 as hit, tokens_saved, saved_micros
       from gateway.cache_hits where org_id = $1 and mode = $2 and created_at >= $3 and created_at < $4
       union all
       select date_trunc('hour', c.created_at, 'UTC'), q.model, q.provider, q.credential_id, coalesce(q.user_id, ''),
         coalesce(q.project_id, ''), q.endpoint, 'ok', 0, c.tokens_before - c.tokens_after, c.net_saving_micros
       from gateway.compressions c join gateway.requests q on q.org_id = c.org_id and q.id = c.request_id
       where c.org_id = $1 and q.mode = $2 and c.created_at >= $3 and c.created_at < $4)
     select ${[...groupsOf(groups), sums].join(", ")} from used where true ${FILTERS} ${grouped}`,
    valuesOf(scope),
  );
}

export type RecordRow = Counts<bigint> & {
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
  first_content_ms: number | null;
  project_id: string | null;
};

const RECORDS = `
  where org_id = $1 and mode = $2 and created_at >= $3 and created_at < $4${FILTERS}`;

const LIST = `
  select id, created_at, endpoint, model, provider, credential_id, user_id, streamed, state, outcome, basis, held_micros,
         cost_micros, trim_scale(cost_usd)::text as cost_usd, price_version, ${COUNTED.join(", ")},
         first_content_ms, project_id
  from gateway.requests ${RECORDS}
    and ($14::timestamptz is null or (created_at, id) < ($14, $15))
  order by created_at desc, id desc limit $16`;

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
