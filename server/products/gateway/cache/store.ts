/** SQL of the answers that are given again. */
import { withOperatorTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

export type Entry = {
  hash: Buffer;
  request_id: string;
  streamed: boolean;
  sealed: Buffer;
  model: string;
  provider: string;
  price_version: string;
  tokens: bigint;
  cost_micros: bigint;
  created_at: Date;
  expires_at: Date;
};

/** The newest answer stays. Sends all it has to write at once, so that it may be a transaction's last. */
export async function keepEntries(tx: Tx, org: OrgId, entries: readonly Entry[]): Promise<void> {
  await Promise.all(
    entries.map((entry) =>
      tx.query(
        "gateway.cache_keep",
        `insert into gateway.cache_entries (org_id, hash, request_id, streamed, sealed, model, provider, price_version,
           tokens, cost_micros, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (org_id, hash) do update
         set request_id = excluded.request_id, streamed = excluded.streamed, sealed = excluded.sealed,
             model = excluded.model, provider = excluded.provider, price_version = excluded.price_version,
             tokens = excluded.tokens, cost_micros = excluded.cost_micros, created_at = excluded.created_at,
             expires_at = excluded.expires_at`,
        [
          org,
          entry.hash,
          entry.request_id,
          entry.streamed,
          entry.sealed,
          entry.model,
          entry.provider,
          entry.price_version,
          entry.tokens,
          entry.cost_micros,
          entry.created_at,
          entry.expires_at,
        ],
      ),
    ),
  );
}

/** Neither expired nor made before `since`. */
export async function findEntry(
  tx: Tx,
  org: OrgId,
  hash: Buffer,
  { now, since }: { now: Date; since: Date },
): Promise<Entry | null> {
  const [row] = await tx.query<Entry>(
    "gateway.cache_find",
    `select hash, request_id, streamed, sealed, model, provider, price_version, tokens, cost_micros, created_at, expires_at
     from gateway.cache_entries where org_id = $1 and hash = $2 and expires_at > $3 and created_at > $4`,
    [org, hash, now, since],
  );
  return row ?? null;
}

/** What a hit saved, by all that usage is looked at by. */
export type Hit = {
  request_id: string;
  mode: string;
  model: string;
  provider: string;
  credential_id: string;
  user_id: string | null;
  project_id: string | null;
  endpoint: string;
  tokens_saved: string;
  saved_micros: string;
  created_at: Date;
};

export async function noteHits(tx: Tx, org: OrgId, hits: readonly Hit[]): Promise<void> {
  if (hits.length === 0) return;
  await tx.query(
    "gateway.cache_note_hits",
    `insert into gateway.cache_hits (org_id, request_id, mode, model, provider, credential_id, user_id, project_id, endpoint,
       tokens_saved, saved_micros, created_at)
     select $1, request_id, mode, model, provider, credential_id, coalesce(user_id, ''), coalesce(project_id, ''), endpoint,
       tokens_saved, saved_micros, created_at
     from json_to_recordset($2::json) as h (request_id text, mode text, model text, provider text, credential_id text,
       user_id text, project_id text, endpoint text, tokens_saved bigint, saved_micros bigint, created_at timestamptz)
     on conflict do nothing`,
    [org, JSON.stringify(hits)],
  );
}

/** All of an organization's; how many. */
export async function deleteEntries(tx: Tx, org: OrgId): Promise<number> {
  const rows = await tx.query(
    "gateway.cache_clear",
    "delete from gateway.cache_entries where org_id = $1 returning 1",
    [org],
  );
  return rows.length;
}

/** Those that one person's calls left, their own keys' among them. */
export async function deleteEntriesOf(tx: Tx, org: OrgId, userId: string): Promise<void> {
  await tx.query(
    "gateway.cache_erase",
    `delete from gateway.cache_entries e using gateway.requests q
     where e.org_id = $1 and q.org_id = $1 and q.id = e.request_id and coalesce(q.person_id, q.user_id) = $2`,
    [org, userId],
  );
}

const AT_ONCE = 500;

/** Deletes some that have expired, of all organizations; true when there may be more. */
export async function deleteExpired(db: Db, now: Date): Promise<boolean> {
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId }>(
      "gateway.cache_expired",
      `select distinct org_id from (
         select org_id from gateway.cache_entries where expires_at <= $1 order by expires_at limit $2) old`,
      [now, AT_ONCE],
    ),
  );
  for (const { org_id: org } of due)
    await withTx(db, org, (tx) =>
      tx.query(
        "gateway.cache_forget",
        `delete from gateway.cache_entries where org_id = $1 and hash in (
           select hash from gateway.cache_entries where org_id = $1 and expires_at <= $2 limit $3)`,
        [org, now, AT_ONCE],
      ),
    );
  return due.length > 0;
}
