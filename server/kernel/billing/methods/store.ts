/** SQL of payment methods. Their customer's row is locked first. */
import type { BillingPaymentMethods } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import type { CustomerFact, PayAccount } from "../payers/customer.ts";

export type MethodRow = Narrowed<
  Omit<BillingPaymentMethods, "org_id" | "erased_at" | "erased_there_at">,
  { id: `pym_${string}`; mode: Mode; provider: "stripe" | "paypal" }
>;

const METHOD = `id, mode, account_id, provider, provider_method_id, provider_customer_id, kind, brand, last4, exp_month,
  exp_year, email, is_default, created_at, detached_at`;

/** Those that can be paid by; the default first, then the newest. */
export function listMethods(tx: Tx, org: OrgId, mode: Mode): Promise<MethodRow[]> {
  return tx.query(
    "billing.methods",
    `select ${METHOD} from billing.payment_methods where org_id = $1 and mode = $2 and detached_at is null
     order by is_default desc, created_at desc, id desc limit 200`,
    [org, mode],
  );
}

export async function findMethod(tx: Tx, org: OrgId, mode: Mode, id: string): Promise<MethodRow | null> {
  const [row] = await tx.query<MethodRow>(
    "billing.method",
    `select ${METHOD} from billing.payment_methods
     where org_id = $1 and mode = $2 and id = $3 and detached_at is null`,
    [org, mode, id],
  );
  return row ?? null;
}

/** Makes the organization's methods those that the company has of this customer. */
export async function replaceMethods(
  tx: Tx,
  org: OrgId,
  wanted: { account: PayAccount; found: CustomerFact & { deleted: false }; now: Date },
): Promise<void> {
  const { account, found, now } = wanted;
  const rows = found.methods.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await tx.query(
    "billing.methods_detach",
    `update billing.payment_methods set is_default = false, detached_at = coalesce(detached_at, $4)
     where org_id = $1 and account_id = $2 and not provider_method_id = any($3::text[])`,
    [org, account.id, rows.map(({ id }) => id), now],
  );
  await tx.query(
    "billing.methods_save",
    `insert into billing.payment_methods (org_id, id, mode, account_id, provider, provider_method_id, provider_customer_id,
       kind, brand, last4, exp_month, exp_year, email, is_default, created_at)
     select $1, n.id, $3, $2, $6, n.method, $4, n.kind, n.brand, n.last4, n.exp_month, n.exp_year, n.email, n.is_default,
       n.created_at
     from jsonb_to_recordset($5::jsonb) as n (id text, method text, kind text, brand text, last4 text, exp_month int,
       exp_year int, email text, is_default boolean, created_at timestamptz)
     order by n.method
     on conflict (org_id, account_id, provider_method_id) do update set detached_at = null,
       provider_customer_id = excluded.provider_customer_id, brand = excluded.brand, last4 = excluded.last4,
       exp_month = excluded.exp_month, exp_year = excluded.exp_year, email = excluded.email,
       is_default = excluded.is_default
     where payment_methods.erased_at is null`,
    [
      org,
      account.id,
      account.mode,
      found.id,
      JSON.stringify(
        rows.map((row) => ({
          id: newId("pym"),
          method: row.id,
          kind: row.kind,
          brand: row.brand,
          last4: row.last4,
          exp_month: row.expMonth,
          exp_year: row.expYear,
          email: row.email,
          is_default: row.id === found.defaultMethodId,
          created_at: row.createdAt,
        })),
      ),
      account.provider,
    ],
  );
}

/** With a customer that was deleted goes what it paid by. */
export async function detachAll(
  tx: Tx,
  org: OrgId,
  accountId: string,
  customerId: string,
  now: Date,
): Promise<void> {
  await tx.query(
    "billing.methods_detach_all",
    `update billing.payment_methods set is_default = false, detached_at = $4
     where org_id = $1 and account_id = $2 and provider_customer_id = $3 and detached_at is null`,
    [org, accountId, customerId, now],
  );
}

/** Among those of its account; where the company knows no default, ours counts. */
export async function setDefault(tx: Tx, org: OrgId, accountId: string, id: string): Promise<void> {
  await tx.query(
    "billing.method_default",
    `update billing.payment_methods set is_default = (id = $3)
     where org_id = $1 and account_id = $2 and detached_at is null`,
    [org, accountId, id],
  );
}
