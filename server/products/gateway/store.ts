/** SQL of the requests, attempts and kept keys. Rows travel as one JSON parameter, so that a batch is one statement. */
import type { HeardRow } from "./memory/learn/heard-store.ts";
import type { SettleResult } from "../../kernel/ledger/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../platform/ids.ts";
import { formatAtto, parseAtto } from "../../platform/money.ts";
import type { Entry } from "./cache/store.ts";
import { COUNTS, type Counts } from "./counts.ts";
import type { Shortened } from "./compression/store.ts";
import { additionsOf } from "./limits/additions.ts";
import { ADD_TO_WINDOWS } from "./limits/store.ts";
import type { OwnKeyId } from "./own-keys/own-key.ts";

export type NewRequest = {
  id: string;
  mode: "test" | "live";
  credential_id: string;
  user_id: string | null;
  /** Whose limits it counts for. */
  person_id: string | null;
  project_id: string | null;
  endpoint: string;
  model: string;
  provider: string;
  price_version: string;
  streamed: boolean;
  hold_id: HoldId;
  /** The organization's key that is asked by; null: the installation's. */
  own_key_id: OwnKeyId | null;
  held_micros: string;
  prompt_tokens_bound: number;
  created_at: Date;
  next_lookup_at: Date;
};

/** How a request ended, with all of its row; amounts are exact decimals in USD. */
export type Finish = Omit<NewRequest, "next_lookup_at"> &
  Counts & {
    attempt_id: string;
    generation_id: string | null;
    delivered_events: number;
    outcome: string;
    basis: string;
    cost_usd: string;
    provider_cost_usd: string | null;
    first_content_ms: number | null;
    finished_at: Date;
    next_lookup_at: Date | null;
    /** The answer to keep, sealed; left out where none is. */
    kept?: { streamed: boolean; sealed: Buffer };
    /** Its answer for calls of the same; left out where none is kept. */
    cached?: Entry;
    /** What its person said, to be learnt from; left out where nothing is. */
    heard?: HeardRow;
    /** What an answer from the cache saved. */
    saved?: { tokens: bigint; micros: bigint };
    /** How its prompt was shortened. */
    shortened?: Shortened;
    /** What an earlier settlement had noted; its attempt then holds the difference. */
    before: Counted | null;
  };

/** What adds up over the attempts of a request. */
export type Counted = Counts & {
  basis: string;
  cost_usd: string;
  cost_micros: bigint;
};

const INSERT_REQUESTS = `
  insert into gateway.requests
    (org_id, id, mode, credential_id, user_id, person_id, project_id, endpoint, model, provider, price_version,
     streamed, hold_id, own_key_id, held_micros, prompt_tokens_bound, state, created_at, next_lookup_at)
  select $1, r.id, r.mode, r.credential_id, r.user_id, r.person_id, r.project_id, r.endpoint, r.model, r.provider, r.price_version, r.streamed,
         r.hold_id, r.own_key_id, r.held_micros, r.prompt_tokens_bound, 'open', r.created_at, r.next_lookup_at
  from json_to_recordset($2::json) as r
    (id text, mode text, credential_id text, user_id text, person_id text, project_id text, endpoint text, model text,
     provider text, price_version text, streamed boolean, hold_id text, own_key_id text, held_micros bigint,
     prompt_tokens_bound bigint,
     created_at timestamptz, next_lookup_at timestamptz)`;

export async function insertRequests(tx: Tx, org: OrgId, rows: readonly NewRequest[]): Promise<void> {
  await tx.query("gateway.insert_requests", INSERT_REQUESTS, [org, JSON.stringify(rows)]);
}

/**
 * Ends requests and notes their attempts. Their rows are there since the hold; an insert that meets them finds each by its
 * key whatever the planner believes of the table, where a join may read all of it. `cost_micros` is what the ledger took;
 * it is added to the budgets' windows that it belongs to.
 */
