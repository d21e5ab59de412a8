/** SQL of the kept keys. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

/** A call's `Idempotency-Key`, written in the transaction of its hold. */
export type KeptKey = { credentialId: string; key: string; hash: Buffer; requestId: string; createdAt: Date };

const INSERT = `
  insert into gateway.idempotency (org_id, credential_id, key, request_hash, request_id, created_at)
  select $1, k.credential_id, k.key, decode(k.hash, 'hex'), k.request_id, k.created_at
  from json_to_recordset($2::json) as k (credential_id text, key text, hash text, request_id text, created_at timestamptz)
  order by k.credential_id, k.key
  on conflict do nothing returning request_id`;

/** Writes keys; returns the requests whose key was free. */
export async function insertKeys(tx: Tx, org: OrgId, keys: readonly KeptKey[]): Promise<Set<string>> {
  const rows = keys.map(({ credentialId, key, hash, requestId, createdAt }) => ({
    credential_id: credentialId,
    key,
    hash: hash.toString("hex"),
    request_id: requestId,
    created_at: createdAt,
  }));
  const added = await tx.query<{ request_id: string }>("gateway.insert_keys", INSERT, [
    org,
    JSON.stringify(rows),
  ]);
  return new Set(added.map(({ request_id }) => request_id));
}

export type KnownKey = { request_hash: Buffer; request_id: string; state: string; basis: string | null };

const FIND = `
  select k.request_hash, k.request_id, q.state, q.basis
  from gateway.idempotency k join gateway.requests q on q.org_id = k.org_id and q.id = k.request_id
  where k.org_id = $1 and k.credential_id = $2 and k.key = $3`;

export async function findKey(tx: Tx, org: OrgId, { credentialId, key }: KeptKey): Promise<KnownKey | null> {
  const rows = await tx.query<KnownKey>("gateway.find_key", FIND, [org, credentialId, key]);
  return rows[0] ?? null;
}

const DELETE = `
  delete from gateway.idempotency where org_id = $1 and credential_id = $2 and key = $3 and request_id = $4`;

/** Forgets the key as long as it still stands for that request. */
export async function deleteKey(
  tx: Tx,
  org: OrgId,
  { credentialId, key }: KeptKey,
  requestId: string,
): Promise<void> {
  await tx.query("gateway.delete_key", DELETE, [org, credentialId, key, requestId]);
}

/** Forgets the key, and the answer that was kept for it. */
export async function forgetKey(
  tx: Tx,
  org: OrgId,
  { credentialId, key }: Pick<KeptKey, "credentialId" | "key">,
): Promise<void> {
  await tx.query(
    "gateway.forget_key",
    `with gone as (
       delete from gateway.idempotency where org_id = $1 and credential_id = $2 and key = $3 returning request_id)
     delete from gateway.kept_answers where org_id = $1 and request_id in (select request_id from gone)`,
    [org, credentialId, key],
  );
}
