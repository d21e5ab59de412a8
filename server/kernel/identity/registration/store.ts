import type { Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";

export type PendingId = Id<"prg">;
export type Pending = {
  id: PendingId;
  email: string;
  fullName: string;
  passwordHash: string;
  locale: string;
  browserHash: Buffer;
};
type Row = {
  id: PendingId;
  email: string;
  full_name: string;
  password_hash: string;
  locale: string;
  browser_hash: Buffer;
};

const COLUMNS = "id, email, full_name, password_hash, locale, browser_hash";
const toPending = (row: Row): Pending => ({
  id: row.id,
  email: row.email,
  fullName: row.full_name,
  passwordHash: row.password_hash,
  locale: row.locale,
  browserHash: row.browser_hash,
});

/** Returns how many were made for the address since then, this one included. */
export async function insertPending(
  tx: Tx,
  pending: Pending,
  at: { now: Date; expiresAt: Date; countedSince: Date },
): Promise<number> {
  const [row] = await tx.query<{ others: number }>(
    "identity_insert_pending",
    `with made as (
       insert into identity.pending_registrations (id, email, full_name, password_hash, locale, browser_hash, expires_at,
         created_at) values ($1, $2, $3, $4, $5, $6, $7, $8))
     select count(*)::int as others from identity.pending_registrations where email = $2 and created_at > $9`,
    [
      pending.id,
      pending.email,
      pending.fullName,
      pending.passwordHash,
      pending.locale,
      pending.browserHash,
      at.expiresAt,
      at.now,
      at.countedSince,
    ],
  );
  return (row?.others ?? 0) + 1;
}

export async function findPending(tx: Tx, id: string, now: Date): Promise<Pending | null> {
  const [row] = await tx.query<Row>(
    "identity_pending",
    `select ${COLUMNS} from identity.pending_registrations where id = $1 and expires_at > $2`,
    [id, now],
  );
  return row ? toPending(row) : null;
}

/** Of those who wait with this address the one of this browser, else the last. */
export async function findPendingOf(
  tx: Tx,
  email: string,
  browserHash: Buffer | null,
  now: Date,
): Promise<Pending | null> {
  const [row] = await tx.query<Row>(
    "identity_pending_of",
    `select ${COLUMNS} from identity.pending_registrations where email = $1 and expires_at > $3
     order by browser_hash = $2 desc nulls last, created_at desc, id desc limit 1`,
    [email, browserHash, now],
  );
  return row ? toPending(row) : null;
}

export async function deletePendingOf(tx: Tx, email: string): Promise<void> {
  await tx.query(
    "identity_delete_pending_of",
    "delete from identity.pending_registrations where email = $1",
    [email],
  );
}

/** Deletes at most `limit` that are over; returns how many. */
export async function deleteOldPending(tx: Tx, now: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_pending",
    `delete from identity.pending_registrations where id in (
       select id from identity.pending_registrations where expires_at <= $1 order by expires_at limit $2
       for update skip locked)
     returning id`,
    [now, limit],
  );
  return rows.length;
}
