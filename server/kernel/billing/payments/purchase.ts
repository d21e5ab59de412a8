import { type Tx, withTx } from "../../../platform/db/index.ts";
import { newId, type Id, type OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { canTake } from "../../../vendors/paypal/index.ts";
import { audit } from "../../identity/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { Provider } from "./fact.ts";
import { invalid, ownUrl } from "../own-url.ts";
import { creditsOf, type Credits } from "./pack.ts";
import { carryOn } from "./resume.ts";
import type { StartedSession } from "./start-session.ts";
import { insertPayment, placeObjects } from "./store.ts";

export type PurchaseInput = {
  orgId: OrgId;
  /** Who buys: a user, or a key. */
  actorId: string;
  mode: "test" | "live";
  wanted: { packKey: string } | { amountMinor: bigint };
  provider: Provider;
  successUrl?: string | undefined;
  cancelUrl?: string | undefined;
  /** Of the Idempotency-Key; a retry carries the same row on. */
  operationId: Id<"idk">;
};

/**
 * Starts buying a pack, or credits for an amount: our row first, committed, then the company's checkout under a key made of
 * the row, then the row with the checkout. Called again with the same operation it goes on from wherever it was cut off. 422 for an unknown pack, a
 * company that is not offered or an address elsewhere, 502 `provider_refused`, 503 `provider_unavailable`; the row is kept in both.
 */
export async function purchase(deps: BillingDeps, input: PurchaseInput): Promise<StartedSession> {
  const bought = whatFor(deps, input.wanted);
  const account = accountOf(deps, input.provider, bought);
  // A company's key belongs to one mode; the other's money must not be taken with it.
  if (input.mode !== account.mode) throw new Problem(common.forbidden, { detail: "No account of this mode" });
  const urls = {
    success_url: ownUrl(
      deps.baseUrl,
      input.successUrl,
      "/success_url",
      "/credits/return?session_id={CHECKOUT_SESSION_ID}",
    ),
    cancel_url: ownUrl(deps.baseUrl, input.cancelUrl, "/cancel_url", "/credits"),
  };
  const payment = await withTx(deps.db, input.orgId, async (tx) => {
    const id = newId("pay");
    const row = await insertPayment(tx, input.orgId, {
      id,
      mode: input.mode,
      account_id: account.id,
      provider: input.provider,
      pack_key: bought.key,
      amount_minor: bought.amountMinor,
      currency: bought.currency,
      credits_micros: bought.creditsMicros,
      ...urls,
      created_at: deps.clock.now(),
      operation_id: input.operationId,
      created_by: input.actorId,
    });
    // A retry carries on a row that is there, and in the trail.
    if (row.id === id) await note(tx, deps, input, bought, id);
    await placeObjects(tx, row.account_id, [{ object_id: row.id, org_id: input.orgId, payment_id: row.id }]);
    tx.afterCommit(() => deps.hub.publish("payment.updated", input.orgId, { payment_ids: [row.id] }));
    return row;
  });
  return carryOn(deps, input.orgId, payment);
}

function whatFor({ packs }: BillingDeps, wanted: PurchaseInput["wanted"]): Credits {
  if ("amountMinor" in wanted) return creditsOf(wanted.amountMinor);
  const pack = packs.find(({ key }) => key === wanted.packKey);
  if (!pack) throw invalid("/pack_key", "is not a pack that we sell");
  return pack;
}

/** Who sells by this company. */
function accountOf(
  { accountId, paypal, stripe }: BillingDeps,
  provider: Provider,
  price: Credits,
): { id: string; mode: "test" | "live" } {
  if (provider === "stripe") return { id: accountId, mode: stripe.mode };
  if (!paypal) throw invalid("/provider", "is not offered here");
  if (!canTake(price)) throw invalid("/provider", "does not take this price");
  return { id: paypal.accountId, mode: paypal.api.mode };
}

const note = (
  tx: Tx,
  { clock }: BillingDeps,
  input: PurchaseInput,
  { key, amountMinor, currency }: Credits,
  id: Id<"pay">,
): Promise<void> =>
  audit(tx, clock.now(), {
    orgId: input.orgId,
    actorId: input.actorId,
    action: "purchase.started",
    targetId: id,
    detail: {
      pack: key,
      provider: input.provider,
      amount_minor: Number(amountMinor),
      currency,
    },
  });
