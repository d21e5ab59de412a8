/** Which tables of the generated schema a tenant's wall protects. */

/** Tables with an `org_id` that no tenant owns: looked up before the tenant is known, or the operator's. */
export const NO_TENANT: ReadonlySet<string> = new Set([
  // Directories: unique across tenants, or searched without one.
  "billing.object_orgs",
  "identity.authorization_codes",
  "identity.device_codes",
  "identity.sessions",
  "platform.job_pauses",
  "platform.job_queue",
  "tenancy.api_key_directory",
  "tenancy.domain_directory",
  "tenancy.invitation_directory",
  "tenancy.member_directory",
  "tenancy.slug_directory",
  // One queue for all, whoever sends.
  "mail.outbox",
  // The operator's.
  "payments.breaks",
  "webhooks.events",
  // Written for all books in one transaction; a tenant reads its own rows alone.
  "ledger.seal_members",
]);

const TENANT = "(org_id = NULLIF(current_setting('app.org'::text, true), ''::text))";

/**
 * Tables with an `org_id` that are walled by no forced row-level security, or whose policies of the server's role let a row
 * through for another reason than the tenant's setting.
 */
export function openTables(schema: string): string[] {
  const tables = [...schema.matchAll(/^CREATE TABLE (\S+) \(\n((?: {2}.*\n)*)\)/gm)];
  return tables
    .filter(([, name = "", columns = ""]) => /^ {2}org_id /m.test(columns) && !NO_TENANT.has(name))
    .map(([, name = ""]) => name)
    .filter((name) => !isWalled(schema, name));
}

function isWalled(schema: string, table: string): boolean {
  const forced = `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`;
  const policies = schema
    .split("\n")
    .filter((line) => line.startsWith("CREATE POLICY ") && line.includes(` ON ${table} `))
    .filter((line) => !line.includes(" TO holdfast_operator "));
  const own = policies.filter((line) => line.endsWith(` USING (${TENANT}) WITH CHECK (${TENANT});`));
  return schema.includes(forced) && own.length > 0 && own.length === policies.length;
}
