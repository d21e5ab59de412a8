import { addMs } from "../../../platform/clock.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { withOperatorTx, withTx, type Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { BillingDeps } from "../deps.ts";
import { billingProblems } from "../problems.ts";
import { cancel } from "../subscriptions/changes/cancel.ts";
import {
  listCustomerCopies,
  listWalletCopies,
  noteCustomerErased,
  noteWalletErased,
  postponeCustomer,
  postponeWallet,
  type CustomerCopy,
  type WalletCopy,
} from "./erasure-store.ts";

const AT_ONCE = 20;
const MINUTE_MS = 60_000;

/**
 * Erases at the companies what was erased here: the plan ends, Stripe's customer is deleted with all that it pays by, PayPal
 * forgets wallets. Each may be done twice. Whoever is away is asked again in a minute; how many were erased.
 */
export async function eraseCopies(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const { clock, db, logger, paypal } = deps;
  const accounts = [deps.accountId, ...(paypal ? [paypal.accountId] : [])];
  const { customers, wallets } = await withOperatorTx(db, async (tx) => ({
    customers: await listCustomerCopies(tx, accounts, clock.now(), AT_ONCE),
    wallets: paypal ? await listWalletCopies(tx, paypal.accountId, clock.now(), AT_ONCE) : [],
  }));
  const copies = [
    ...customers.map((copy) => ({
      orgId: copy.org_id,
      id: copy.account_id,
      erase: () => eraseCustomer(deps, copy),
      postpone: (tx: Tx, until: Date) => postponeCustomer(tx, copy, until),
    })),
    ...wallets.map((copy) => ({
      orgId: copy.org_id,
      id: copy.id,
      erase: () => forgetWallet(deps, copy),
      postpone: (tx: Tx, until: Date) => postponeWallet(tx, copy, until),
    })),
  ];
  let erased = 0;
  for (const { orgId, id, erase, postpone } of copies) {
    if (signal.aborted) return erased;
    try {
      await erase();
      erased += 1;
    } catch (err) {
      if (!(err instanceof CompanyFault || err instanceof Problem)) throw err;
      // One that cannot be erased must not hold up those behind it.
      logger.warn({ err, org_id: orgId, copy_id: id }, "payer not erased there yet");
      const later = addMs(clock.now(), MINUTE_MS);
      await withTx(db, orgId, (tx) => postpone(tx, later));
    }
  }
  return erased;
}

async function eraseCustomer(deps: BillingDeps, copy: CustomerCopy): Promise<void> {
  const { provider_customer_id: customerId } = copy;
  await endPlan(deps, copy.org_id);
  if (customerId !== null && copy.account_id === deps.accountId) await deps.stripe.deleteCustomer(customerId);
  await withTx(deps.db, copy.org_id, (tx) => noteCustomerErased(tx, copy, deps.clock.now()));
}

/** Nobody is there any more who could end it, and nothing may be charged for it. */
async function endPlan(deps: BillingDeps, orgId: OrgId): Promise<void> {
  const { mode } = deps.stripe;
  try {
    await cancel(deps, { orgId, mode, actorId: "system", at: "now", operationId: newId("idk") });
  } catch (error) {
    if (!(error instanceof Problem && error.kind === billingProblems.not_subscribed)) throw error;
  }
}

async function forgetWallet({ clock, db, paypal }: BillingDeps, copy: WalletCopy): Promise<void> {
  await paypal?.api.forgetWallet(copy.provider_method_id);
  await withTx(db, copy.org_id, (tx) => noteWalletErased(tx, copy, clock.now()));
}
