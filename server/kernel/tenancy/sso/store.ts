import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import type { Connection } from "./connection.ts";

export type StoredConnection = Connection & { secretSealed: Buffer };

export async function findConnection(tx: Tx, orgId: OrgId): Promise<StoredConnection | null> {
  const [row] = await tx.query<StoredConnection>(
    "tenancy_oidc_connection",
    `select org_id as "orgId", issuer, client_id as "clientId", secret_sealed as "secretSealed", domain, proof,
       proven_at as "provenAt", required
     from tenancy.oidc_connections where org_id = $1`,
    [orgId],
  );
  return row ?? null;
}

export async function writeConnection(tx: Tx, connection: StoredConnection, now: Date): Promise<void> {
  await tx.query(
    "tenancy_write_oidc_connection",
    `insert into tenancy.oidc_connections
       (org_id, issuer, client_id, secret_sealed, domain, proof, proven_at, required, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (org_id) do update set issuer = $2, client_id = $3, secret_sealed = $4, domain = $5, proof = $6,
       proven_at = $7, required = $8, updated_at = $9`,
    [
      connection.orgId,
      connection.issuer,
      connection.clientId,
      connection.secretSealed,
      connection.domain,
      connection.proof,
      connection.provenAt,
      connection.required,
      now,
    ],
  );
}

export async function deleteConnection(tx: Tx, orgId: OrgId): Promise<void> {
  await tx.query("tenancy_delete_oidc_connection", "delete from tenancy.oidc_connections where org_id = $1", [
    orgId,
  ]);
}

/** Directory: whose a proven domain is. */
export async function locateDomain(tx: Tx, domain: string): Promise<OrgId | null> {
  const [row] = await tx.query<{ org_id: OrgId }>(
    "tenancy_locate_domain",
    "select org_id from tenancy.domain_directory where domain = $1",
    [domain],
  );
  return row?.org_id ?? null;
}

export async function releaseDomains(tx: Tx, orgId: OrgId): Promise<void> {
  await tx.query("tenancy_release_domains", "delete from tenancy.domain_directory where org_id = $1", [
    orgId,
  ]);
}

/** False when another organization has it. */
export async function takeDomain(tx: Tx, orgId: OrgId, domain: string): Promise<boolean> {
  await tx.query(
    "tenancy_take_domain",
    "insert into tenancy.domain_directory (domain, org_id) values ($2, $1) on conflict do nothing",
    [orgId, domain],
  );
  return (await locateDomain(tx, domain)) === orgId;
}

/** Whether this member gets in through the issuer only; owners get in any way, so that nobody is locked out for good. */
export async function requiresIssuer(tx: Tx, orgId: OrgId, userId: UserId): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_requires_issuer",
    `select 1 from tenancy.oidc_connections c
       join tenancy.memberships m on m.org_id = c.org_id and m.user_id = $2
     where c.org_id = $1 and c.required and m.role <> 'owner'`,
    [orgId, userId],
  );
  return rows.length > 0;
}
