/** SQL of price drifts. */
import type { Tx } from "../../../platform/db/index.ts";
import { columnOf, LINES, type Line } from "../models/lines.ts";
import { LEAST_CALLS, type DriftState } from "./drift.ts";

export type Sum = {
  provider: string;
  model: string;
  version: string;
  calls: bigint;
  billed_usd: string;
  table_usd: string;
};

/** Whether a tier counts for a call. */
const HOLDS = `
  a.input_tokens + a.cache_read_tokens + a.cache_write_tokens > coalesce((tier->>'above_prompt_tokens')::bigint, -1)
  and coalesce(case when tier->>'from_utc' < tier->>'to_utc'
    then to_char(q.created_at at time zone 'UTC', 'HH24:MI') >= tier->>'from_utc'
      and to_char(q.created_at at time zone 'UTC', 'HH24:MI') < tier->>'to_utc'
    else to_char(q.created_at at time zone 'UTC', 'HH24:MI') >= tier->>'from_utc'
      or to_char(q.created_at at time zone 'UTC', 'HH24:MI') < tier->>'to_utc' end, true)`;

const usd = (line: Line, otherwise: Line | null = null): string =>
  `coalesce(t.usd->>'${line}', ${otherwise === null ? "'0'" : `t.usd->>'${otherwise}'`})::numeric`;
/** What the counts of one attempt cost: each token once. */
const TABLE = `
      ${usd("request")} + (a.input_tokens - a.image_tokens - a.audio_in_tokens) * ${usd("input")}
      + a.image_tokens * ${usd("image_token", "input")} + a.audio_in_tokens * ${usd("audio_in", "input")}
      + (a.output_tokens - a.reasoning_tokens - a.audio_out_tokens) * ${usd("output")}
      + a.reasoning_tokens * ${usd("reasoning", "output")} + a.audio_out_tokens * ${usd("audio_out", "output")}
      + a.cache_read_tokens * ${usd("cache_read")}
      + (a.cache_write_tokens - a.cache_write_1h_tokens) * ${usd("cache_write")}
      + a.cache_write_1h_tokens * ${usd("cache_write_1h", "cache_write")}
      + a.audio_ms * ${usd("audio_second")} / 1000
      + a.images * ${usd("image")} + a.web_searches * ${usd("web_search")}`;

/**
 * Per provider and model, the bills that were told since it was last judged, and what the table of the active version, whatever plan pays it, says
 * of the same counts. Only whole calls by the installation's own key, and no fewer than say something.
 */
const SUMS = `
  select a.provider, a.model_served as model, v.version, count(*) as calls,
    sum(a.provider_cost_usd)::text as billed_usd,
    sum(${TABLE})::numeric(38, 18)::text as table_usd
  from gateway.attempts a
  join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id and q.own_key_id is null
  join gateway.price_versions v on v.version = split_part(a.price_version, '+', 1) and v.state = 'active'
  join gateway.price_lines p on p.version = a.price_version and p.model = a.model_served
  cross join lateral (
    select jsonb_build_object(${LINES.map((line) => `'${line}', p.${columnOf(line)}`).join(", ")})
      || coalesce((
        select jsonb_object_agg(line.key, line.value order by n)
        from jsonb_array_elements(p.tiers) with ordinality as e (tier, n) cross join jsonb_each(tier->'prices') as line
        where ${HOLDS}
      ), '{}') as usd) t
  left join gateway.price_drifts d on d.provider = a.provider and d.model = a.model_served
  where a.created_at > $1 and a.created_at <= $2 and a.created_at > coalesce(d.judged_at, '-infinity')
    and a.first and a.outcome = 'ok' and a.basis in ('reported', 'reconciled') and a.provider_cost_usd is not null
  group by 1, 2, 3
  having count(*) >= ${LEAST_CALLS}`;

/** For the operator's role. */
export const sumBills = (tx: Tx, { from, to }: { from: Date; to: Date }): Promise<Sum[]> =>
  tx.query("gateway.drift_sums", SUMS, [from, to]);

/** Notes what was judged; what it was before, null for the first time. Undefined when another process was quicker. */
export async function noteDrift(
  tx: Tx,
  sum: Sum,
  state: DriftState,
  now: Date,
): Promise<DriftState | null | undefined> {
  const [known] = await tx.query<{ state: DriftState; judged_at: Date }>(
    "gateway.drift_lock",
    "select state, judged_at from gateway.price_drifts where provider = $1 and model = $2 for update",
    [sum.provider, sum.model],
  );
  const noted = await tx.query(
    "gateway.drift_note",
    `insert into gateway.price_drifts as d (provider, model, version, state, calls, billed_usd, table_usd, judged_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (provider, model) do update
     set version = excluded.version, state = excluded.state, calls = excluded.calls, billed_usd = excluded.billed_usd,
         table_usd = excluded.table_usd, judged_at = excluded.judged_at
     where d.judged_at = $9
     returning 1`,
    [
      sum.provider,
      sum.model,
      sum.version,
      state,
      sum.calls,
      sum.billed_usd,
      sum.table_usd,
      now,
      known?.judged_at ?? null,
    ],
  );
  return noted.length === 0 ? undefined : (known?.state ?? null);
}

/** True when it could be called until now. */
export async function pauseModel(tx: Tx, model: string, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "gateway.drift_pause",
    "update gateway.models set paused = true, updated_at = $2 where id = $1 and not paused returning 1",
    [model, now],
  );
  return rows.length > 0;
}

export type DriftRow = Sum & { state: DriftState; judged_at: Date; model_paused: boolean };
const MOST = 1_000;

/** Those furthest off first. */
export const listDrifts = (tx: Tx): Promise<DriftRow[]> =>
  tx.query(
    "gateway.drifts",
    `select d.provider, d.model, d.version, d.state, d.calls, trim_scale(d.billed_usd)::text as billed_usd,
       trim_scale(d.table_usd)::text as table_usd, d.judged_at, coalesce(m.paused, false) as model_paused
     from gateway.price_drifts d left join gateway.models m on m.id = d.model
     order by abs(d.billed_usd / nullif(d.table_usd, 0) - 1) desc nulls last, d.provider, d.model limit ${MOST}`,
  );
