/** SQL of customers. A customer's row is locked before its payment methods. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Customer, Profile } from "./customer.ts";

const CUSTOMER = `provider_customer_id as "providerId", name, email, address, tax_ids as "taxIds", version,
  told_version as "toldVersion", refused_code as "refusedCode", cardinality(deleted_ids) as deletions, fetch_seq as "fetchSeq",
  erased_at is not null as erased`;

export async function findCustomer(tx: Tx, org: OrgId, accountId: string): Promise<Customer | null> {
  const [row] = await tx.query<Customer>(
    "billing.customer",
    `select ${CUSTOMER} from billing.customers where org_id = $1 and account_id = $2`,
    [org, accountId],
  );
  return row ?? null;
}

export async function lockCustomer(tx: Tx, org: OrgId, accountId: string): Promise<Customer | null> {
  const [row] = await tx.query<Customer>(
    "billing.customer_lock",
    `select ${CUSTOMER} from billing.customers where org_id = $1 and account_id = $2 for update`,
    [org, accountId],
  );
  return row ?? null;
}

/** There already: nothing happens. */
export async function insertCustomer(tx: Tx, org: OrgId, accountId: string, now: Date): Promise<void> {
  await tx.query(
    "billing.customer_insert",
    `insert into billing.customers (org_id, account_id, created_at) values ($1, $2, $3)
     on conflict (org_id, account_id) do nothing`,
    [org, accountId, now],
  );
}

export async function changeProfile(tx: Tx, org: OrgId, accountId: string, profile: Profile): Promise<void> {
  await tx.query(
    "billing.customer_change",
    `update billing.customers set name = $3, email = $4, address = $5::jsonb, tax_ids = $6::jsonb, version = version + 1,
       refused_code = null, next_try_at = null
     where org_id = $1 and account_id = $2`,
    [
      org,
      accountId,
      profile.name,
      profile.email,
      profile.address && JSON.stringify(profile.address),
      JSON.stringify(profile.taxIds),
    ],
  );
}

/** The first id wins, and one that was deleted at the company never counts again. Its events find the organization. */
export async function nameCustomer(
  tx: Tx,
  org: OrgId,
  accountId: string,
  made: { id: string; toldVersion: number },
): Promise<void> {
  await tx.query(
    "billing.customer_name",
    `update billing.customers set provider_customer_id = $3, told_version = $4
     where org_id = $1 and account_id = $2 and provider_customer_id is null and not $3 = any(deleted_ids)`,
    [org, accountId, made.id, made.toldVersion],
  );
  await tx.query(
    "billing.customer_place",
    `insert into billing.object_orgs (account_id, object_id, org_id) values ($1, $2, $3) on conflict do nothing`,
    [accountId, made.id, org],
  );
}

/** A tombstone: the next purchase makes the customer anew. True unless it was one already. */
export async function buryCustomer(tx: Tx, org: OrgId, accountId: string, id: string): Promise<boolean> {
  const rows = await tx.query(
    "billing.customer_bury",
    `update billing.customers set provider_customer_id = null, told_version = 0,
       deleted_ids = array_append(deleted_ids, $3)
     where org_id = $1 and account_id = $2 and provider_customer_id = $3 returning org_id`,
    [org, accountId, id],
  );
  return rows.length > 0;
}

export async function setFetchSeq(tx: Tx, org: OrgId, accountId: string, fetchSeq: bigint): Promise<void> {
  await tx.query(
    "billing.customer_fetched",
    "update billing.customers set fetch_seq = $3 where org_id = $1 and account_id = $2",
    [org, accountId, fetchSeq],
  );
}

/** What came of telling the company: all up to `version` is known there, or why not. */
export async function noteTold(
  tx: Tx,
  org: OrgId,
  accountId: string,
  {
    version,
    refusedCode = null,
    nextTryAt = null,
  }: { version: number; refusedCode?: string | null; nextTryAt?: Date | null },
): Promise<void> {
  await tx.query(
    "billing.customer_told",
    `update billing.customers set
       told_version = case when $4::text is null and $5::timestamptz is null then greatest(told_version, $3)
         else told_version end,
       refused_code = $4, next_try_at = $5
     where org_id = $1 and account_id = $2 and version = $3`,
    [org, accountId, version, refusedCode, nextTryAt],
  );
}

/** Organizations whose company is to be told something, across tenants (operator's role); deleted ones wait for a purchase. */
export async function listUntold(tx: Tx, accountId: string, now: Date, limit: number): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "billing.customers_untold",
    `select org_id from billing.customers
     where account_id = $1 and told_version < version and refused_code is null and erased_at is null
       and (next_try_at is null or next_try_at <= $2)
       and (provider_customer_id is not null or cardinality(deleted_ids) = 0)
     order by created_at limit $3`,
    [accountId, now, limit],
  );
  return rows.map(({ org_id }) => org_id);
}

/** Those of these organizations that have no row yet (operator's role). */
export async function listUnknown(tx: Tx, accountId: string, orgIds: readonly OrgId[]): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "billing.customers_unknown",
    `select o.id as org_id from unnest($2::text[]) as o (id)
     where not exists (select from billing.customers c where c.org_id = o.id and c.account_id = $1)`,
    [accountId, orgIds],
  );
  return rows.map(({ org_id }) => org_id);
}

/** Whose these customers are; ids only, no tenant needed. */
export async function findOwners(
  tx: Tx,
  accountId: string,
  customerIds: readonly string[],
): Promise<Map<string, OrgId>> {
  const rows = await tx.query<{ object_id: string; org_id: OrgId }>(
    "billing.customer_owners",
    `select object_id, org_id from billing.object_orgs where account_id = $1 and object_id = any($2::text[])`,
    [accountId, customerIds],
  );
  return new Map(rows.map((row) => [row.object_id, row.org_id]));
}
