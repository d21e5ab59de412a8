/** SQL that reads attempts for the proof. For the operator's role. */
import { holdWeight } from "../../../kernel/ledger/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";
import type { Day } from "./day.ts";

export type AttemptSum = {
  org_id: OrgId;
  mode: "test" | "live";
  hour: Date;
  micros: bigint;
  /** Each hold's by its weight. */
  weighted: string;
  calls: bigint;
};

/** Per organization, mode and hour in which they were written. */
export const sumAttempts = (tx: Tx, { from, to }: { from: Date; to: Date }) =>
  tx.query<AttemptSum>(
    "gateway.proof_sum_attempts",
    `select a.org_id, q.mode, date_trunc('hour', a.created_at, 'UTC') as hour, sum(a.cost_micros)::bigint as micros,
       sum(a.cost_micros::numeric * ${holdWeight("q.hold_id")})::text as weighted,
       count(*) filter (where a.first) as calls
     from gateway.attempts a join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id
     where a.created_at >= $1 and a.created_at < $2
     group by 1, 2, 3`,
    [from, to],
  );

export type RequestSum = { request_id: string; hold_id: HoldId; micros: bigint };
const PER_REQUEST = `
  select a.request_id, q.hold_id, sum(a.cost_micros)::bigint as micros
  from gateway.attempts a join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id`;

/** Of one organization, per request, what was written in that time. */
export const listAttemptSums = (
  tx: Tx,
  of: { org: OrgId; mode: string; from: Date; to: Date; limit: number },
) =>
  tx.query<RequestSum>(
    "gateway.proof_requests",
    `${PER_REQUEST}
     where a.org_id = $1 and q.mode = $2 and a.created_at >= $3 and a.created_at < $4
     group by 1, 2 order by 1 limit $5`,
    [of.org, of.mode, of.from, of.to, of.limit],
  );

/** All attempts of these requests. None is older than its request, by whose clock ever: months before that are let alone. */
export const attemptSumsOf = (tx: Tx, org: OrgId, requests: readonly string[]) =>
  tx.query<RequestSum>(
    "gateway.proof_attempts_of",
    `${PER_REQUEST}
     where a.org_id = $1 and a.request_id = any($2::text[]) and a.created_at >= (
       select min(created_at) - interval '1 day' from gateway.requests where org_id = $1 and id = any($2::text[]))
     group by 1, 2`,
    [org, requests],
  );

/** Without what callers pay on top. */
const UNMARKED = "round(a.cost_usd * 100 / (100 + coalesce(p.markup_percent, 0)), 18)";

/**
 * Calls of a day by provider: what each is billed as far as we know, whenever we learned of it. A bill that was told counts
 * before an estimate; failed attempts count with the bill that was told for them.
 */
const BILLED = `
  with billed as (
    select a.org_id, a.request_id, a.provider, a.model_served, q.created_at, q.generation_id,
      (a.provider, a.model_served) = (q.provider, q.model) and q.own_key_id is null as served,
      coalesce(sum(a.provider_cost_usd), sum(${UNMARKED})) as usd,
      case when count(a.provider_cost_usd) = 0 then sum(${UNMARKED}) else 0 end as estimated_usd
    from gateway.attempts a join gateway.requests q on q.org_id = a.org_id and q.id = a.request_id
    left join gateway.price_lines p on p.version = a.price_version and p.model = a.model_served
    where a.created_at >= $1 and q.created_at >= $1 and q.created_at < $2
    group by 1, 2, 3, 4, 5, 6, 7
  )`;

export type ProviderSum = { provider: string; calls: bigint; usd: string; estimated_usd: string };

export const sumByProvider = (tx: Tx, { from, to }: { from: Date; to: Date }) =>
  tx.query<ProviderSum>(
    "gateway.proof_by_provider",
    `${BILLED} select provider, count(*) as calls, sum(usd)::text as usd, sum(estimated_usd)::text as estimated_usd
     from billed group by 1 order by 1`,
    [from, to],
  );

export type BilledCall = { request_id: string; generation_id: string; usd: string };

/** Calls of a day that a provider's books can be asked about, in an order that favours no time; at most `limit`. */
export const listBilledCalls = (tx: Tx, { from, to }: Day, provider: string, limit: number) =>
  tx.query<BilledCall>(
    "gateway.proof_billed_calls",
    `${BILLED} select request_id, generation_id, usd::text as usd from billed
     where provider = $3 and served and generation_id is not null and estimated_usd = 0
     order by md5(request_id) limit $4`,
    [from, to, provider, limit],
  );
