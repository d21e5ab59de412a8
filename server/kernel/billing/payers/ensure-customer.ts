import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { StripeFault } from "../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../deps.ts";
import { detachAll } from "../methods/store.ts";
import { NOBODY } from "./customer.ts";
import { buryCustomer, findCustomer, insertCustomer, nameCustomer } from "./store.ts";

/** For which row it is made, so that a 5xx which Stripe keeps under its key passes with the attempt. */
type For = { id: string; attempt: number };

/**
 * One customer per organization and account: our row first, then Stripe's object. Of two that are made at once the first
 * saved counts.
 */
export async function ensureCustomer(deps: BillingDeps, org: OrgId, row: For): Promise<string> {
  return (await ensure(deps, org, row)).id;
}

/**
 * Does something with the organization's customer, and once more with a new one when Stripe turns out to have deleted it.
 * `mark` belongs into the call's idempotency key: it differs for each customer that the organization had.
 */
export async function withCustomer<T>(
  deps: BillingDeps,
  org: OrgId,
  row: For,
  act: (customerId: string, mark: string) => Promise<T>,
): Promise<T> {
  const known = await ensure(deps, org, row);
  try {
    return await act(known.id, known.mark);
  } catch (error) {
    if (!(await isGone(deps, known.id, error))) throw error;
    await bury(deps, org, known.id);
    const anew = await ensure(deps, org, row);
    return act(anew.id, anew.mark);
  }
}

/** Keeps a tombstone of a customer that was deleted at the company; with it went what it paid by. */
export function bury(deps: BillingDeps, org: OrgId, customerId: string): Promise<boolean> {
  return withTx(deps.db, org, async (tx) => {
    const buried = await buryCustomer(tx, org, deps.accountId, customerId);
    await detachAll(tx, org, deps.accountId, customerId, deps.clock.now());
    tx.afterCommit(() => deps.hub.publish("payment_method.updated", org));
    return buried;
  });
}

async function ensure(deps: BillingDeps, org: OrgId, row: For): Promise<{ id: string; mark: string }> {
  const { accountId, clock, db, stripe } = deps;
  const known = await withTx(db, org, async (tx) => {
    await insertCustomer(tx, org, accountId, clock.now());
    return (await findCustomer(tx, org, accountId)) ?? NOBODY;
  });
  const mark = known.deletions === 0 ? "" : `:${known.deletions}`;
  if (known.providerId !== null) return { id: known.providerId, mark };
  const { id } = await stripe.createCustomer({
    holdfastId: org,
    profile: known,
    idempotencyKey: `${row.id}:customer:${row.attempt}${mark}`,
  });
  return withTx(db, org, async (tx) => {
    // Tax ids are told apart.
    const toldVersion = known.taxIds.length === 0 ? known.version : 0;
    await nameCustomer(tx, org, accountId, { id, toldVersion });
    return { id: (await findCustomer(tx, org, accountId))?.providerId ?? id, mark };
  });
}

async function isGone({ stripe }: BillingDeps, customerId: string, error: unknown): Promise<boolean> {
  if (!(error instanceof StripeFault) || error.code !== "resource_missing") return false;
  return (await stripe.fetchCustomer(customerId)).deleted;
}
