/** SQL of attempts that failed while their request went on elsewhere. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

type Failed = {
  id: string;
  provider: string;
  model: string;
  priceVersion: string;
  outcome: string;
  /** What the provider said that it bills; null when it did not say. */
  usd: string | null;
  /** Asked for later; null when there is nothing to ask. */
  generationId: string | null;
  lookupAt: Date;
};

const NOTE_ATTEMPT = `
  insert into gateway.attempts
    (org_id, id, request_id, provider, model_served, price_version, input_tokens, cache_read_tokens, cache_write_tokens,
     output_tokens, reasoning_tokens, cost_usd, provider_cost_usd, basis, outcome, first, created_at)
  values ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0, $7, 'none', $8, false, $9)`;
const NOTE_LOOKUP = `
  insert into gateway.loss_lookups
    (org_id, id, request_id, provider, model, price_version, generation_id, outcome, next_lookup_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const GO_ON = `
  update gateway.requests
  set provider = $3, model = $4, price_version = $5, own_key_id = $6, generation_id = null, delivered_events = 0
  where org_id = $1 and id = $2 and state = 'open'`;

/** Notes the failed attempt and who serves the request from here on. */
export async function noteFailover(
  tx: Tx,
  org: OrgId,
  noted: {
    requestId: string;
    failed: Failed;
    served: { provider: string; model: string; priceVersion: string; ownKeyId: string | null };
    now: Date;
  },
): Promise<void> {
  const { requestId, failed, served, now } = noted;
  const { id, provider, model, priceVersion, outcome } = failed;
  const whose = [org, id, requestId, provider, model, priceVersion];
  await tx.query("gateway.note_attempt", NOTE_ATTEMPT, [...whose, failed.usd, outcome, now]);
  if (failed.generationId !== null) {
    const lookup = [...whose, failed.generationId, outcome, failed.lookupAt];
    await tx.query("gateway.note_lookup", NOTE_LOOKUP, lookup);
  }
  await tx.query("gateway.go_on", GO_ON, [
    org,
    requestId,
    served.provider,
    served.model,
    served.priceVersion,
    served.ownKeyId,
  ]);
}

const FIND_DUE = `
  select org_id, id from gateway.loss_lookups where next_lookup_at <= $1 order by next_lookup_at limit $2`;

/** Those of all organizations whose time has come; for the operator's role. */
export const findLossesDue = (tx: Tx, now: Date, limit: number): Promise<{ org_id: OrgId; id: string }[]> =>
  tx.query("gateway.losses_due", FIND_DUE, [now, limit]);

export type LossLookup = {
  id: string;
  request_id: string;
  provider: string;
  model: string;
  price_version: string;
  generation_id: string;
  outcome: string;
  lookups: number;
  /** When its request began. */
  began_at: Date;
};

const CLAIM = `
  update gateway.loss_lookups
  set lookups = lookups + 1,
      next_lookup_at = $3::timestamptz + least($4 * power(2, lookups), $5) * interval '1 millisecond'
  where org_id = $1 and id = $2 and next_lookup_at <= $3
  returning id, request_id, provider, model, price_version, generation_id, outcome, lookups,
    (select q.created_at from gateway.requests q where q.org_id = $1 and q.id = request_id) as began_at`;

/** Takes one until its next look-up; null when somebody else took it. */
export async function claimLoss(
  tx: Tx,
  org: OrgId,
  id: string,
  { now, firstPauseMs, longestPauseMs }: { now: Date; firstPauseMs: number; longestPauseMs: number },
): Promise<LossLookup | null> {
  const values = [org, id, now, firstPauseMs, longestPauseMs];
  const rows = await tx.query<LossLookup>("gateway.claim_loss", CLAIM, values);
  return rows[0] ?? null;
}

const END = `delete from gateway.loss_lookups where org_id = $1 and id = $2 returning id`;
const NOTE_LOSS = `
  insert into gateway.attempts
    (org_id, id, request_id, provider, model_served, price_version, input_tokens, cache_read_tokens, cache_write_tokens,
     output_tokens, reasoning_tokens, cost_usd, provider_cost_usd, basis, outcome, first, created_at)
  values ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0, $7, 'reconciled', $8, false, $9)`;

/** Nothing more is asked; what the provider billed, if it did, becomes a row. Once, whoever else is at it. */
export async function endLoss(
  tx: Tx,
  org: OrgId,
  loss: LossLookup,
  told: { attemptId: string; usd: string | null; now: Date },
): Promise<void> {
  const ended = await tx.query("gateway.end_loss", END, [org, loss.id]);
  if (ended.length === 0 || told.usd === null) return;
  await tx.query("gateway.note_loss_of", NOTE_LOSS, [
    org,
    told.attemptId,
    loss.request_id,
    loss.provider,
    loss.model,
    loss.price_version,
    told.usd,
    loss.outcome,
    told.now,
  ]);
}
