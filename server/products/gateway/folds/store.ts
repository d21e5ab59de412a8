/** SQL of the calls whose callers have left, for retries to join. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

export type Dropped = { request_id: string; credential_id: string; hash: Buffer; dropped_at: Date };

/** Those dropped before `since` can be joined no more and go. */
export async function noteDrop(tx: Tx, org: OrgId, row: Dropped, since: Date): Promise<void> {
  await tx.query(
    "gateway.folds_expire",
    "delete from gateway.dropped_calls where org_id = $1 and dropped_at <= $2",
    [org, since],
  );
  await tx.query(
    "gateway.folds_note",
    `insert into gateway.dropped_calls (org_id, request_id, credential_id, hash, dropped_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [org, row.request_id, row.credential_id, row.hash, row.dropped_at],
  );
}

/** The last one of this credential that asked for the same, and how its request stands. */
export async function findDrop(
  tx: Tx,
  org: OrgId,
  { credentialId, hash, since }: { credentialId: string; hash: Buffer; since: Date },
): Promise<{ request_id: string; state: string } | null> {
  const [row] = await tx.query<{ request_id: string; state: string }>(
    "gateway.folds_find",
    `select d.request_id, q.state
     from gateway.dropped_calls d join gateway.requests q on q.org_id = d.org_id and q.id = d.request_id
     where d.org_id = $1 and d.credential_id = $2 and d.hash = $3 and d.dropped_at > $4
     order by d.dropped_at desc, d.request_id desc limit 1`,
    [org, credentialId, hash, since],
  );
  return row ?? null;
}

export async function deleteDrop(tx: Tx, org: OrgId, requestId: string): Promise<void> {
  await tx.query(
    "gateway.folds_joined",
    "delete from gateway.dropped_calls where org_id = $1 and request_id = $2",
    [org, requestId],
  );
}