const COUNT = COUNTS.join(", ");
const ADDED = COUNTS.map((name) => `added_${name}`);
const USED = COUNTS.map((name) => `coalesce(${name}, 0)`).join(", ");
const USED_NOW = COUNTS.map(
  (name) => `coalesce(case when first then ${name} else added_${name} end, 0)`,
).join(", ");
const FINISH_REQUESTS = `
  with finished as (
    select * from json_to_recordset($2::json) as r
      (id text, mode text, credential_id text, user_id text, endpoint text, model text, provider text, price_version text,
       streamed boolean, hold_id text, held_micros bigint, prompt_tokens_bound bigint, created_at timestamptz,
       attempt_id text, generation_id text, delivered_events bigint, outcome text, basis text, cost_usd numeric,
       provider_cost_usd numeric, first_content_ms integer, finished_at timestamptz, next_lookup_at timestamptz, state text,
       cost_micros bigint, added_usd numeric, first boolean, added_micros bigint, added_estimated bigint,
       ${[...COUNTS, ...ADDED].map((name) => `${name} bigint`).join(", ")})
  ), noted as (
    insert into gateway.attempts
      (org_id, id, request_id, provider, model_served, price_version, cost_usd, provider_cost_usd, basis, outcome, created_at,
       first, cost_micros, estimated_micros, ${COUNT})
    select $1, attempt_id, id, provider, model, price_version, added_usd, provider_cost_usd, basis, outcome, finished_at, first,
           added_micros, added_estimated, ${USED_NOW}
    from finished
  ), counted as (${ADD_TO_WINDOWS}
  )
  insert into gateway.requests as q
    (org_id, id, mode, credential_id, user_id, endpoint, model, provider, price_version, streamed, hold_id, held_micros,
     prompt_tokens_bound, created_at, state, generation_id, delivered_events, outcome, basis, cost_micros, cost_usd,
     first_content_ms, finished_at, next_lookup_at, ${COUNT})
  select $1, id, mode, credential_id, user_id, endpoint, model, provider, price_version, streamed, hold_id, held_micros,
         prompt_tokens_bound, created_at, state, generation_id, delivered_events, outcome, basis, cost_micros, cost_usd,
         first_content_ms, finished_at, next_lookup_at, ${USED}
  from finished order by id
  on conflict (org_id, id) do update
  set model = excluded.model, provider = excluded.provider, price_version = excluded.price_version,
      state = excluded.state, outcome = excluded.outcome, basis = excluded.basis, cost_micros = excluded.cost_micros,
      cost_usd = excluded.cost_usd, generation_id = coalesce(excluded.generation_id, q.generation_id),
      delivered_events = excluded.delivered_events,
      first_content_ms = coalesce(excluded.first_content_ms, q.first_content_ms), finished_at = excluded.finished_at,
      next_lookup_at = excluded.next_lookup_at, ${COUNTS.map((name) => `${name} = excluded.${name}`).join(", ")}`;

type Finished = Finish & { state: "settled" | "released"; cost_micros: bigint };

export async function finishRequests(tx: Tx, org: OrgId, rows: readonly Finished[]): Promise<void> {
  if (rows.length === 0) return;
  const json = JSON.stringify(rows.map((row) => ({ ...present(row), ...added(row) })));
  const paid = rows.map((row) => ({ ...row, micros: row.cost_micros - (row.before?.cost_micros ?? 0n) }));
  await tx.query("gateway.finish_requests", FINISH_REQUESTS, [org, json, additionsOf(org, paid)]);
}

/** Written by other statements, with the hold, or by none. */
const ELSEWHERE = new Set(
  "before kept cached heard saved shortened person_id project_id own_key_id".split(" "),
);
const IS_COUNT = new Set<string>(COUNTS);

/** A row without what is null or counts nothing: the database takes as long to read a nought as to read a number. */
function present(row: Finished): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null || value === undefined || ELSEWHERE.has(name)) continue;
    if (value !== 0 || !IS_COUNT.has(name)) kept[name] = value;
  }
  kept["cost_micros"] = row.cost_micros.toString();
  return kept;
}

/** What this settlement adds to those before it; of the first the counts are the row's own. */
function added(row: Finished): Record<string, unknown> {
  const { before } = row;
  const estimated = (basis: string | undefined, micros: bigint) => (basis === "estimated" ? micros : 0n);
  const amounts = {
    first: before === null,
    added_micros: (row.cost_micros - (before?.cost_micros ?? 0n)).toString(),
    added_estimated: (
      estimated(row.basis, row.cost_micros) - estimated(before?.basis, before?.cost_micros ?? 0n)
    ).toString(),
    added_usd: before ? formatAtto(parseAtto(row.cost_usd) - parseAtto(before.cost_usd)) : row.cost_usd,
  };
  if (!before) return amounts;
  return {
    ...amounts,
    ...Object.fromEntries(COUNTS.map((name) => [`added_${name}`, row[name] - before[name]])),
  };
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

const OPEN = `
  select count(*)::int as count, min(created_at) as "oldestAt" from gateway.requests where state in ('open', 'reconciling')`;

/** Calls with an open hold, of all organizations; for the operator's role. */
export async function openRequests(tx: Tx): Promise<{ count: number; oldestAt: Date | null }> {
  const [row] = await tx.query<{ count: number; oldestAt: Date | null }>("gateway.count_open", OPEN);
  return row ?? { count: 0, oldestAt: null };
}

/** Signs of life of running calls. */
export type Sign = {
  id: string;
  generation_id: string | null;
  delivered_events: number;
  /** The end of its lease where that was renewed. */
  next_lookup_at: Date | null;
};

/** Rows are looked up by their ids first: joined, the planner may read all requests of an organization it thinks empty. */
const NOTE_SIGNS = `
  update gateway.requests q
  set generation_id = coalesce(s.generation_id, q.generation_id), delivered_events = s.delivered_events,
      next_lookup_at = coalesce(s.next_lookup_at, q.next_lookup_at)
  from json_to_recordset($2::json) as s
    (id text, generation_id text, delivered_events bigint, next_lookup_at timestamptz)
  where q.org_id = $1 and q.id = any(array(select id from json_to_recordset($2::json) as i (id text)))
    and q.id = s.id and q.state = 'open'`;

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
  row: Pick<Finish, "id" | "outcome" | "generation_id" | "delivered_events" | "first_content_ms"> & {
    finished_at: Date;
    next_lookup_at: Date;
  },
): Promise<void> {
  await tx.query("gateway.defer", DEFER, [
    org,
    row.id,
    row.outcome,
    row.generation_id,
    row.delivered_events,
    row.first_content_ms,
    row.finished_at,
    row.next_lookup_at,
  ]);
}
