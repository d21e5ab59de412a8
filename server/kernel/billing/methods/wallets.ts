import { addMs } from "../../../platform/clock.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { withOperatorTx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { context } from "../../../platform/telemetry/index.ts";
import type { HostedPage } from "../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../deps.ts";
import { applyCustomer } from "../payers/apply-customer.ts";
import type { CustomerFetched, PayAccount } from "../payers/customer.ts";
import { findCustomer, insertCustomer, nameCustomer } from "../payers/store.ts";
import type { Account } from "../payments/paypal/prepare.ts";
import { drawFetchSeq } from "../payments/store.ts";
import { askedSetup, findOpenSetups, insertSetup, listSilentSetups, type SetupRow } from "./setup-store.ts";

/** PayPal keeps a setup for its buyer so long. */
const SETUP_LIFE_MS = 3 * 86_400_000;
/** Asked again after this time: when somebody looks, and when nobody does. */
const FRESH_MS = 2_000;
const SILENT_MS = 15 * 60_000;
const AT_ONCE = 20;

export const paypalAccount = ({ api, accountId }: Account): PayAccount => ({
  id: accountId,
  mode: api.mode,
  provider: "paypal",
});

/** Our name of the organization as a customer there: the id's 128 bits in the 22 letters that PayPal takes. */
const customerName = (org: OrgId): string =>
  Buffer.from(org.slice("org_".length), "hex").toString("base64url");

/** The page where a wallet's owner agrees that it is kept. Throws `PaypalFault`. */
export async function setUpWallet(
  deps: BillingDeps,
  { api, accountId }: Account,
  { orgId: org, id, ...urls }: { orgId: OrgId; id: string; successUrl: string; cancelUrl: string },
): Promise<HostedPage> {
  const { clock, db } = deps;
  const known = await withTx(db, org, async (tx) => {
    await insertCustomer(tx, org, accountId, clock.now());
    return findCustomer(tx, org, accountId);
  });
  const wanted = known?.providerId ?? customerName(org);
  const setup = await api.createSetup({
    customerId: wanted,
    returnUrl: urls.successUrl,
    cancelUrl: urls.cancelUrl,
    requestId: `${id}:setup`,
  });
  assert(setup.approveUrl, "a new setup has the page where it is agreed to");
  const expiresAt = addMs(clock.now(), SETUP_LIFE_MS);
  await withTx(db, org, async (tx) => {
    const customer = { id: setup.customerId ?? wanted, toldVersion: 1 };
    await nameCustomer(tx, org, accountId, customer);
    await insertSetup(tx, org, {
      id,
      mode: api.mode,
      account_id: accountId,
      provider_setup_id: setup.id,
      expires_at: expiresAt,
      asked_at: clock.now(),
    });
  });
  return { id: setup.id, url: setup.approveUrl, expiresAt };
}

/** Those of one organization, when somebody looks. While PayPal is away they are left for later. */
export async function settleOpenSetups(deps: BillingDeps, org: OrgId): Promise<void> {
  const { clock, db, paypal } = deps;
  if (!paypal) return;
  const before = addMs(clock.now(), -FRESH_MS);
  const open = await withTx(db, org, (tx) => findOpenSetups(tx, org, paypal.accountId, before, AT_ONCE));
  for (const row of open) {
    try {
      await settleSetup(deps, paypal, org, row);
    } catch (error) {
      if (!(error instanceof CompanyFault)) throw error;
      context()?.note("paypal_fault", error.code);
    }
  }
}

/** Those whose owners never came back, of all organizations; how many were asked for. */
export async function sweepSetups(deps: BillingDeps, account: Account, signal: AbortSignal): Promise<number> {
  const { clock, db, logger } = deps;
  const before = addMs(clock.now(), -SILENT_MS);
  const due = await withOperatorTx(db, (tx) => listSilentSetups(tx, account.accountId, before, AT_ONCE));
  let asked = 0;
  for (const { org_id: org, ...row } of due) {
    if (signal.aborted) break;
    try {
      await settleSetup(deps, account, org, row);
      asked += 1;
    } catch (err) {
      if (err instanceof CompanyFault && err.kind === "unavailable") return asked;
      // One that cannot be settled must not hold up those behind it.
      logger.error({ err, setup_id: row.id }, "wallet not kept");
    }
  }
  return asked;
}

/** Keeps the wallet once its owner has agreed: PayPal tells of no such thing by itself. */
async function settleSetup(deps: BillingDeps, account: Account, org: OrgId, row: SetupRow): Promise<void> {
  const { clock, db } = deps;
  const asked = (isDone: boolean) =>
    withTx(db, org, (tx) => askedSetup(tx, org, row.id, clock.now(), isDone));
  // Before the question, so that one that always fails waits for its turn like the others.
  await asked(false);
  const customerId = await ask(account, row);
  if (customerId !== null) await refreshWallets(deps, account, org, customerId);
  if (customerId !== null || row.expires_at <= clock.now()) await asked(true);
}

/** Whose wallets to look at; null while nobody has agreed. */
async function ask({ api }: Account, row: SetupRow): Promise<string | null> {
  try {
    const setup = await api.getSetup(row.provider_setup_id);
    if (setup.status === "APPROVED") {
      const wallet = await api.keepWallet(setup.id, `${row.id}:keep`);
      return wallet.customerId ?? setup.customerId;
    }
    // Kept by an earlier call, whose answer was lost.
    return setup.status === "VAULTED" ? setup.customerId : null;
  } catch (error) {
    if (error instanceof CompanyFault && error.kind === "not_found") return null;
    throw error;
  }
}

/** All wallets of a customer, as PayPal has them now. */
export async function fetchWallets(
  { clock, db }: Pick<BillingDeps, "clock" | "db">,
  { api }: Account,
  customerId: string,
): Promise<CustomerFetched> {
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const wallets = await api.listWallets(customerId);
  const methods = wallets.map(({ id, email }) => ({
    id,
    kind: "paypal",
    brand: null,
    last4: null,
    expMonth: null,
    expYear: null,
    email,
    // PayPal does not say since when; what is known already keeps its time.
    createdAt: clock.now(),
  }));
  return { found: { id: customerId, deleted: false, defaultMethodId: null, methods }, fetchSeq };
}

/** Asks, and applies the answer. Throws `PaypalFault`. */
export async function refreshWallets(
  deps: BillingDeps,
  account: Account,
  org: OrgId,
  customerId: string,
): Promise<void> {
  const fetched = await fetchWallets(deps, account, customerId);
  await withTx(deps.db, org, (tx) =>
    applyCustomer(deps, tx, org, paypalAccount(account), fetched, deps.clock.now()),
  );
}
