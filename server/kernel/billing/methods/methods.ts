import { CompanyFault } from "../../../platform/calls/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { HostedPage } from "../../../vendors/stripe/index.ts";
import { audit } from "../../identity/index.ts";
import type { Mode } from "../../ledger/index.ts";
import { refreshCustomer } from "../payers/apply-customer.ts";
import { withCustomer } from "../payers/ensure-customer.ts";
import type { BillingDeps } from "../deps.ts";
import { invalid, ownUrl } from "../own-url.ts";
import { billingProblems } from "../problems.ts";
import { asking } from "../subscriptions/company-answer.ts";
import { findLive } from "../subscriptions/store.ts";
import { findTopup } from "../topups/store.ts";
import { findMethod, listMethods, setDefault, type MethodRow } from "./store.ts";
import { refreshWallets, setUpWallet, settleOpenSetups } from "./wallets.ts";

export type { MethodRow };

type Who = { orgId: OrgId; actorId: string; mode: Mode };

/** What can be paid by. Whoever has just come back from PayPal's page finds the wallet here: that is asked for on the way. */
export async function readMethods(deps: BillingDeps, org: OrgId, mode: Mode): Promise<MethodRow[]> {
  await settleOpenSetups(deps, org);
  return read(deps, org, mode);
}

const read = ({ db }: BillingDeps, org: OrgId, mode: Mode): Promise<MethodRow[]> =>
  withTx(db, org, (tx) => listMethods(tx, org, mode));

/**
 * Where a card or wallet is given and, where its bank asks, confirmed; nothing is charged. It is listed once the company
 * tells of it. 422 for a company that is not offered, 502 `provider_refused`, 503 `provider_unavailable`.
 */
export function setUpMethod(
  deps: BillingDeps,
  input: Who & {
    provider: "stripe" | "paypal";
    successUrl?: string | undefined;
    cancelUrl?: string | undefined;
    operationId: Id<"idk">;
  },
): Promise<HostedPage> {
  const path = "/payment-methods";
  const successUrl = ownUrl(deps.baseUrl, input.successUrl, "/success_url", `${path}?added=1`);
  const cancelUrl = ownUrl(deps.baseUrl, input.cancelUrl, "/cancel_url", path);
  const { operationId, orgId } = input;
  if (input.provider === "paypal" && !deps.paypal) throw invalid("/provider", "is not offered here");
  const mode = input.provider === "paypal" ? deps.paypal?.api.mode : deps.stripe.mode;
  if (input.mode !== mode) throw new Problem(common.forbidden, { detail: "No account of this mode" });
  if (input.provider === "paypal" && deps.paypal) {
    const { paypal } = deps;
    return asking(() => setUpWallet(deps, paypal, { orgId, id: operationId, successUrl, cancelUrl }));
  }
  return asking(() =>
    withCustomer(deps, orgId, { id: operationId, attempt: 1 }, (customerId, mark) =>
      deps.stripe.createSetupSession({
        customerId,
        holdfastId: operationId,
        successUrl,
        cancelUrl,
        // Nothing is charged by a second page, and a 5xx that is kept under a key must not stand in its way.
        idempotencyKey: `${operationId}:setup:${deps.clock.now().getTime()}${mark}`,
      }),
    ),
  );
}

