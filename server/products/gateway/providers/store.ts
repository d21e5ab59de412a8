/** SQL of providers as operators set them up. */
import type { Tx } from "../../../platform/db/index.ts";
import type { ProviderRow } from "../models/store.ts";

const COLUMNS = `id, kind, base_url, secret, secret_last4, enabled, private_address, cost_basis, markup_percent, on_disconnect,
  timeouts, plan_markups`;

const LOCK = `select ${COLUMNS} from gateway.providers where id = $1 for update`;

/** The provider, until the end of the transaction; null when there is none. */
export async function lockProvider(tx: Tx, id: string): Promise<ProviderRow | null> {
  const rows = await tx.query<ProviderRow>("gateway.lock_provider", LOCK, [id]);
  return rows[0] ?? null;
}

const INSERT = `
  insert into gateway.providers (${COLUMNS}, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
  on conflict do nothing
  returning id`;

/** False when there is one of that id. */
export async function insertProvider(tx: Tx, row: ProviderRow, now: Date): Promise<boolean> {
  const rows = await tx.query("gateway.insert_provider", INSERT, valuesOf(row, now));
  return rows.length > 0;
}

const UPDATE = `
  update gateway.providers
  set kind = $2, base_url = $3, secret = $4, secret_last4 = $5, enabled = $6, private_address = $7, cost_basis = $8,
      markup_percent = $9, on_disconnect = $10, timeouts = $11, plan_markups = $12,
      updated_at = $13
  where id = $1`;

export async function updateProvider(tx: Tx, row: ProviderRow, now: Date): Promise<void> {
  await tx.query("gateway.update_provider", UPDATE, valuesOf(row, now));
}

const valuesOf = (row: ProviderRow, now: Date): unknown[] => [
  row.id,
  row.kind,
  row.base_url,
  row.secret,
  row.secret_last4,
  row.enabled,
  row.private_address,
  row.cost_basis,
  row.markup_percent,
  row.on_disconnect,
  row.timeouts && JSON.stringify(row.timeouts),
  JSON.stringify(row.plan_markups),
  now,
];
