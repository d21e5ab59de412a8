import { withSystemTx } from "../../../platform/db/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { Plan, PlanPrice } from "./plan.ts";
import { findPrice, savePrice } from "./price-store.ts";

type Deps = Pick<BillingDeps, "db" | "clock" | "stripe" | "accountId">;

/** The id of a plan's price at the company, made there when it is missing. An amount is never edited: it is another price. */
export async function ensurePrice(
  deps: Deps,
  plan: Plan,
  { currency, period, amountMinor }: PlanPrice,
): Promise<string> {
  const { accountId, clock, db, stripe } = deps;
  const key = { accountId, versionId: plan.versionId, currency, period };
  const known = await withSystemTx(db, (tx) => findPrice(tx, key));
  if (known) return known;
  const productId = `holdfast_${plan.key}`;
  await stripe.ensureProduct({ id: productId, name: plan.name });
  const { id } = await stripe.createPrice({
    productId,
    amountMinor,
    currency,
    period,
    holdfastId: plan.versionId,
    idempotencyKey: `${plan.versionId}:price:${currency}:${period}`,
  });
  return withSystemTx(db, async (tx) => {
    await savePrice(tx, key, { productId, priceId: id }, clock.now());
    return (await findPrice(tx, key)) ?? id;
  });
}

export type PlannedPrice = {
  plan: string;
  currency: string;
  interval: PlanPrice["period"];
  amount_minor: bigint;
  price_id: string | null;
};

/** Every price of today's plans at the company: those that are missing are made, or only told of. */
export async function syncPlans(
  deps: Deps & Pick<BillingDeps, "plans">,
  dryRun: boolean,
): Promise<PlannedPrice[]> {
  const found: PlannedPrice[] = [];
  for (const plan of deps.plans.list)
    for (const price of plan.prices) {
      const key = { accountId: deps.accountId, versionId: plan.versionId, ...price };
      const price_id = dryRun
        ? await withSystemTx(deps.db, (tx) => findPrice(tx, key))
        : await ensurePrice(deps, plan, price);
      const { currency, period: interval, amountMinor: amount_minor } = price;
      found.push({ plan: plan.key, currency, interval, amount_minor, price_id });
    }
  return found;
}
