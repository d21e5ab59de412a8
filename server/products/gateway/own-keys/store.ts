/** SQL of organizations' keys at providers. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { OwnKey, OwnKeyId } from "./own-key.ts";

/** One per provider. */
const MOST = 100;
const COLUMNS = `id, provider, secret, secret_last4, use, fallback_to_platform, state, refusals::int, created_at, updated_at`;

const LIST = `select ${COLUMNS} from gateway.provider_keys where org_id = $1 order by provider limit $2`;
export const listOwnKeys = (tx: Tx, org: OrgId): Promise<OwnKey[]> =>
  tx.query("gateway.provider_keys", LIST, [org, MOST]);

const LOCK = `select ${COLUMNS} from gateway.provider_keys where org_id = $1 and id = $2 for update`;
export async function lockOwnKey(tx: Tx, org: OrgId, id: OwnKeyId): Promise<OwnKey | null> {
  const rows = await tx.query<OwnKey>("gateway.lock_provider_key", LOCK, [org, id]);
  return rows[0] ?? null;
}

const INSERT = `
  insert into gateway.provider_keys
    (org_id, id, provider, secret, secret_last4, use, fallback_to_platform, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict do nothing
  returning id`;

/** False where there is one for the provider. */
export async function insertOwnKey(
  tx: Tx,
  org: OrgId,
  key: Pick<OwnKey, "id" | "provider" | "secret" | "secret_last4" | "use" | "fallback_to_platform">,
  now: Date,
): Promise<boolean> {
  const { id, provider, secret, secret_last4: last4, use, fallback_to_platform: fallback } = key;
  const values = [org, id, provider, secret, last4, use, fallback, now];
  const rows = await tx.query("gateway.insert_provider_key", INSERT, values);
  return rows.length > 0;
}

const UPDATE = `
  update gateway.provider_keys
  set secret = $3, secret_last4 = $4, use = $5, fallback_to_platform = $6, state = 'ok', refusals = 0, updated_at = $7
  where org_id = $1 and id = $2`;

/** It counts as working again. */
export async function updateOwnKey(
  tx: Tx,
  org: OrgId,
  key: Pick<OwnKey, "id" | "secret" | "secret_last4" | "use" | "fallback_to_platform">,
  now: Date,
): Promise<void> {
  const { id, secret, secret_last4: last4, use, fallback_to_platform: fallback } = key;
  await tx.query("gateway.update_provider_key", UPDATE, [org, id, secret, last4, use, fallback, now]);
}

export async function deleteOwnKey(tx: Tx, org: OrgId, id: OwnKeyId): Promise<boolean> {
  const rows = await tx.query(
    "gateway.delete_provider_key",
    "delete from gateway.provider_keys where org_id = $1 and id = $2 returning id",
    [org, id],
  );
  return rows.length > 0;
}

const REFUSED = `
  update gateway.provider_keys
  set refusals = least(refusals + 1, 1000), state = case when refusals + 1 >= $3 then 'failing' else state end
  where org_id = $1 and id = $2
  returning ${COLUMNS}`;

/** Counts a refusal; from `most` in a row on it is failing. Null when it is gone. */
export async function noteRefused(tx: Tx, org: OrgId, id: OwnKeyId, most: number): Promise<OwnKey | null> {
  const rows = await tx.query<OwnKey>("gateway.provider_key_refused", REFUSED, [org, id, most]);
  return rows[0] ?? null;
}

export async function noteWorks(tx: Tx, org: OrgId, id: OwnKeyId): Promise<void> {
  await tx.query(
    "gateway.provider_key_works",
    "update gateway.provider_keys set refusals = 0 where org_id = $1 and id = $2 and state = 'ok'",
    [org, id],
  );
}
