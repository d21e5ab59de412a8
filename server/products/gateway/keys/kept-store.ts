/** SQL of kept answers. */
import { withOperatorTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

export type KeptRow = { request_id: string; streamed: boolean; sealed: Buffer; created_at: Date };

/** Sends all it has to write at once, so that it may be a transaction's last. */
export async function keepAnswers(tx: Tx, org: OrgId, rows: readonly KeptRow[]): Promise<void> {
  await Promise.all(
    rows.map(({ request_id, streamed, sealed, created_at }) =>
      tx.query(
        "gateway.keep_answer",
        `insert into gateway.kept_answers (org_id, request_id, streamed, sealed, created_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing`,
        [org, request_id, streamed, sealed, created_at],
      ),
    ),
  );
}

/** With what is told of the call beside its answer. */
export type KnownAnswer = {
  streamed: boolean;
  sealed: Buffer;
  model: string;
  provider: string;
  price_version: string;
  held_micros: bigint;
  cost_micros: bigint | null;
  cost_usd: string | null;
  basis: string | null;
};

export async function findKept(
  tx: Tx,
  org: OrgId,
  requestId: string,
  since: Date,
): Promise<KnownAnswer | null> {
  const [row] = await tx.query<KnownAnswer>(
    "gateway.kept_answer",
    `select k.streamed, k.sealed, q.model, q.provider, q.price_version, q.held_micros, q.cost_micros,
       trim_scale(q.cost_usd)::text as cost_usd, q.basis
     from gateway.kept_answers k join gateway.requests q on q.org_id = k.org_id and q.id = k.request_id
     where k.org_id = $1 and k.request_id = $2 and k.created_at > $3`,
    [org, requestId, since],
  );
  return row ?? null;
}

/** Of one person's calls, those of their own keys among them, or of their memory's readings alone; null: of all calls. */
export async function deleteAnswers(
  tx: Tx,
  org: OrgId,
  userId: string | null,
  endpoint: "memory" | null = null,
): Promise<void> {
  await tx.query(
    "gateway.answers_erase",
    `delete from gateway.kept_answers k using gateway.requests q
     where k.org_id = $1 and q.org_id = $1 and q.id = k.request_id
       and ($2::text is null or coalesce(q.person_id, q.user_id) = $2) and ($3::text is null or q.endpoint = $3)`,
    [org, userId, endpoint],
  );
}

const AT_ONCE = 500;

/** Deletes some that are older; true when there may be more. */
export async function deleteOldAnswers(db: Db, before: Date): Promise<boolean> {
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId; ids: string[] }>(
      "gateway.answers_old",
      `select org_id, array_agg(request_id) as ids from (
         select org_id, request_id from gateway.kept_answers where created_at <= $1 order by created_at limit $2) old
       group by org_id order by org_id`,
      [before, AT_ONCE],
    ),
  );
  for (const { org_id: org, ids } of due)
    await withTx(db, org, (tx) =>
      tx.query(
        "gateway.answers_forget",
        "delete from gateway.kept_answers where org_id = $1 and request_id = any($2::text[])",
        [org, ids],
      ),
    );
  return due.length > 0;
}
