import type { Tx } from "../../../platform/db/index.ts";
import type { Role } from "../../../platform/http/index.ts";
import type { KeyId, OrgId, UserId } from "../../../platform/ids.ts";
import { overridesOf } from "../members/store.ts";
import type { Overrides, Scope } from "../permissions.ts";
import { type KeyHash, type KeyMode, shownPrefix } from "./api-key.ts";
import type { ApiKey, KeyDefaults, KeyKind, KeySecrets } from "./key.ts";

type Row = {
  id: KeyId;
  public_id: string;
  name: string;
  kind: KeyKind;
  mode: KeyMode;
  created_by: UserId;
  role: Role;
  scopes: Scope[];
  unused_scopes: Scope[];
  allowed_cidrs: string[];
  allowed_models: string[];
  defaults: KeyDefaults;
  rate_limit_per_min: number | null;
  tokens_per_min: number | null;
  concurrency: number | null;
  budget_daily_micros: bigint | null;
  budget_monthly_micros: bigint | null;
  paused_at: Date | null;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
};

/** `$2` is the instant before which a scope must have been used last, or granted, to count as unused. */
const COLUMNS = `k.id, k.public_id, k.name, k.kind, k.mode, k.created_by, k.role, k.scopes, array(
    select s.scope from tenancy.api_key_scopes s where s.org_id = $1 and s.key_id = k.id
      and s.scope = any(k.scopes) and coalesce(s.last_used_at, s.granted_at) < $2 order by s.scope) as unused_scopes,
  k.allowed_cidrs, k.allowed_models, k.defaults, k.rate_limit_per_min, k.tokens_per_min, k.concurrency, k.budget_daily_micros,
  k.budget_monthly_micros, k.paused_at, k.expires_at, k.last_used_at, k.created_at`;

const toKey = (row: Row): ApiKey => ({
  id: row.id,
  publicId: row.public_id,
  name: row.name,
  kind: row.kind,
  mode: row.mode,
  createdBy: row.created_by,
  role: row.role,
  scopes: row.scopes,
  unusedScopes: row.unused_scopes,
  allowedCidrs: row.allowed_cidrs,
  allowedModels: row.allowed_models,
  defaults: row.defaults,
  limits: {
    rpm: row.rate_limit_per_min,
    tpm: row.tokens_per_min,
    concurrency: row.concurrency,
    budgetDailyMicros: row.budget_daily_micros,
    budgetMonthlyMicros: row.budget_monthly_micros,
  },
  pausedAt: row.paused_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  createdAt: row.created_at,
});

/** The key, its scopes and its row of the directory. False when its id is there already. */
export async function insertKey(tx: Tx, orgId: OrgId, key: ApiKey, hash: KeyHash): Promise<boolean> {
  const { limits } = key;
  const rows = await tx.query(
    "tenancy_insert_key",
    `with made as (
       insert into tenancy.api_keys (org_id, id, public_id, secret_hmac, pepper_version, name, kind, mode, created_by,
         role, scopes, allowed_cidrs, rate_limit_per_min, tokens_per_min, concurrency, budget_daily_micros,
         budget_monthly_micros, expires_at, created_at, allowed_models, defaults)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
       on conflict (org_id, id) do nothing returning public_id, org_id, id)
     insert into tenancy.api_key_directory (public_id, org_id, key_id) select public_id, org_id, id from made
     returning key_id`,
    [
      orgId,
      key.id,
      key.publicId,
      hash.hmac,
      hash.pepperVersion,
      key.name,
      key.kind,
      key.mode,
      key.createdBy,
      key.role,
      key.scopes,
      key.allowedCidrs,
      limits.rpm,
      limits.tpm,
      limits.concurrency,
      limits.budgetDailyMicros,
      limits.budgetMonthlyMicros,
      key.expiresAt,
      key.createdAt,
      key.allowedModels,
      JSON.stringify(key.defaults),
    ],
  );
  if (rows.length === 0) return false;
  await grantScopes(tx, orgId, key.id, key.scopes, key.createdAt);
  return true;
}

