/** SQL of endpoints. */
import type { PaymentsOutboundEndpoints } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Endpoint, EndpointId, Mode, SealedSecrets } from "./endpoint.ts";

type Row = Narrowed<
  PaymentsOutboundEndpoints,
  { org_id: OrgId; id: EndpointId; mode: Mode; disabled_reason: Endpoint["disabledReason"] }
>;

const COLUMNS = `org_id, id, mode, url, types, ordered, enabled, disabled_reason, secret, previous_secret, previous_until,
  failing_since, created_at`;

const endpointOf = (row: Row): Endpoint & SealedSecrets => ({
  orgId: row.org_id,
  id: row.id,
  mode: row.mode,
  url: row.url,
  types: row.types,
  ordered: row.ordered,
  enabled: row.enabled,
  disabledReason: row.disabled_reason,
  secret: row.secret,
  previousSecret: row.previous_secret,
  previousUntil: row.previous_until,
  failingSince: row.failing_since,
  createdAt: row.created_at,
});

/** One at a time adds an endpoint to an organization, so that two cannot both be its last. */
export async function lockEndpoints(tx: Tx, org: OrgId): Promise<void> {
  await tx.query(
    "payments.lock_endpoints",
    "select pg_advisory_xact_lock(hashtextextended('relay ' || $1, 0))",
    [org],
  );
}

export async function insertEndpoint(tx: Tx, row: Endpoint & SealedSecrets): Promise<void> {
  await tx.query(
    "payments.insert_endpoint",
    `insert into payments.outbound_endpoints (org_id, id, mode, url, types, ordered, enabled, secret, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [row.orgId, row.id, row.mode, row.url, row.types, row.ordered, row.enabled, row.secret, row.createdAt],
  );
}

/** By age; of one mode. */
export async function listEndpoints(tx: Tx, org: OrgId, mode: Mode): Promise<(Endpoint & SealedSecrets)[]> {
  const rows = await tx.query<Row>(
    "payments.list_endpoints",
    `select ${COLUMNS} from payments.outbound_endpoints where org_id = $1 and mode = $2 order by id`,
    [org, mode],
  );
  return rows.map(endpointOf);
}

/** As the operator: of every organization, newest first. */
export async function listAllEndpoints(
  tx: Tx,
  page: { limit: number; before: string | null },
): Promise<Endpoint[]> {
  const rows = await tx.query<Row>(
    "payments.list_all_endpoints",
    `select ${COLUMNS} from payments.outbound_endpoints where $1::text is null or id < $1 order by id desc limit $2`,
    [page.before, page.limit],
  );
  return rows.map(endpointOf);
}

export async function lockEndpoint(
  tx: Tx,
  org: OrgId,
  id: EndpointId,
): Promise<(Endpoint & SealedSecrets) | null> {
  const [row] = await tx.query<Row>(
    "payments.lock_endpoint",
    `select ${COLUMNS} from payments.outbound_endpoints where org_id = $1 and id = $2 for update`,
    [org, id],
  );
  return row ? endpointOf(row) : null;
}

export async function updateEndpoint(tx: Tx, row: Endpoint & SealedSecrets): Promise<void> {
  await tx.query(
    "payments.update_endpoint",
    `update payments.outbound_endpoints set url = $3, types = $4, ordered = $5, enabled = $6, disabled_reason = $7,
       secret = $8, previous_secret = $9, previous_until = $10, failing_since = $11
     where org_id = $1 and id = $2`,
    [
      row.orgId,
      row.id,
      row.url,
      row.types,
      row.ordered,
      row.enabled,
      row.disabledReason,
      row.secret,
      row.previousSecret,
      row.previousUntil,
      row.failingSince,
    ],
  );
}

export async function deleteEndpoint(tx: Tx, org: OrgId, id: EndpointId): Promise<void> {
  await tx.query(
    "payments.delete_endpoint",
    "delete from payments.outbound_endpoints where org_id = $1 and id = $2",
    [org, id],
  );
}