/** From now on what its company charges is charged to it, a plan that runs too. 404 for another organization's. */
export async function chooseMethod(deps: BillingDeps, who: Who, id: string): Promise<MethodRow[]> {
  const method = await note(deps, who, id, "payment_method.default");
  const { provider_customer_id: customer, provider_method_id: methodId } = method;
  if (method.provider === "paypal") {
    await withTx(deps.db, who.orgId, (tx) => setDefault(tx, who.orgId, method.account_id, id));
    deps.hub.publish("payment_method.updated", who.orgId);
    return read(deps, who.orgId, who.mode);
  }
  const live = await withTx(deps.db, who.orgId, (tx) => findLive(tx, who.orgId, who.mode));
  const subscription = live?.provider === "stripe" ? live.provider_subscription_id : null;
  await asking(async () => {
    // The same choice may be made again after another: what was answered to the first must not answer it.
    const key = `${id}:default:${deps.clock.now().getTime()}`;
    // It has a card of its own, which would outrank the customer's.
    if (subscription !== null) await deps.stripe.chargeTo(subscription, methodId, `${key}:plan`);
    await deps.stripe.setDefaultMethod(customer, methodId, key);
    await refreshCustomer(deps, who.orgId, customer);
  });
  return read(deps, who.orgId, who.mode);
}

/** Takes it away from the company too. 409 `needed_by_subscription`, `needed_by_auto_topup` while that is charged to it. */
export async function removeMethod(deps: BillingDeps, who: Who, id: string): Promise<MethodRow[]> {
  if (await isNeeded(deps, who, id)) throw new Problem(billingProblems.needed_by_subscription);
  const topup = await withTx(deps.db, who.orgId, (tx) => findTopup(tx, who.orgId, who.mode));
  if (topup?.enabled && topup.method_id === id) throw new Problem(billingProblems.needed_by_auto_topup);
  const method = await note(deps, who, id, "payment_method.removed");
  await asking(async () => {
    const refused = await takeAway(deps, method);
    if (method.provider === "stripe") await refreshCustomer(deps, who.orgId, method.provider_customer_id);
    else if (deps.paypal) await refreshWallets(deps, deps.paypal, who.orgId, method.provider_customer_id);
    // What was taken away there already is refused, and gone all the same.
    const isLeft = await withTx(deps.db, who.orgId, (tx) => findMethod(tx, who.orgId, who.mode, id));
    if (isLeft && refused) throw refused;
  });
  return read(deps, who.orgId, who.mode);
}

/** The company's no, if that is its answer. */
async function takeAway(deps: BillingDeps, method: MethodRow): Promise<CompanyFault | null> {
  const { id, provider_method_id: methodId } = method;
  try {
    if (method.provider === "stripe")
      await deps.stripe.detachMethod(methodId, `${id}:detach:${deps.clock.now().getTime()}`);
    else await deps.paypal?.api.forgetWallet(methodId);
    return null;
  } catch (error) {
    if (error instanceof CompanyFault && error.kind !== "unavailable") return error;
    throw error;
  }
}

/** A plan that goes on is charged to its own method, else to the customer's default; the last one left is needed in any case. */
async function isNeeded(deps: BillingDeps, { orgId, mode }: Who, id: string): Promise<boolean> {
  const { all, live } = await withTx(deps.db, orgId, async (tx) => ({
    all: await listMethods(tx, orgId, mode),
    live: await findLive(tx, orgId, mode),
  }));
  const mine = all.find((row) => row.id === id);
  if (!mine) throw new Problem(common.not_found);
  // A subscription by PayPal is agreed to on its own, and charged to no wallet that is kept here.
  const subscription = live?.provider === "stripe" ? live.provider_subscription_id : null;
  if (mine.provider !== "stripe" || subscription === null || live?.cancel_at_period_end) return false;
  if (all.filter(({ provider }) => provider === "stripe").length === 1) return true;
  const { methodId } = await asking(() => deps.stripe.fetchSubscription(subscription));
  return methodId === null ? mine.is_default : methodId === mine.provider_method_id;
}

function note(deps: BillingDeps, who: Who, id: string, action: string): Promise<MethodRow> {
  return withTx(deps.db, who.orgId, async (tx) => {
    const method = await findMethod(tx, who.orgId, who.mode, id);
    if (!method) throw new Problem(common.not_found);
    const { orgId, actorId } = who;
    await audit(tx, deps.clock.now(), { orgId, actorId, action, targetId: id, detail: {} });
    return method;
  });
}