/** Scopes that it has already keep their dates; those it has no more are forgotten. */
export async function grantScopes(
  tx: Tx,
  orgId: OrgId,
  id: KeyId,
  scopes: readonly Scope[],
  now: Date,
): Promise<void> {
  await tx.query(
    "tenancy_forget_scopes",
    "delete from tenancy.api_key_scopes where org_id = $1 and key_id = $2 and scope <> all($3)",
    [orgId, id, scopes],
  );
  await tx.query(
    "tenancy_grant_scopes",
    `insert into tenancy.api_key_scopes (org_id, key_id, scope, granted_at)
     select $1, $2, scope, $4 from unnest($3::text[]) as scope order by scope on conflict do nothing`,
    [orgId, id, scopes, now],
  );
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

/** What a request by a key is judged by: it is not revoked, nor paused, and its organization is there. */
export type StoredKey = {
  kind: KeyKind;
  mode: KeyMode;
  createdBy: UserId;
  role: Role;
  scopes: readonly Scope[];
  allowedCidrs: readonly string[];
  rpm: number | null;
  tpm: number | null;
  concurrency: number | null;
  budgetDailyMicros: bigint | null;
  budgetMonthlyMicros: bigint | null;
  allowedModels: readonly string[];
  defaults: KeyDefaults;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  secrets: KeySecrets;
  /** Of its maker today; null when they have left. */
  makerRole: Role | null;
  makerOverrides: Overrides;
  suspended: boolean;
  ipAllow: readonly string[];
};

type SecretRow = {
  secret_hmac: Buffer;
  pepper_version: number;
  previous_hmac: Buffer | null;
  previous_pepper_version: number | null;
  previous_until: Date | null;
};

const toSecrets = (row: SecretRow): KeySecrets => ({
  current: { hmac: row.secret_hmac, pepperVersion: row.pepper_version },
  previous:
    row.previous_hmac && row.previous_pepper_version && row.previous_until
      ? { hmac: row.previous_hmac, pepperVersion: row.previous_pepper_version, until: row.previous_until }
      : null,
});

const SECRETS =
  "k.secret_hmac, k.pepper_version, k.previous_hmac, k.previous_pepper_version, k.previous_until";

export async function findStoredKey(tx: Tx, orgId: OrgId, id: KeyId): Promise<StoredKey | null> {
  const [row] = await tx.query<StoredKey & SecretRow>(
    "tenancy_stored_key",
    `select k.kind, k.mode, k.created_by as "createdBy", k.role, k.scopes, k.allowed_cidrs as "allowedCidrs",
       k.rate_limit_per_min as rpm, k.tokens_per_min as tpm, k.concurrency, k.budget_daily_micros as "budgetDailyMicros",
       k.budget_monthly_micros as "budgetMonthlyMicros", k.allowed_models as "allowedModels", k.defaults,
       k.expires_at as "expiresAt", k.last_used_at as "lastUsedAt", ${SECRETS},
       m.role as "makerRole", ${overridesOf("k.created_by")} as "makerOverrides",
       o.suspended_at is not null as suspended, coalesce(p.ip_allow, '{}') as "ipAllow"
     from tenancy.api_keys k join tenancy.organizations o on o.org_id = k.org_id
       left join tenancy.memberships m on m.org_id = k.org_id and m.user_id = k.created_by
       left join tenancy.policies p on p.org_id = k.org_id
     where k.org_id = $1 and k.id = $2 and k.revoked_at is null and k.paused_at is null and o.deleted_at is null`,
    [orgId, id],
  );
  return row ? { ...row, secrets: toSecrets(row) } : null;
}

/** The hashes of a key that is not revoked, paused or not. */
export async function findSecrets(tx: Tx, orgId: OrgId, id: KeyId): Promise<KeySecrets | null> {
  const [row] = await tx.query<SecretRow>(
    "tenancy_key_secrets",
    `select ${SECRETS} from tenancy.api_keys k where k.org_id = $1 and k.id = $2 and k.revoked_at is null`,
    [orgId, id],
  );
  return row ? toSecrets(row) : null;
}

/** A key that is not revoked, made by this person unless null. */
export async function findKey(
  tx: Tx,
  orgId: OrgId,
  id: KeyId,
  madeBy: UserId | null,
  unusedBefore: Date,
): Promise<ApiKey | null> {
  const [row] = await tx.query<Row>(
    "tenancy_key",
    `select ${COLUMNS} from tenancy.api_keys k
     where k.org_id = $1 and k.id = $3 and k.revoked_at is null and ($4::text is null or k.created_by = $4)`,
    [orgId, unusedBefore, id, madeBy],
  );
  return row ? toKey(row) : null;
}

/** Newest first, after the position; `madeBy` null for everyone's. Revoked ones are left out. */
export async function listKeys(
  tx: Tx,
  orgId: OrgId,
  madeBy: UserId | null,
  unusedBefore: Date,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<ApiKey[]> {
  const rows = await tx.query<Row>(
    "tenancy_keys",
    `select ${COLUMNS} from tenancy.api_keys k
     where k.org_id = $1 and k.revoked_at is null and ($3::text is null or k.created_by = $3)
       and ($4::timestamptz is null or (k.created_at, k.id) < ($4, $5))
     order by k.created_at desc, k.id desc limit $6`,
    [orgId, unusedBefore, madeBy, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows.map(toKey);
}

/** All that may change of a key but its secret. */
export async function updateKey(tx: Tx, orgId: OrgId, key: ApiKey): Promise<void> {
  const { limits } = key;
  await tx.query(
    "tenancy_update_key",
    // Whoever moves the end wants to be told of it again.
    `update tenancy.api_keys set name = $3, scopes = $4, allowed_cidrs = $5, rate_limit_per_min = $6,
       tokens_per_min = $7, concurrency = $8, budget_daily_micros = $9, budget_monthly_micros = $10, paused_at = $11,
       warned_days = case when expires_at is distinct from $12 then null else warned_days end, expires_at = $12,
       allowed_models = $13, defaults = $14
     where org_id = $1 and id = $2 and revoked_at is null`,
    [
      orgId,
      key.id,
      key.name,
      key.scopes,
      key.allowedCidrs,
      limits.rpm,
      limits.tpm,
      limits.concurrency,
      limits.budgetDailyMicros,
      limits.budgetMonthlyMicros,
      key.pausedAt,
      key.expiresAt,
      key.allowedModels,
      JSON.stringify(key.defaults),
    ],
  );
}

/** A new secret; the one until now serves until then, the one before it is void. */
export async function replaceSecret(
  tx: Tx,
  orgId: OrgId,
  id: KeyId,
  hash: KeyHash,
  previousUntil: Date | null,
): Promise<void> {
  await tx.query(
    "tenancy_rotate_key",
    `update tenancy.api_keys set secret_hmac = $3, pepper_version = $4,
       previous_hmac = case when $5::timestamptz is null then null else secret_hmac end,
       previous_pepper_version = case when $5::timestamptz is null then null else pepper_version end,
       previous_until = $5
     where org_id = $1 and id = $2 and revoked_at is null`,
    [orgId, id, hash.hmac, hash.pepperVersion, previousUntil],
  );
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

/** A person's own keys, as they leave. */
export async function revokePersonalKeys(tx: Tx, orgId: OrgId, userId: UserId, now: Date): Promise<KeyId[]> {
  const rows = await tx.query<{ id: KeyId }>(
    "tenancy_revoke_personal_keys",
    `update tenancy.api_keys set revoked_at = $3
     where org_id = $1 and created_by = $2 and kind = 'personal' and revoked_at is null returning id`,
    [orgId, userId, now],
  );
  return rows.map(({ id }) => id);
}

export async function revokeEveryKey(tx: Tx, orgId: OrgId, now: Date): Promise<KeyId[]> {
  const rows = await tx.query<{ id: KeyId }>(
    "tenancy_revoke_every_key",
    "update tenancy.api_keys set revoked_at = $2 where org_id = $1 and revoked_at is null returning id",
    [orgId, now],
  );
  return rows.map(({ id }) => id);
}

export async function updateLastUsed(tx: Tx, orgId: OrgId, id: KeyId, now: Date): Promise<void> {
  await tx.query(
    "tenancy_key_used",
    `update tenancy.api_keys set last_used_at = $3
     where org_id = $1 and id = $2 and (last_used_at is null or last_used_at < $3)`,
    [orgId, id, now],
  );
}

/** At most once a minute, whatever the processes. */
export async function updateScopeUsed(
  tx: Tx,
  orgId: OrgId,
  id: KeyId,
  scope: string,
  now: Date,
): Promise<void> {
  await tx.query(
    "tenancy_scope_used",
    `update tenancy.api_key_scopes set last_used_at = $4
     where org_id = $1 and key_id = $2 and scope = $3
       and (last_used_at is null or last_used_at <= $4::timestamptz - interval '1 minute')`,
    [orgId, id, scope, now],
  );
}

/** What mails say of a key, whether it was revoked or not. */
export async function findAnyKey(
  tx: Tx,
  orgId: OrgId,
  id: string,
): Promise<{ name: string; prefix: string; revoked: boolean; expiresAt: Date | null } | null> {
  const [row] = await tx.query<{
    name: string;
    mode: KeyMode;
    public_id: string;
    revoked_at: Date | null;
    expires_at: Date | null;
  }>(
    "tenancy_any_key",
    `select name, mode, public_id, revoked_at, expires_at from tenancy.api_keys where org_id = $1 and id = $2`,
    [orgId, id],
  );
  if (!row) return null;
  const prefix = shownPrefix(row.mode, row.public_id);
  return { name: row.name, prefix, revoked: row.revoked_at !== null, expiresAt: row.expires_at };
}
