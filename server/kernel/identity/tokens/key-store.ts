import type { Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import type { PublicKey } from "../engine/jose.ts";

export type SigningKey = {
  id: Id<"sgk">;
  publicKey: PublicKey;
  privateKeySealed: Buffer;
  activeFrom: Date;
};

/** One process at a time makes and removes keys. */
export async function lockSigningKeys(tx: Tx): Promise<void> {
  await tx.query(
    "identity_lock_signing_keys",
    "select pg_advisory_xact_lock(hashtextextended('identity.signing_keys', 0))",
  );
}

/** Oldest first. */
export async function listSigningKeys(tx: Tx): Promise<SigningKey[]> {
  const rows = await tx.query<{
    id: Id<"sgk">;
    public_key: PublicKey;
    private_key_sealed: Buffer;
    active_from: Date;
  }>(
    "identity_signing_keys",
    "select id, public_key, private_key_sealed, active_from from identity.signing_keys order by active_from",
  );
  return rows.map((row) => ({
    id: row.id,
    publicKey: row.public_key,
    privateKeySealed: row.private_key_sealed,
    activeFrom: row.active_from,
  }));
}

export async function insertSigningKey(tx: Tx, key: SigningKey, now: Date): Promise<void> {
  await tx.query(
    "identity_insert_signing_key",
    `insert into identity.signing_keys (id, public_key, private_key_sealed, created_at, active_from)
     values ($1, $2, $3, $4, $5)`,
    [key.id, JSON.stringify(key.publicKey), key.privateKeySealed, now, key.activeFrom],
  );
}

export async function deleteSigningKey(tx: Tx, id: Id<"sgk">): Promise<void> {
  await tx.query("identity_delete_signing_key", "delete from identity.signing_keys where id = $1", [id]);
}
