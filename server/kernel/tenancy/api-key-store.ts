import type { Tx } from "../../platform/db/index.ts";
import type { Role } from "../../platform/http/index.ts";
import type { KeyId, OrgId, UserId } from "../../platform/ids.ts";
import type { KeyHash, KeyMode } from "./api-key.ts";
import type { Overrides } from "./permissions.ts";
import { overridesOf } from "./store.ts";

export type ApiKey = {
  id: KeyId;
  publicId: string;
  name: string;
  mode: KeyMode;
  createdBy: UserId;
  role: Role;
  scopes: readonly string[];
  rateLimitPerMin: number | null;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
};
/** A key that is not revoked, with its hash and its maker's role today; null when they have left. */
export type StoredKey = ApiKey &
  KeyHash & { makerRole: Role | null; makerOverrides: Overrides; suspended: boolean };

type Row = {
  id: KeyId;
  public_id: string;
  name: string;
  mode: KeyMode;
  created_by: UserId;
  role: Role;
  scopes: string[];
  rate_limit_per_min: number | null;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
};

const COLUMNS = `k.id, k.public_id, k.name, k.mode, k.created_by, k.role, k.scopes, k.rate_limit_per_min, k.expires_at,
  k.last_used_at, k.created_at`;

const toKey = (row: Row): ApiKey => ({
  id: row.id,
  publicId: row.public_id,
  name: row.name,
  mode: row.mode,
  createdBy: row.created_by,
  role: row.role,
  scopes: row.scopes,
  rateLimitPerMin: row.rate_limit_per_min,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  createdAt: row.created_at,
});

/** The key and its row of the directory. False when its id is there already. */
export async function insertKey(tx: Tx, orgId: OrgId, key: ApiKey, hash: KeyHash): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_insert_key",
    `with made as (
       insert into tenancy.api_keys (org_id, id, public_id, secret_hmac, pepper_version, name, mode, created_by, role,
         scopes, rate_limit_per_min, expires_at, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (org_id, id) do nothing
       returning public_id, org_id, id)
     insert into tenancy.api_key_directory (public_id, org_id, key_id) select public_id, org_id, id from made
     returning key_id`,
    [
      orgId,
      key.id,
      key.publicId,
      hash.hmac,
      hash.pepperVersion,
      key.name,
      key.mode,
      key.createdBy,
      key.role,
      key.scopes,
      key.rateLimitPerMin,
      key.expiresAt,
      key.createdAt,
    ],
  );
  return rows.length === 1;
}

/** Directory: whose key this is. */
export async function locateKey(tx: Tx, publicId: string): Promise<{ orgId: OrgId; keyId: KeyId } | null> {
  const [row] = await tx.query<{ org_id: OrgId; key_id: KeyId }>(
    "tenancy_locate_key",
    "select org_id, key_id from tenancy.api_key_directory where public_id = $1",
    [publicId],
  );
  return row ? { orgId: row.org_id, keyId: row.key_id } : null;
}

export async function findKey(tx: Tx, orgId: OrgId, id: KeyId): Promise<StoredKey | null> {
  const [row] = await tx.query<
    Row & {
      secret_hmac: Buffer;
      pepper_version: number;
      maker_role: Role | null;
      maker_overrides: Overrides;
      suspended: boolean;
    }
  >(
    "tenancy_key",
    `select ${COLUMNS}, k.secret_hmac, k.pepper_version, m.role as maker_role,
       ${overridesOf("k.created_by")} as maker_overrides,
       o.suspended_at is not null as suspended
     from tenancy.api_keys k join tenancy.organizations o on o.org_id = k.org_id
       left join tenancy.memberships m on m.org_id = k.org_id and m.user_id = k.created_by
     where k.org_id = $1 and k.id = $2 and k.revoked_at is null`,
    [orgId, id],
  );
  if (!row) return null;
  return {
    ...toKey(row),
    hmac: row.secret_hmac,
    pepperVersion: row.pepper_version,
    makerRole: row.maker_role,
    makerOverrides: row.maker_overrides,
    suspended: row.suspended,
  };
}

/** Newest first, after the position; `madeBy` null for everyone's. Revoked ones are left out. */
export async function listKeys(
  tx: Tx,
  orgId: OrgId,
  madeBy: UserId | null,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<ApiKey[]> {
  const rows = await tx.query<Row>(
    "tenancy_keys",
    `select ${COLUMNS} from tenancy.api_keys k
     where k.org_id = $1 and k.revoked_at is null and ($2::text is null or k.created_by = $2)
       and ($3::timestamptz is null or (k.created_at, k.id) < ($3, $4))
     order by k.created_at desc, k.id desc limit $5`,
    [orgId, madeBy, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows.map(toKey);
}

/** False when there is no such key, it is another's than `madeBy`, or it was revoked before. */
export async function revokeKeyRow(
  tx: Tx,
  orgId: OrgId,
  id: KeyId,
  madeBy: UserId | null,
  now: Date,
): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_revoke_key",
    `update tenancy.api_keys set revoked_at = $4
     where org_id = $1 and id = $2 and ($3::text is null or created_by = $3) and revoked_at is null returning id`,
    [orgId, id, madeBy, now],
  );
  return rows.length === 1;
}

export async function updateLastUsed(tx: Tx, orgId: OrgId, id: KeyId, now: Date): Promise<void> {
  await tx.query(
    "tenancy_key_used",
    `update tenancy.api_keys set last_used_at = $3
     where org_id = $1 and id = $2 and (last_used_at is null or last_used_at < $3)`,
    [orgId, id, now],
  );
}
