import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import type { Transport } from "../engine/webauthn.ts";
import type { Passkey } from "./passkey.ts";

type Row = {
  id: Id<"pky">;
  user_id: UserId;
  credential_id: string;
  transports: Transport[];
  synced: boolean;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
};
const COLUMNS = "id, user_id, credential_id, transports, synced, name, created_at, last_used_at";

const toPasskey = (row: Row): Passkey => ({
  id: row.id,
  userId: row.user_id,
  credentialId: row.credential_id,
  transports: row.transports,
  synced: row.synced,
  name: row.name,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
});

/** Oldest first. */
export async function listPasskeys(tx: Tx, userId: UserId): Promise<Passkey[]> {
  const rows = await tx.query<Row>(
    "identity_passkeys",
    `select ${COLUMNS} from identity.passkeys where user_id = $1 order by created_at, id`,
    [userId],
  );
  return rows.map(toPasskey);
}

/** With what checks its signatures. */
export async function findPasskey(
  tx: Tx,
  credentialId: string,
): Promise<(Passkey & { publicKey: Buffer }) | null> {
  const [row] = await tx.query<Row & { public_key: Buffer }>(
    "identity_passkey_by_credential",
    `select ${COLUMNS}, public_key from identity.passkeys where credential_id = $1`,
    [credentialId],
  );
  return row ? { ...toPasskey(row), publicKey: row.public_key } : null;
}

/** False when this credential is known already. */
export async function insertPasskey(
  tx: Tx,
  passkey: Passkey & { publicKey: Buffer; counter: number },
): Promise<boolean> {
  const rows = await tx.query(
    "identity_insert_passkey",
    `insert into identity.passkeys (id, user_id, credential_id, public_key, counter, transports, synced, name, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (credential_id) do nothing returning id`,
    [
      passkey.id,
      passkey.userId,
      passkey.credentialId,
      passkey.publicKey,
      passkey.counter,
      passkey.transports,
      passkey.synced,
      passkey.name,
      passkey.createdAt,
    ],
  );
  return rows.length === 1;
}

/** The counter that was last seen, the row locked until the transaction ends; null when the passkey is gone. */
export async function lockCounter(tx: Tx, id: Id<"pky">): Promise<number | null> {
  const [row] = await tx.query<{ counter: string }>(
    "identity_lock_passkey",
    "select counter from identity.passkeys where id = $1 for update",
    [id],
  );
  return row ? Number(row.counter) : null;
}

export async function updateCounter(tx: Tx, id: Id<"pky">, counter: number, now: Date): Promise<void> {
  await tx.query(
    "identity_passkey_used",
    "update identity.passkeys set counter = $2, last_used_at = $3 where id = $1",
    [id, counter, now],
  );
}

/** Null when it is not theirs. */
export async function updateName(
  tx: Tx,
  userId: UserId,
  id: Id<"pky">,
  name: string,
): Promise<Passkey | null> {
  const [row] = await tx.query<Row>(
    "identity_rename_passkey",
    `update identity.passkeys set name = $3 where user_id = $1 and id = $2 returning ${COLUMNS}`,
    [userId, id, name],
  );
  return row ? toPasskey(row) : null;
}

/** False when it is not theirs. */
export async function deletePasskey(tx: Tx, userId: UserId, id: Id<"pky">): Promise<boolean> {
  const rows = await tx.query(
    "identity_delete_passkey",
    "delete from identity.passkeys where user_id = $1 and id = $2 returning id",
    [userId, id],
  );
  return rows.length === 1;
}

export async function deletePasskeys(tx: Tx, userId: UserId): Promise<void> {
  await tx.query("identity_delete_passkeys", "delete from identity.passkeys where user_id = $1", [userId]);
}
