import type { Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import type { Shown } from "./rotation.ts";

export type RefreshToken = Shown & { id: Id<"rft">; generation: number; sealedSuccessor: Buffer | null };

/** Whose family a token belongs to; null for an unknown one. */
export async function findFamily(tx: Tx, tokenHash: Buffer): Promise<Id<"ses"> | null> {
  const [row] = await tx.query<{ session_id: Id<"ses"> }>(
    "identity_refresh_family",
    "select session_id from identity.refresh_tokens where token_hash = $1",
    [tokenHash],
  );
  return row?.session_id ?? null;
}

/** The token as it stands; the family's session is locked, so nothing of it changes meanwhile. */
export async function findRefreshToken(tx: Tx, tokenHash: Buffer): Promise<RefreshToken | null> {
  const [row] = await tx.query<{
    id: Id<"rft">;
    generation: number;
    used_at: Date | null;
    sealed_successor: Buffer | null;
    successor_used: boolean;
  }>(
    "identity_refresh_token",
    `select t.id, t.generation, t.used_at, t.sealed_successor, n.used_at is not null as successor_used
     from identity.refresh_tokens t
     left join identity.refresh_tokens n on n.session_id = t.session_id and n.generation = t.generation + 1
     where t.token_hash = $1`,
    [tokenHash],
  );
  if (!row) return null;
  return {
    id: row.id,
    generation: row.generation,
    usedAt: row.used_at,
    successorUsed: row.successor_used,
    sealed: row.sealed_successor !== null,
    sealedSuccessor: row.sealed_successor,
  };
}

/** The next of its family. Two of one generation cannot be: (session, generation) is unique. */
export async function insertRefreshToken(
  tx: Tx,
  token: { id: Id<"rft">; sessionId: string; generation: number; tokenHash: Buffer; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_refresh_token",
    `insert into identity.refresh_tokens (id, session_id, generation, token_hash, created_at)
     values ($1, $2, $3, $4, $5)`,
    [token.id, token.sessionId, token.generation, token.tokenHash, token.now],
  );
}

/** Notes that it was exchanged; what its predecessor sealed is needed no more. */
export async function updateUsed(
  tx: Tx,
  token: { sessionId: string; generation: number; sealedSuccessor: Buffer; now: Date },
): Promise<void> {
  await tx.query(
    "identity_use_refresh_token",
    `update identity.refresh_tokens
     set used_at = case when generation = $2 then $4 else used_at end,
       sealed_successor = case when generation = $2 then $3::bytea end
     where session_id = $1 and generation in ($2, $2 - 1)`,
    [token.sessionId, token.generation, token.sealedSuccessor, token.now],
  );
}

/** Voids the newest of the family, as if it had been exchanged long ago. Returns its generation. */
export async function voidNewest(tx: Tx, sessionId: string, now: Date): Promise<number> {
  const [row] = await tx.query<{ generation: number }>(
    "identity_void_refresh_token",
    `with family as (
       select max(generation) as newest from identity.refresh_tokens where session_id = $1)
     update identity.refresh_tokens t
     set used_at = coalesce(used_at, $2), sealed_successor = null
     from family where t.session_id = $1 and t.generation >= family.newest - 1
     returning family.newest as generation`,
    [sessionId, now],
  );
  return row?.generation ?? 0;
}

/** Wipes what was sealed in tokens used before then; returns how many. */
export async function wipeSealed(tx: Tx, usedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_wipe_sealed_successors",
    `update identity.refresh_tokens set sealed_successor = null where id in (
       select id from identity.refresh_tokens where sealed_successor is not null and used_at < $1
       limit $2 for update skip locked)
     returning id`,
    [usedBefore, limit],
  );
  return rows.length;
}

/** False when it was ended before. */
export async function insertRevokedJti(tx: Tx, jti: Id<"jti">, expiresAt: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_insert_revoked_jti",
    `insert into identity.revoked_jtis (jti, expires_at) values ($1, $2) on conflict do nothing returning jti`,
    [jti, expiresAt],
  );
  return rows.length === 1;
}

export async function isRevokedJti(tx: Tx, jti: Id<"jti">): Promise<boolean> {
  const rows = await tx.query("identity_revoked_jti", "select 1 from identity.revoked_jtis where jti = $1", [
    jti,
  ]);
  return rows.length > 0;
}

export async function deleteOldJtis(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_jtis",
    `delete from identity.revoked_jtis where jti in (
       select jti from identity.revoked_jtis where expires_at < $1 order by expires_at limit $2 for update skip locked)
     returning jti`,
    [before, limit],
  );
  return rows.length;
}
