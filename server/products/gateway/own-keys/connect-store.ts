/** SQL of keys that are being fetched by browser. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

const EXPIRED = "delete from gateway.key_connects where org_id = $1 and expires_at <= $2";
const INSERT = `
  insert into gateway.key_connects (org_id, state_hash, verifier, expires_at) values ($1, $2, $3, $4)`;

/** Those that are over go. */
export async function insertConnect(
  tx: Tx,
  org: OrgId,
  row: { hash: Buffer; verifier: Buffer; expires: Date },
  now: Date,
): Promise<void> {
  await tx.query("gateway.delete_expired_connects", EXPIRED, [org, now]);
  await tx.query("gateway.insert_connect", INSERT, [org, row.hash, row.verifier, row.expires]);
}

const TAKE = `
  delete from gateway.key_connects where org_id = $1 and state_hash = $2 and expires_at > $3 returning verifier`;

/** The sealed verifier, once; null for a state that is unknown, used or over. */
export async function takeConnect(tx: Tx, org: OrgId, hash: Buffer, now: Date): Promise<Buffer | null> {
  const rows = await tx.query<{ verifier: Buffer }>("gateway.take_connect", TAKE, [org, hash, now]);
  return rows[0]?.verifier ?? null;
}
