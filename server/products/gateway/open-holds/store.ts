/** SQL of the calls that are not settled yet, of all organizations. */
import type { Tx } from "../../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";

export type OpenHold = {
  id: HoldId;
  request_id: string;
  org_id: OrgId;
  mode: "test" | "live";
  state: "open" | "reconciling";
  endpoint: string;
  model: string;
  provider: string;
  held_micros: bigint;
  generation_id: string | null;
  delivered_events: bigint;
  outcome: string | null;
  lookups: number;
  next_lookup_at: Date | null;
  created_at: Date;
};

/** Every request that is not settled has a time at which it is looked after, and an index leads to those. */
const LIST = `
  select hold_id as id, id as request_id, org_id, mode, state, endpoint, model, provider, held_micros, generation_id,
         delivered_events, outcome, lookups, next_lookup_at, created_at
  from gateway.requests
  where next_lookup_at is not null and state in ('open', 'reconciling') and mode = $1
    and ($2::timestamptz is null or (created_at, id) > ($2, $3))
  order by created_at, id limit $4`;

/** The oldest first; for the operator's role. */
export const listOpenHolds = (
  tx: Tx,
  { mode, after, limit }: { mode: "test" | "live"; after: { at: Date; id: string } | null; limit: number },
): Promise<OpenHold[]> =>
  tx.query("gateway.open_holds", LIST, [mode, after?.at ?? null, after?.id ?? "", limit]);

const FIND = `
  select org_id, id from gateway.requests where next_lookup_at is not null and hold_id = $1 and mode = $2 limit 1`;

/** Whose it is; null for one that is unknown or settled for good. For the operator's role. */
export async function findOpenHold(
  tx: Tx,
  id: HoldId,
  mode: "test" | "live",
): Promise<{ org_id: OrgId; id: string } | null> {
  const rows = await tx.query<{ org_id: OrgId; id: string }>("gateway.find_open_hold", FIND, [id, mode]);
  return rows[0] ?? null;
}

export type Concluded = {
  state: "open" | "reconciling" | "settled" | "released";
  outcome: string | null;
  basis: string | null;
  cost_micros: bigint | null;
  next_lookup_at: Date | null;
};

const READ = `
  select state, outcome, basis, cost_micros, next_lookup_at from gateway.requests where org_id = $1 and id = $2`;

export async function readConcluded(tx: Tx, org: OrgId, id: string): Promise<Concluded | null> {
  const rows = await tx.query<Concluded>("gateway.read_concluded", READ, [org, id]);
  return rows[0] ?? null;
}

const HASTEN = `
  update gateway.requests set next_lookup_at = $3
  where org_id = $1 and id = $2 and (state = 'reconciling' or (state = 'open' and next_lookup_at <= $3))`;

/** Its time comes now, unless a living process has it. */
export async function hasten(tx: Tx, org: OrgId, id: string, now: Date): Promise<void> {
  await tx.query("gateway.hasten", HASTEN, [org, id, now]);
}
