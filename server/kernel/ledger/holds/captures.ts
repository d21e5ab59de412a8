/** What one owner's holds took from the organizations. SQL only; for the operator's role. */
import type { Tx } from "../../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";
import { textArray } from "../book/arrays.ts";
import type { Mode } from "../book/entry.ts";

/** An entry of `used` is the whole cost; the one beside it on the loss account says what of it nobody paid. */
const TAKEN = `
  ledger.transactions t
  join ledger.holds h on h.org_id = t.org_id and h.id = split_part(t.reference, ':', 1) and h.owner = $1
  join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id and e.unit = 'credit'
    and (e.account = 'used' or e.account = h.loss_account)`;
const KINDS = `t.kind in ('capture', 'recapture')`;

/** Weighs each hold by its id, so that sums over the same holds are the same only when each hold's are. */
export const holdWeight = (column: string): string => `((hashtext(${column}) & 65535) + 1)`;

export type CaptureSum = { org_id: OrgId; mode: Mode; hour: Date; micros: bigint; weighted: string };

/** Per organization, mode and hour of posting. */
export const sumCaptures = (tx: Tx, owner: string, { from, to }: { from: Date; to: Date }) =>
  tx.query<CaptureSum>(
    "ledger.sum_captures",
    `select t.org_id, t.mode, date_trunc('hour', t.posted_at, 'UTC') as hour, sum(e.amount)::bigint as micros,
       sum(e.amount::numeric * ${holdWeight("h.id")})::text as weighted
     from ${TAKEN}
     where t.posted_at >= $2 and t.posted_at < $3 and ${KINDS}
     group by 1, 2, 3`,
    [owner, from, to],
  );

export type Capture = { hold_id: HoldId; micros: bigint };

/** Of one organization's book, per hold, what was posted in that time. */
export const listCaptures = (
  tx: Tx,
  owner: string,
  of: { org: OrgId; mode: Mode; from: Date; to: Date; limit: number },
) =>
  tx.query<Capture>(
    "ledger.list_captures",
    `select h.id as hold_id, sum(e.amount)::bigint as micros
     from ${TAKEN}
     where t.posted_at >= $2 and t.posted_at < $3 and ${KINDS} and t.org_id = $4 and t.mode = $5
     group by 1 order by 1 limit $6`,
    [owner, of.from, of.to, of.org, of.mode, of.limit],
  );

/** All that these holds ever took; none for those that took nothing. */
export const capturesOf = (tx: Tx, owner: string, org: OrgId, holds: readonly HoldId[]) =>
  tx.query<Capture>(
    "ledger.captures_of",
    `select h.id as hold_id, sum(e.amount)::bigint as micros
     from ${TAKEN}
     where t.org_id = $2 and ${KINDS} and t.reference in (
       select id || ending from unnest($3::text[]) as id,
         unnest(array[':settled', ':resettled:estimated', ':resettled:reported', ':resettled:reconciled']) as ending)
     group by 1`,
    [owner, org, textArray(holds)],
  );
