/** SQL of a request with its attempts and prices. */
import type { Tx } from "../../../platform/db/index.ts";
import { COUNTS, type Counts } from "../counts.ts";
import type { ReceiptCompression } from "./receipt.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";

export type RequestRow = {
  id: string;
  mode: "test" | "live";
  credential_id: string;
  user_id: string | null;
  person_id: string | null;
  project_id: string | null;
  endpoint: string;
  model: string;
  provider: string;
  price_version: string;
  state: "open" | "reconciling" | "settled" | "released";
  outcome: string | null;
  basis: string | null;
  cost_micros: bigint | null;
  hold_id: HoldId;
  held_micros: bigint;
  created_at: Date;
  finished_at: Date | null;
  compression: ReceiptCompression | null;
  /** The cache answered it. */
  cached: boolean;
};

export async function findRequest(tx: Tx, org: OrgId, id: string): Promise<RequestRow | null> {
  const [row] = await tx.query<RequestRow>(
    "gateway.request",
    `select id, mode, credential_id, user_id, person_id, project_id, endpoint, model, provider, price_version, state, outcome,
       basis, cost_micros, hold_id, held_micros, created_at, finished_at,
       exists (select from gateway.cache_hits h where h.org_id = $1 and h.request_id = $2) as cached,
       (select json_build_object('tokens_before', c.tokens_before, 'tokens_after', c.tokens_after, 'summary_cost_micros',
          c.summary_cost_micros, 'net_saving_micros', c.net_saving_micros)
        from gateway.compressions c where c.org_id = $1 and c.request_id = $2) as compression
     from gateway.requests where org_id = $1 and id = $2`,
    [org, id],
  );
  return row ?? null;
}

export type AttemptRow = Counts<bigint> & {
  id: string;
  provider: string;
  model_served: string;
  price_version: string;
  cost_usd: string;
  /** What the provider says that it bills, or its list. */
  provider_cost_usd: string | null;
  basis: string;
  outcome: string;
  created_at: Date;
};

const MOST_ATTEMPTS = 100;

/** In the order in which they were made. None is older than its request, by whose clock ever: months before that are let alone. */
export function listAttempts(
  tx: Tx,
  org: OrgId,
  request: Pick<RequestRow, "id" | "created_at">,
): Promise<AttemptRow[]> {
  return tx.query(
    "gateway.attempts_of",
    `select id, provider, model_served, price_version, ${COUNTS.join(", ")}, trim_scale(cost_usd)::text as cost_usd,
       trim_scale(provider_cost_usd)::text as provider_cost_usd, basis, outcome, created_at
     from gateway.attempts
     where org_id = $1 and request_id = $2 and created_at >= $3::timestamptz - interval '1 day' order by id limit $4`,
    [org, request.id, request.created_at, MOST_ATTEMPTS],
  );
}
