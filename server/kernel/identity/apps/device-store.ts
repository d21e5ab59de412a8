import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import { type Consent, type ConsentRow, toConsent } from "./code-store.ts";

export type NewDeviceCode = {
  id: Id<"dvc">;
  clientId: string;
  scopes: readonly string[];
  deviceCodeHash: Buffer;
  userCodeHash: Buffer;
  ip: string;
  userAgent: string;
  intervalSeconds: number;
  expiresAt: Date;
};

export async function insertDeviceCode(tx: Tx, code: NewDeviceCode, now: Date): Promise<void> {
  await tx.query(
    "identity_insert_device_code",
    `insert into identity.device_codes (id, client_id, scopes, device_code_hash, user_code_hash, ip, user_agent,
       interval_seconds, expires_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      code.id,
      code.clientId,
      code.scopes,
      code.deviceCodeHash,
      code.userCodeHash,
      code.ip,
      code.userAgent,
      code.intervalSeconds,
      code.expiresAt,
      now,
    ],
  );
}

/** A device that waits for a person's word. */
export type Waiting = {
  id: Id<"dvc">;
  clientId: string;
  scopes: readonly string[];
  ip: string;
  userAgent: string;
  expiresAt: Date;
};

export async function findWaiting(tx: Tx, userCodeHash: Buffer, now: Date): Promise<Waiting | null> {
  const [row] = await tx.query<{
    id: Id<"dvc">;
    client_id: string;
    scopes: string[];
    ip: string;
    user_agent: string;
    expires_at: Date;
  }>(
    "identity_waiting_device",
    `select id, client_id, scopes, ip, user_agent, expires_at from identity.device_codes
     where user_code_hash = $1 and decided_at is null and expires_at > $2`,
    [userCodeHash, now],
  );
  if (!row) return null;
  return {
    id: row.id,
    clientId: row.client_id,
    scopes: row.scopes,
    ip: row.ip,
    userAgent: row.user_agent,
    expiresAt: row.expires_at,
  };
}

/** Writes the decision, once. False: decided before, or too late. */
export async function decideDevice(tx: Tx, id: string, consent: Consent | null, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_decide_device",
    `update identity.device_codes set decided_at = $2, user_id = $3, org_id = $4, amr = $5, proven_at = $6
     where id = $1 and decided_at is null and expires_at > $2 returning id`,
    [
      id,
      now,
      consent?.userId ?? null,
      consent?.orgId ?? null,
      consent?.amr ?? null,
      consent?.provenAt ?? null,
    ],
  );
  return rows.length === 1;
}

export type DeviceCode = {
  id: Id<"dvc">;
  clientId: string;
  scopes: readonly string[];
  intervalSeconds: number;
  polledAt: Date | null;
  expiresAt: Date;
  decidedAt: Date | null;
  consent: Consent | null;
  spentAt: Date | null;
  sessionId: Id<"ses"> | null;
};

/** The code, locked; null for an unknown one. */
export async function lockDeviceCode(tx: Tx, deviceCodeHash: Buffer): Promise<DeviceCode | null> {
  const [row] = await tx.query<
    ConsentRow & {
      id: Id<"dvc">;
      client_id: string;
      scopes: string[];
      interval_seconds: number;
      polled_at: Date | null;
      expires_at: Date;
      decided_at: Date | null;
      spent_at: Date | null;
      session_id: Id<"ses"> | null;
    }
  >(
    "identity_lock_device_code",
    `select id, client_id, scopes, interval_seconds, polled_at, expires_at, decided_at, user_id, org_id, amr, proven_at,
       spent_at, session_id
     from identity.device_codes where device_code_hash = $1 for update`,
    [deviceCodeHash],
  );
  if (!row) return null;
  return {
    id: row.id,
    clientId: row.client_id,
    scopes: row.scopes,
    intervalSeconds: row.interval_seconds,
    polledAt: row.polled_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    consent: toConsent(row),
    spentAt: row.spent_at,
    sessionId: row.session_id,
  };
}

export async function updatePolled(tx: Tx, id: string, intervalSeconds: number, now: Date): Promise<void> {
  await tx.query(
    "identity_poll_device_code",
    "update identity.device_codes set polled_at = $2, interval_seconds = $3 where id = $1",
    [id, now, intervalSeconds],
  );
}

export async function spendDeviceCode(tx: Tx, id: string, sessionId: Id<"ses">, now: Date): Promise<void> {
  await tx.query(
    "identity_spend_device_code",
    "update identity.device_codes set spent_at = $2, session_id = $3 where id = $1",
    [id, now, sessionId],
  );
}

/** Wrong codes of one person are counted one after the other. */
export async function lockMisses(tx: Tx, userId: UserId): Promise<void> {
  await tx.query(
    "identity_lock_device_misses",
    "select pg_advisory_xact_lock(hashtextextended('identity.device_misses ' || $1, 0))",
    [userId],
  );
}

/** When the person typed wrong codes since then, the latest first. */
export async function listMisses(tx: Tx, userId: UserId, since: Date, most: number): Promise<Date[]> {
  const rows = await tx.query<{ missed_at: Date }>(
    "identity_device_misses",
    `select missed_at from identity.device_code_misses where user_id = $1 and missed_at > $2
     order by missed_at desc limit $3`,
    [userId, since, most],
  );
  return rows.map((row) => row.missed_at);
}

export async function insertMiss(tx: Tx, userId: UserId, now: Date): Promise<void> {
  await tx.query(
    "identity_insert_device_miss",
    "insert into identity.device_code_misses (user_id, missed_at) values ($1, $2)",
    [userId, now],
  );
}

/** Deletes what is older than that; returns how many device codes. */
export async function deleteOldDeviceCodes(tx: Tx, before: Date, limit: number): Promise<number> {
  await tx.query(
    "identity_delete_old_device_misses",
    "delete from identity.device_code_misses where missed_at < $1",
    [before],
  );
  const rows = await tx.query(
    "identity_delete_old_device_codes",
    `delete from identity.device_codes where id in (
       select id from identity.device_codes where created_at < $1 order by created_at limit $2 for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
