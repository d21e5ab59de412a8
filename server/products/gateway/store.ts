/** SQL of the requests, attempts and kept keys. Rows travel as one JSON parameter, so that a batch is one statement. */
import type { SettleResult } from "../../kernel/ledger/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../platform/ids.ts";

export type NewRequest = {
  id: string;
  mode: "test" | "live";
  credential_id: string;
  user_id: string | null;
  endpoint: string;
  model: string;
  provider: string;
  price_version: string;
  streamed: boolean;
  hold_id: HoldId;
  held_micros: string;
  prompt_tokens_bound: number;
  created_at: Date;
  next_lookup_at: Date;
};

/** How a request ended; amounts are exact decimals in USD. */
export type Finish = {
  attempt_id: string;
  request_id: string;
  model_served: string;
  generation_id: string | null;
  delivered_events: number;
  outcome: string;
  basis: string;
  cost_usd: string;
  provider_cost_usd: string | null;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  first_content_ms: number | null;
  finished_at: Date;
  next_lookup_at: Date | null;
};

const INSERT_REQUESTS = `
  insert into gateway.requests
    (org_id, id, mode, credential_id, user_id, endpoint, model, provider, price_version, streamed, hold_id, held_micros,
     prompt_tokens_bound, state, created_at, next_lookup_at)
  select $1, r.id, r.mode, r.credential_id, r.user_id, r.endpoint, r.model, r.provider, r.price_version, r.streamed,
         r.hold_id, r.held_micros, r.prompt_tokens_bound, 'open', r.created_at, r.next_lookup_at
  from json_to_recordset($2::json) as r
    (id text, mode text, credential_id text, user_id text, endpoint text, model text, provider text, price_version text,
     streamed boolean, hold_id text, held_micros bigint, prompt_tokens_bound bigint, created_at timestamptz,
     next_lookup_at timestamptz)`;

export async function insertRequests(tx: Tx, org: OrgId, rows: readonly NewRequest[]): Promise<void> {
  await tx.query("gateway.insert_requests", INSERT_REQUESTS, [org, JSON.stringify(rows)]);
}

/**
 * Ends requests and notes their attempts. An attempt holds the difference to what its request cost before (both parts see
 * the rows as they were), so that a correction adds up. `cost_micros` is what the ledger took.
 */
const FINISH_REQUESTS = `
  with finished as (
    select * from json_to_recordset($2::json) as r
      (attempt_id text, request_id text, model_served text, generation_id text, delivered_events bigint, outcome text,
       basis text, cost_usd numeric, provider_cost_usd numeric, input_tokens bigint, cache_read_tokens bigint,
       cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint, first_content_ms integer,
       finished_at timestamptz, next_lookup_at timestamptz, state text, cost_micros bigint)
  ), noted as (
    insert into gateway.attempts
      (org_id, id, request_id, provider, model_served, price_version, input_tokens, cache_read_tokens, cache_write_tokens,
       output_tokens, reasoning_tokens, cost_usd, provider_cost_usd, basis, outcome, created_at)
    select $1, f.attempt_id, f.request_id, q.provider, f.model_served, q.price_version,
           f.input_tokens - q.input_tokens, f.cache_read_tokens - q.cache_read_tokens,
           f.cache_write_tokens - q.cache_write_tokens, f.output_tokens - q.output_tokens,
           f.reasoning_tokens - q.reasoning_tokens, f.cost_usd - coalesce(q.cost_usd, 0), f.provider_cost_usd,
           f.basis, f.outcome, f.finished_at
    from finished f join gateway.requests q on q.org_id = $1 and q.id = f.request_id
  )
  update gateway.requests q
  set state = f.state, outcome = f.outcome, basis = f.basis, cost_micros = f.cost_micros, cost_usd = f.cost_usd,
      generation_id = coalesce(f.generation_id, q.generation_id), delivered_events = f.delivered_events,
      input_tokens = f.input_tokens, cache_read_tokens = f.cache_read_tokens, cache_write_tokens = f.cache_write_tokens,
      output_tokens = f.output_tokens, reasoning_tokens = f.reasoning_tokens,
      first_content_ms = coalesce(f.first_content_ms, q.first_content_ms), finished_at = f.finished_at,
      next_lookup_at = f.next_lookup_at
  from finished f where q.org_id = $1 and q.id = f.request_id`;

