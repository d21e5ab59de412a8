import type { Tx } from "../../../platform/db/index.ts";
import type { Client } from "./client.ts";

export async function findClient(tx: Tx, id: string): Promise<Client | null> {
  const [row] = await tx.query<{ id: string; name: string; redirect_uris: string[]; scopes: string[] }>(
    "identity_oauth_client",
    "select id, name, redirect_uris, scopes from identity.oauth_clients where id = $1",
    [id],
  );
  return row ? { id: row.id, name: row.name, redirectUris: row.redirect_uris, scopes: row.scopes } : null;
}

/** Every scope that some app may ask for. */
export async function listScopes(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ scope: string }>(
    "identity_oauth_scopes",
    "select distinct unnest(scopes) as scope from identity.oauth_clients order by scope",
  );
  return rows.map(({ scope }) => scope);
}
