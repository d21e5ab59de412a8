import { type Tx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { isNews, type Effect } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import { detachAll, listMethods, replaceMethods } from "../methods/store.ts";
import { drawFetchSeq } from "../payments/store.ts";
import type { CustomerFact, CustomerFetched, PayAccount } from "./customer.ts";
import { buryCustomer, lockCustomer, setFetchSeq } from "./store.ts";

/** Asks for a customer whole. Throws `StripeFault`. */
export async function fetchCustomer(
  { db, stripe }: Pick<BillingDeps, "db" | "stripe">,
  customerId: string,
): Promise<CustomerFetched> {
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const found = await stripe.fetchCustomer(customerId);
  if (found.deleted) return { found, fetchSeq };
  return {
    found: { ...found, methods: found.methods.map((one) => ({ ...one, email: null })) },
    fetchSeq,
  };
}

export const stripeAccount = ({ accountId, stripe }: BillingDeps): PayAccount => ({
  id: accountId,
  mode: stripe.mode,
  provider: "stripe",
});

/**
 * Makes our rows what the company has: only an answer that was asked for later than the last one counts, so that every order
 * of events ends in the company's state. A customer deleted there becomes a tombstone.
 */
export async function applyCustomer(
  { hub }: Pick<BillingDeps, "hub">,
  tx: Tx,
  org: OrgId,
  account: PayAccount,
  { found, fetchSeq }: CustomerFetched,
  now: Date,
): Promise<Effect[]> {
  const row = await lockCustomer(tx, org, account.id);
  // What was erased is not learned again.
  if (!row || row.erased || row.providerId !== found.id || fetchSeq <= row.fetchSeq) return [];
  const before = await listMethods(tx, org, account.mode);
  if (found.deleted) {
    await buryCustomer(tx, org, account.id, found.id);
    await detachAll(tx, org, account.id, found.id, now);
  } else {
    const whole = account.provider === "paypal" ? await withOurDefault(tx, org, account, found) : found;
    await replaceMethods(tx, org, { account, found: whole, now });
  }
  await setFetchSeq(tx, org, account.id, fetchSeq);
  tx.afterCommit(() => hub.publish("payment_method.updated", org));
  const isNew = found.deleted || isNews(before, await listMethods(tx, org, account.mode));
  return isNew ? [{ kind: "customer", id: found.id }] : [];
}

type Found = CustomerFact & { deleted: false };

/** The one that was chosen here stays the default; until one is, it is the first. */
async function withOurDefault(tx: Tx, org: OrgId, account: PayAccount, found: Found): Promise<Found> {
  const known = await listMethods(tx, org, account.mode);
  const chosen = known.find((row) => row.account_id === account.id && row.is_default)?.provider_method_id;
  const isThere = found.methods.some(({ id }) => id === chosen);
  return { ...found, defaultMethodId: isThere && chosen ? chosen : (found.methods[0]?.id ?? null) };
}

/** Asks, and applies the answer. Throws `StripeFault`. */
export async function refreshCustomer(deps: BillingDeps, org: OrgId, customerId: string): Promise<void> {
  const fetched = await fetchCustomer(deps, customerId);
  await withTx(deps.db, org, (tx) =>
    applyCustomer(deps, tx, org, stripeAccount(deps), fetched, deps.clock.now()),
  );
}