type Finished = Finish & { state: "settled" | "released"; cost_micros: bigint };

export async function finishRequests(tx: Tx, org: OrgId, rows: readonly Finished[]): Promise<void> {
  if (rows.length === 0) return;
  const json = JSON.stringify(rows, (_name, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  await tx.query("gateway.finish_requests", FINISH_REQUESTS, [org, json]);
}

/** Those settlements of a batch that changed something; a repeated one has its row already. */
export function changed(items: readonly { item: Finish; result: SettleResult }[]): Finished[] {
  return items.flatMap(({ item, result }) =>
    "error" in result || !result.first
      ? []
      : [
          {
            ...item,
            state: result.state === "captured" ? ("settled" as const) : ("released" as const),
            cost_micros: result.capturedMicros,
          },
        ],
  );
}

/** Signs of life of running calls. */
export type Sign = {
  id: string;
  generation_id: string | null;
  delivered_events: number;
  next_lookup_at: Date;
};

const NOTE_SIGNS = `
  update gateway.requests q
  set generation_id = coalesce(s.generation_id, q.generation_id), delivered_events = s.delivered_events,
      next_lookup_at = s.next_lookup_at
  from json_to_recordset($2::json) as s
    (id text, generation_id text, delivered_events bigint, next_lookup_at timestamptz)
  where q.org_id = $1 and q.id = s.id and q.state = 'open'`;

export async function noteSigns(tx: Tx, org: OrgId, signs: readonly Sign[]): Promise<void> {
  await tx.query("gateway.note_signs", NOTE_SIGNS, [org, JSON.stringify(signs)]);
}

const DEFER = `
  update gateway.requests
  set state = 'reconciling', outcome = $3, generation_id = coalesce($4, generation_id), delivered_events = $5,
      first_content_ms = $6, finished_at = $7, next_lookup_at = $8
  where org_id = $1 and id = $2 and state = 'open'`;

/** Leaves an ended call to the reconciler. */
export async function deferRequest(
  tx: Tx,
  org: OrgId,
  row: Pick<Finish, "request_id" | "outcome" | "generation_id" | "delivered_events" | "first_content_ms"> & {
    finished_at: Date;
    next_lookup_at: Date;
  },
): Promise<void> {
  await tx.query("gateway.defer", DEFER, [
    org,
    row.request_id,
    row.outcome,
    row.generation_id,
    row.delivered_events,
    row.first_content_ms,
    row.finished_at,
    row.next_lookup_at,
  ]);
}

export type PriceRow = {
  version: string;
  model: string;
  provider: string;
  input_usd: string;
  output_usd: string;
  cache_read_usd: string;
  cache_write_usd: string;
  request_usd: string;
  context_length: number;
  max_output_tokens: number;
};

const PRICE_COLUMNS = `version text, model text, provider text, input_usd text, output_usd text, cache_read_usd text,
  cache_write_usd text, request_usd text, context_length bigint, max_output_tokens bigint`;
const INSERT_PRICES = `
  insert into gateway.price_versions
    (version, model, provider, input_usd, output_usd, cache_read_usd, cache_write_usd, request_usd, context_length,
     max_output_tokens, created_at)
  select p.*, $1 from json_to_recordset($2::json) as p (${PRICE_COLUMNS})
  order by p.version, p.model
  on conflict do nothing`;
const PRICES_THAT_DIFFER = `
  select p.model from json_to_recordset($1::json) as p (${PRICE_COLUMNS})
  join gateway.price_versions v on v.version = p.version and v.model = p.model
  where (v.input_usd, v.output_usd, v.cache_read_usd, v.cache_write_usd, v.request_usd)
     <> (p.input_usd, p.output_usd, p.cache_read_usd, p.cache_write_usd, p.request_usd)`;

/** Adds prices that are new; names the models whose stored price of the same version is another. */
export async function recordPrices(tx: Tx, rows: readonly PriceRow[], now: Date): Promise<string[]> {
  const json = JSON.stringify(rows);
  await tx.query("gateway.insert_prices", INSERT_PRICES, [now, json]);
  const differing = await tx.query<{ model: string }>("gateway.prices_that_differ", PRICES_THAT_DIFFER, [
    json,
  ]);
  return differing.map(({ model }) => model);
}
