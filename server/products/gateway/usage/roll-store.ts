/** SQL that sums attempts up by the hour. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { STEP } from "./latency.ts";

/** Attempts in one run; those of one transaction stay together. */
const MOST_ATTEMPTS = 50_000;

export async function readCursor(tx: Tx): Promise<bigint> {
  const [row] = await tx.query<{ upto: bigint }>(
    "gateway.usage_cursor",
    "select upto from gateway.usage_cursor",
  );
  return row?.upto ?? 0n;
}

/** The end of the next run, below which all transactions have ended; `all` when nothing that has ended is left beyond it. */
export async function findEnd(tx: Tx, from: bigint): Promise<{ upto: bigint; all: boolean }> {
  const [row] = await tx.query<{ upto: bigint; all: boolean }>(
    "gateway.usage_end",
    `with quiet as (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid),
       run as (select xid, least(xid, coalesce((
         select a.xid from gateway.attempts a where a.xid >= $1 order by a.xid offset $2 limit 1), xid)) as upto from quiet)
     select upto, upto = xid as all from run`,
    [from, MOST_ATTEMPTS],
  );
  return row ?? { upto: from, all: false };
}

/** What is added to one row of sums, for one step of first content (null: of those without). */
export type Addition = {
  org_id: OrgId;
  /** Where the organization's sums ended. */
  lower: bigint;
  mode: string;
  hour: Date;
  model: string;
  provider: string;
  credential_id: string;
  user_id: string;
  project_id: string;
  endpoint: string;
  outcome: string;
  step: number | null;
  requests: bigint;
  input_tokens: bigint;
  cache_read_tokens: bigint;
  cache_write_tokens: bigint;
  output_tokens: bigint;
  reasoning_tokens: bigint;
  audio_ms: bigint;
  cost_micros: bigint;
  estimated_micros: bigint;
  cost_usd: string;
  loss_usd: string;
  /** What callers pay on top of the bill; in `cost_usd`. All of what a hit of the cache costs. */
  markup_usd: string;
};

const ADDITIONS = `
  select a.org_id, coalesce(r.upto, 0) as lower, q.mode, date_trunc('hour', q.created_at, 'UTC') as hour, a.model_served as model, a.provider,
    q.credential_id, coalesce(q.user_id, '') as user_id, coalesce(q.project_id, '') as project_id, q.endpoint,
    a.outcome, case when a.first then ${STEP} end as step,
    count(*) filter (where a.first) as requests,
    sum(a.input_tokens)::bigint as input_tokens, sum(a.cache_read_tokens)::bigint as cache_read_tokens,
    sum(a.cache_write_tokens)::bigint as cache_write_tokens, sum(a.output_tokens)::bigint as output_tokens,
    sum(a.reasoning_tokens)::bigint as reasoning_tokens, sum(a.audio_ms)::bigint as audio_ms, sum(a.cost_micros)::bigint as cost_micros,
    sum(a.estimated_micros)::bigint as estimated_micros, sum(a.cost_usd)::text as cost_usd,
    coalesce(sum(a.provider_cost_usd) filter (
      where a.cost_usd = 0 and (q.cost_usd = 0 or a.outcome is distinct from q.outcome)), 0)::text as loss_usd,
    coalesce(sum(case when a.basis = 'none' then a.cost_usd
      else round(a.cost_usd * p.markup_percent / (100 + p.markup_percent), 18) end), 0)::text as markup_usd
  from gateway.attempts a
  join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id
  left join gateway.usage_rolled r on r.org_id = a.org_id
  left join gateway.price_lines p on p.version = a.price_version and p.model = a.model_served
  where a.xid >= $1 and a.xid < $2 and a.xid >= coalesce(r.upto, 0)
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
  order by 1`;

/** What attempts of these transactions add that is in no sum yet, of all organizations; for the operator's role. */
export function listAdditions(tx: Tx, from: bigint, upto: bigint): Promise<Addition[]> {
  return tx.query("gateway.usage_additions", ADDITIONS, [from, upto]);
}

/** Takes an organization's sums from where they ended to `upto`; false when somebody else did. */
export async function claimRoll(tx: Tx, org: OrgId, lower: bigint, upto: bigint): Promise<boolean> {
  const rows = await tx.query(
    "gateway.usage_claim",
    `insert into gateway.usage_rolled as r (org_id, upto) select $1, $3 where $2 = 0
     on conflict (org_id) do nothing returning 1`,
    [org, lower, upto],
  );
  if (rows.length > 0) return true;
  const moved = await tx.query(
    "gateway.usage_claim_next",
    "update gateway.usage_rolled set upto = $3 where org_id = $1 and upto = $2 and upto < $3 returning 1",
    [org, lower, upto],
  );
  return moved.length > 0;
}

export type SumRow = Omit<Addition, "org_id" | "lower" | "step"> & { first_content: number[] };

const ADD = `
  insert into gateway.usage_hour as u (org_id, mode, hour, model, provider, credential_id, user_id, project_id, endpoint,
    outcome, requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_micros,
    estimated_micros, cost_usd, loss_usd, markup_usd, audio_ms, first_content)
  select $1, a.* from json_to_recordset($2::json) as a (mode text, hour timestamptz, model text, provider text,
    credential_id text, user_id text, project_id text, endpoint text, outcome text, requests bigint, input_tokens bigint,
    cache_read_tokens bigint, cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint, cost_micros bigint,
    estimated_micros bigint, cost_usd numeric, loss_usd numeric, markup_usd numeric, audio_ms bigint, first_content integer[])
  order by 2, 3, 4, 5, 6, 7, 8, 9, 10
  on conflict (org_id, mode, hour, model, provider, credential_id, user_id, project_id, endpoint, outcome) do update
  set requests = u.requests + excluded.requests, input_tokens = u.input_tokens + excluded.input_tokens,
      cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
      cache_write_tokens = u.cache_write_tokens + excluded.cache_write_tokens,
      output_tokens = u.output_tokens + excluded.output_tokens,
      reasoning_tokens = u.reasoning_tokens + excluded.reasoning_tokens, cost_micros = u.cost_micros + excluded.cost_micros,
      estimated_micros = u.estimated_micros + excluded.estimated_micros, cost_usd = u.cost_usd + excluded.cost_usd,
      audio_ms = u.audio_ms + excluded.audio_ms, loss_usd = u.loss_usd + excluded.loss_usd, markup_usd = u.markup_usd + excluded.markup_usd,
      first_content = (select array_agg(coalesce(x, 0) + coalesce(y, 0) order by i)
        from unnest(u.first_content, excluded.first_content) with ordinality as both_of (x, y, i))`;

export async function addSums(tx: Tx, org: OrgId, rows: readonly SumRow[]): Promise<void> {
  const json = JSON.stringify(rows, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  await tx.query("gateway.usage_add", ADD, [org, json]);
}

/** `since`: no attempt beyond `upto` is older, but for those that wait for the next run; null when that is not known. */
export async function moveCursor(tx: Tx, upto: bigint, since: Date | null): Promise<void> {
  await tx.query(
    "gateway.usage_move",
    "update gateway.usage_cursor set upto = greatest(upto, $1), since = coalesce($2, since)",
    [upto, since],
  );
}
