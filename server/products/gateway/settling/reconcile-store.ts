/** SQL of the reconciler. */
import type { OrgId } from "../../../platform/ids.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { textOf, type PricedLine } from "../models/catalogue.ts";
import { COUNTS, eachCount, type Counts } from "../counts.ts";
import { PRICES } from "../models/lines.ts";
import type { PriceText } from "../models/price.ts";
import type { Counted, NewRequest } from "../store.ts";

const FIND_DUE = `
  select org_id, id from gateway.requests
  where next_lookup_at is not null and next_lookup_at <= $1 order by next_lookup_at limit $2`;

/** Requests of all organizations whose time has come; for the operator's role. */
export function findDue(tx: Tx, now: Date, limit: number): Promise<{ org_id: OrgId; id: string }[]> {
  return tx.query("gateway.find_due", FIND_DUE, [now, limit]);
}

type Unsettled = Omit<NewRequest, "held_micros" | "prompt_tokens_bound" | "next_lookup_at">;
/** Every column of a request. */
export type DueRequest = Unsettled &
  Counts<bigint> & {
    held_micros: bigint;
    prompt_tokens_bound: bigint;
    state: "open" | "reconciling" | "settled" | "released";
    generation_id: string | null;
    delivered_events: bigint;
    outcome: string | null;
    basis: string | null;
    cost_usd: string | null;
    cost_micros: bigint | null;
    lookups: number;
  };

const CLAIM = `
  update gateway.requests
  set state = case state when 'open' then 'reconciling' else state end, lookups = lookups + 1,
      outcome = coalesce(outcome, 'died'),
      next_lookup_at = $3::timestamptz + least($4 * power(2, lookups), $5) * interval '1 millisecond'
  where org_id = $1 and id = $2 and next_lookup_at <= $3
  returning id, mode, credential_id, user_id, person_id, project_id, endpoint, model, provider, price_version, streamed, hold_id,
            own_key_id, held_micros,
            prompt_tokens_bound, created_at, state, generation_id, delivered_events, outcome, basis, cost_usd, cost_micros,
            ${COUNTS.join(", ")}, lookups`;

/**
 * Takes a due request until its next look-up: after the first pause, doubled with each, up to the longest. Null when
 * somebody else took it. An open one is taken for dead.
 */
export async function claimRequest(
  tx: Tx,
  org: OrgId,
  id: string,
  { now, firstPauseMs, longestPauseMs }: { now: Date; firstPauseMs: number; longestPauseMs: number },
): Promise<DueRequest | null> {
  const rows = await tx.query<DueRequest>("gateway.claim", CLAIM, [
    org,
    id,
    now,
    firstPauseMs,
    longestPauseMs,
  ]);
  return rows[0] ?? null;
}

const FIND_PRICE = `
  select version, ${PRICES.join(", ")}, tiers, markup_percent
  from gateway.price_lines where version = $1 and model = $2`;

/** The price a request was held at; each stays for ever. */
export async function findPrice(
  tx: Tx,
  version: string,
  model: string,
): Promise<(PriceText & { version: string }) | null> {
  const [line] = await tx.query<PricedLine>("gateway.find_price", FIND_PRICE, [version, model]);
  return line ? { version, ...textOf(line) } : null;
}

const CLOSE = `
  update gateway.requests set next_lookup_at = null where org_id = $1 and id = $2 and state in ('settled', 'released')`;

/** Nothing more will be asked about an ended request. */
export async function closeRequest(tx: Tx, org: OrgId, id: string): Promise<void> {
  await tx.query("gateway.close", CLOSE, [org, id]);
}

const NOTE_LOSS = `
  insert into gateway.attempts
    (org_id, id, request_id, provider, model_served, price_version, input_tokens, cache_read_tokens, cache_write_tokens,
     output_tokens, reasoning_tokens, cost_usd, provider_cost_usd, basis, outcome, created_at, first)
  select org_id, $3, id, provider, model, price_version, 0, 0, 0, 0, 0, 0, $4, 'reconciled', outcome, $5, false
  from gateway.requests where org_id = $1 and id = $2`;

/** What the provider billed for a call that cost the caller nothing. */
export async function noteLoss(
  tx: Tx,
  org: OrgId,
  loss: { requestId: string; attemptId: string; usd: string; now: Date },
): Promise<void> {
  await tx.query("gateway.note_loss", NOTE_LOSS, [org, loss.requestId, loss.attemptId, loss.usd, loss.now]);
}

/** The row as a settlement writes it, and what an earlier settlement had noted. */
export function settledOf(due: DueRequest): {
  row: Omit<NewRequest, "next_lookup_at">;
  before: Counted | null;
} {
  const row = {
    id: due.id,
    mode: due.mode,
    credential_id: due.credential_id,
    user_id: due.user_id,
    person_id: due.person_id,
    project_id: due.project_id,
    endpoint: due.endpoint,
    model: due.model,
    provider: due.provider,
    price_version: due.price_version,
    streamed: due.streamed,
    hold_id: due.hold_id,
    own_key_id: due.own_key_id,
    held_micros: due.held_micros.toString(),
    prompt_tokens_bound: Number(due.prompt_tokens_bound),
    created_at: due.created_at,
  };
  if (due.cost_usd === null) return { row, before: null };
  const before = {
    basis: due.basis ?? "none",
    cost_usd: due.cost_usd,
    cost_micros: due.cost_micros ?? 0n,
    ...eachCount((name) => Number(due[name])),
  };
  return { row, before };
}
