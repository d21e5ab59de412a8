/** SQL of what names payers: read whole for an export, erased, and what of it the companies still have. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { CustomerAddress, TaxId } from "./customer.ts";

export type KnownPayer = {
  account_id: string;
  provider_customer_id: string | null;
  name: string | null;
  email: string | null;
  address: CustomerAddress | null;
  tax_ids: TaxId[];
  created_at: Date;
};
export type KnownMethod = {
  id: `pym_${string}`;
  provider: "stripe" | "paypal";
  kind: string;
  brand: string | null;
  last4: string | null;
  exp_month: number | null;
  exp_year: number | null;
  email: string | null;
  created_at: Date;
  detached_at: Date | null;
};

/** At most this many methods are told of, the newest; nobody keeps as many. */
const MAX_METHODS = 1_000;

export function listPayers(tx: Tx, org: OrgId): Promise<KnownPayer[]> {
  return tx.query(
    "billing.payers_known",
    `select account_id, provider_customer_id, name, email, address, tax_ids, created_at from billing.customers
     where org_id = $1 order by account_id`,
    [org],
  );
}

/** Those that were taken away, too. */
export function listKnownMethods(tx: Tx, org: OrgId): Promise<KnownMethod[]> {
  return tx.query(
    "billing.methods_known",
    `select id, provider, kind, brand, last4, exp_month, exp_year, email, created_at, detached_at
     from billing.payment_methods where org_id = $1 order by created_at desc, id desc limit ${MAX_METHODS}`,
    [org],
  );
}

/** All of an organization. What is being set up is not kept any more. */
export async function erasePayers(tx: Tx, org: OrgId, now: Date): Promise<void> {
  await tx.query(
    "billing.customers_erase",
    `update billing.customers set name = null, email = null, address = null, tax_ids = '[]'::jsonb, refused_code = null,
       next_try_at = null, erased_at = coalesce(erased_at, $2)
     where org_id = $1`,
    [org, now],
  );
  await tx.query("billing.methods_erase", `update billing.payment_methods set ${BLANK} where org_id = $1`, [
    org,
    now,
  ]);
  await tx.query(
    "billing.setups_erase",
    "update billing.method_setups set done_at = $2 where org_id = $1 and done_at is null",
    [org, now],
  );
}

const BLANK = `email = null, brand = null, last4 = null, exp_month = null, exp_year = null, is_default = false,
  detached_at = coalesce(detached_at, $2), erased_at = coalesce(erased_at, $2)`;

/**
 * What names one person in an organization that goes on: its own name and address as they pay, which the company is told of
 * like any change, and wallets under that address. `email` is in small letters.
 */
export async function erasePayer(
  tx: Tx,
  org: OrgId,
  { email, fullName }: { email: string; fullName: string },
  now: Date,
): Promise<void> {
  await tx.query(
    "billing.customers_erase_person",
    `update billing.customers set name = nullif(name, $3), email = case when lower(email) = $2 then null else email end,
       version = version + 1, refused_code = null, next_try_at = null
     where org_id = $1 and (lower(email) = $2 or name = $3)`,
    [org, email, fullName],
  );
  await tx.query(
    "billing.methods_erase_person",
    `update billing.payment_methods set ${BLANK} where org_id = $1 and lower(email) = $3`,
    [org, now, email],
  );
}

export type CustomerCopy = { org_id: OrgId; account_id: string; provider_customer_id: string | null };
export type WalletCopy = { org_id: OrgId; id: string; provider_method_id: string };

/** Erased here, and not there yet; the longest first, across tenants (operator's role). */
export function listCustomerCopies(
  tx: Tx,
  accountIds: readonly string[],
  now: Date,
  limit: number,
): Promise<CustomerCopy[]> {
  return tx.query(
    "billing.customer_copies",
    `select org_id, account_id, provider_customer_id from billing.customers
     where erased_at is not null and erased_there_at is null and account_id = any($1::text[])
       and (next_try_at is null or next_try_at <= $2)
     order by erased_at limit $3`,
    [accountIds, now, limit],
  );
}

/** Wallets at PayPal; cards go with their customer at Stripe. */
export function listWalletCopies(tx: Tx, accountId: string, now: Date, limit: number): Promise<WalletCopy[]> {
  return tx.query(
    "billing.wallet_copies",
    `select org_id, id, provider_method_id from billing.payment_methods
     where erased_at is not null and erased_there_at is null and provider = 'paypal' and account_id = $1
       and (next_try_at is null or next_try_at <= $2)
     order by erased_at limit $3`,
    [accountId, now, limit],
  );
}

/** The company has no copy any more; the id that it was known by there is forgotten. */
export async function noteCustomerErased(
  tx: Tx,
  { org_id, account_id }: CustomerCopy,
  now: Date,
): Promise<void> {
  await tx.query(
    "billing.customer_erased",
    `update billing.customers set erased_there_at = $3, next_try_at = null, provider_customer_id = null,
       deleted_ids = case when provider_customer_id is null then deleted_ids
         else array_append(deleted_ids, provider_customer_id) end
     where org_id = $1 and account_id = $2`,
    [org_id, account_id, now],
  );
}

export async function postponeCustomer(
  tx: Tx,
  { org_id, account_id }: CustomerCopy,
  nextTryAt: Date,
): Promise<void> {
  await tx.query(
    "billing.customer_erase_later",
    "update billing.customers set next_try_at = $3 where org_id = $1 and account_id = $2",
    [org_id, account_id, nextTryAt],
  );
}

export async function postponeWallet(tx: Tx, { org_id, id }: WalletCopy, nextTryAt: Date): Promise<void> {
  await tx.query(
    "billing.wallet_erase_later",
    "update billing.payment_methods set next_try_at = $3 where org_id = $1 and id = $2",
    [org_id, id, nextTryAt],
  );
}

export async function noteWalletErased(tx: Tx, { org_id, id }: WalletCopy, now: Date): Promise<void> {
  await tx.query(
    "billing.wallet_erased",
    "update billing.payment_methods set erased_there_at = $3 where org_id = $1 and id = $2",
    [org_id, id, now],
  );
}
