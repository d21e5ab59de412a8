/** SQL of endpoints, secrets and transmissions. */
import type { Tx } from "../../../platform/db/index.ts";
import type { EndpointId, EndpointRow, EndpointView, SecretId, SecretRow, SecretView } from "./endpoint.ts";

export type NewEndpoint = Pick<
  EndpointRow,
  | "id"
  | "source"
  | "account_id"
  | "mode"
  | "provider_webhook_id"
  | "is_default"
  | "enabled"
  | "max_attempts"
  | "cap_per_minute"
  | "created_at"
>;

/** False when the account has its default endpoint, or the company's id another row. */
export async function insertEndpoint(tx: Tx, row: NewEndpoint): Promise<boolean> {
  const rows = await tx.query(
    "webhooks.endpoint_insert",
    `insert into webhooks.endpoints (id, source, account_id, mode, provider_webhook_id, is_default, enabled, max_attempts,
       cap_per_minute, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning id`,
    [
      row.id,
      row.source,
      row.account_id,
      row.mode,
      row.provider_webhook_id,
      row.is_default,
      row.enabled,
      row.max_attempts,
      row.cap_per_minute,
      row.created_at,
    ],
  );
  return rows.length === 1;
}

/** Those that are not removed, the oldest first. */
export function listEndpoints(tx: Tx): Promise<EndpointRow[]> {
  return tx.query(
    "webhooks.endpoints",
    "select * from webhooks.endpoints where deleted_at is null order by id limit 1000",
  );
}

export async function lockEndpoint(tx: Tx, id: EndpointId): Promise<EndpointRow | null> {
  const [row] = await tx.query<EndpointRow>(
    "webhooks.endpoint_lock",
    "select * from webhooks.endpoints where id = $1 and deleted_at is null for update",
    [id],
  );
  return row ?? null;
}

export async function updateEndpoint(tx: Tx, row: EndpointRow): Promise<void> {
  await tx.query(
    "webhooks.endpoint_update",
    `update webhooks.endpoints set enabled = $2, max_attempts = $3, cap_per_minute = $4, provider_webhook_id = $5,
       is_remote = $6, deleted_at = $7 where id = $1`,
    [
      row.id,
      row.enabled,
      row.max_attempts,
      row.cap_per_minute,
      row.provider_webhook_id,
      row.is_remote,
      row.deleted_at,
    ],
  );
}

/** A secret inside JSON, where an instant is text. */
type Written = Omit<SecretView, "starts_at" | "ends_at" | "created_at"> & {
  starts_at: string;
  ends_at: string | null;
  created_at: string;
};

/** As operators see them: with the last event of each, and the secrets that are not removed. */
export async function viewEndpoints(tx: Tx, id: EndpointId | null = null): Promise<EndpointView[]> {
  const rows = await tx.query<Omit<EndpointView, "secrets"> & { secrets: Written[] }>(
    "webhooks.endpoint_views",
    `select n.*,
       (select max(received_at) from webhooks.events e where e.endpoint_id = n.id) as last_event_at,
       coalesce((select jsonb_agg(jsonb_build_object('id', s.id, 'hint', s.hint, 'from_config', s.from_config,
           'starts_at', s.starts_at, 'ends_at', s.ends_at, 'created_at', s.created_at) order by s.starts_at, s.id)
         from webhooks.secrets s where s.endpoint_id = n.id and s.removed_at is null), '[]') as secrets
     from webhooks.endpoints n where n.deleted_at is null and ($1::text is null or n.id = $1) order by n.id limit 1000`,
    [id],
  );
  const at = (text: string | null) => (text === null ? null : new Date(text));
  return rows.map((row) => ({
    ...row,
    secrets: row.secrets.map((secret) => ({
      ...secret,
      starts_at: new Date(secret.starts_at),
      ends_at: at(secret.ends_at),
      created_at: new Date(secret.created_at),
    })),
  }));
}

/** Of all endpoints, removed ones left out; the oldest first. */
export function listSecrets(tx: Tx): Promise<SecretRow[]> {
  return tx.query(
    "webhooks.secrets",
    "select * from webhooks.secrets where removed_at is null order by endpoint_id, starts_at, id limit 10000",
  );
}

/** Every one that the endpoint ever had. */
export function listSecretsOf(tx: Tx, endpointId: EndpointId): Promise<SecretRow[]> {
  return tx.query(
    "webhooks.secrets_of",
    "select * from webhooks.secrets where endpoint_id = $1 order by starts_at, id",
    [endpointId],
  );
}

/** False when the endpoint knows the secret. */
export async function insertSecret(tx: Tx, row: Omit<SecretRow, "removed_at">): Promise<boolean> {
  const rows = await tx.query(
    "webhooks.secret_insert",
    `insert into webhooks.secrets (id, endpoint_id, hash, sealed, hint, from_config, starts_at, ends_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id`,
    [
      row.id,
      row.endpoint_id,
      row.hash,
      row.sealed,
      row.hint,
      row.from_config,
      row.starts_at,
      row.ends_at,
      row.created_at,
    ],
  );
  return rows.length === 1;
}

/** Ends these at `at`, unless they end before. */
export async function endSecrets(tx: Tx, ids: readonly SecretId[], at: Date): Promise<void> {
  await tx.query(
    "webhooks.secrets_end",
    "update webhooks.secrets set ends_at = least(coalesce(ends_at, $2), $2) where id = any($1)",
    [ids, at],
  );
}

/** Configuration names them no more. */
export async function deleteSecrets(tx: Tx, ids: readonly SecretId[]): Promise<void> {
  await tx.query("webhooks.secrets_delete", "delete from webhooks.secrets where id = any($1)", [ids]);
}

export async function removeSecrets(tx: Tx, ids: readonly SecretId[], now: Date): Promise<void> {
  await tx.query(
    "webhooks.secrets_remove",
    "update webhooks.secrets set removed_at = $2, sealed = null where id = any($1)",
    [ids, now],
  );
}

/** Writes which body a transmission brought. False when it brought another before. */
export async function noteTransmission(
  tx: Tx,
  seen: { source: string; id: string; hash: Buffer; now: Date },
): Promise<boolean> {
  const [row] = await tx.query<{ same: boolean }>(
    "webhooks.transmission",
    `with added as (
       insert into webhooks.transmissions (source, transmission_id, body_hash, received_at) values ($1, $2, $3, $4)
       on conflict do nothing returning true as same
     )
     select same from added union all
     select body_hash = $3 from webhooks.transmissions where source = $1 and transmission_id = $2`,
    [seen.source, seen.id, seen.hash, seen.now],
  );
  // No row: the same id is being written elsewhere and was not yet to be seen when this statement began.
  if (row) return row.same;
  return noteTransmission(tx, seen);
}

/** Deletes transmissions too old to verify once more, at most 5,000; how many. */
export async function deleteTransmissions(tx: Tx, before: Date): Promise<number> {
  const rows = await tx.query(
    "webhooks.transmissions_purge",
    `delete from webhooks.transmissions where (source, transmission_id) in
       (select source, transmission_id from webhooks.transmissions where received_at < $1 order by received_at limit 5000)
     returning 1`,
    [before],
  );
  return rows.length;
}
