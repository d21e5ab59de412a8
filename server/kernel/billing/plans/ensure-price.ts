import { withSystemTx } from "../../../platform/db/index.ts";
import { canTake, type PaypalApi } from "../../../vendors/paypal/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { Plan, PlanPrice } from "./plan.ts";
import { findPrice, savePrice } from "./price-store.ts";

/** Failed payments in a row after which PayPal stops trying: as many as grace allows. */
const MAX_FAILURES = 3;
/** PayPal changes a subscription between plans of one product only. */
const PAYPAL_PRODUCT = "holdfast_plans";

/** A company's account, and how a price is made there. */
export type Seller = {
  accountId: string;
  provider: "stripe" | "paypal";
  /** Where a trial is a part of the price. */
  pricesTrials: boolean;
  canTake(price: PlanPrice): boolean;
  make(
    plan: Plan,
    price: PlanPrice,
    trialDays: number | null,
  ): Promise<{ productId: string; priceId: string }>;
};

export const stripeSeller = ({ stripe, accountId }: Pick<BillingDeps, "stripe" | "accountId">): Seller => ({
  accountId,
  provider: "stripe",
  pricesTrials: false,
  canTake: () => true,
  async make(plan, { amountMinor, currency, period }) {
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
    return { productId, priceId: id };
  },
});

export const paypalSeller = ({ api, accountId }: { api: PaypalApi; accountId: string }): Seller => ({
  accountId,
  provider: "paypal",
  pricesTrials: true,
  canTake,
  async make(plan, { amountMinor, currency, period }, trialDays) {
    await api.ensureProduct({ id: PAYPAL_PRODUCT, name: "Plans" });
    const { id } = await api.createPlan({
      productId: PAYPAL_PRODUCT,
      name: plan.name,
      amountMinor,
      currency,
      period,
      trialDays,
      maxFailures: MAX_FAILURES,
      requestId: `${plan.versionId}:plan:${currency}:${period}:${trialDays ?? 0}`,
    });
    return { productId: PAYPAL_PRODUCT, priceId: id };
  },
});

const keyOf = (seller: Seller, plan: Plan, price: PlanPrice, trialDays: number | null) => ({
  accountId: seller.accountId,
  versionId: plan.versionId,
  currency: price.currency,
  period: price.period,
  trialDays: seller.pricesTrials ? (trialDays ?? 0) : 0,
});

/** The id of a plan's price at the company, made there when it is missing. An amount is never edited: it is another price. */
export async function ensurePrice(
  { db, clock }: Pick<BillingDeps, "db" | "clock">,
  seller: Seller,
  plan: Plan,
  price: PlanPrice,
  trialDays: number | null = null,
): Promise<string> {
  const key = keyOf(seller, plan, price, trialDays);
  const known = await withSystemTx(db, (tx) => findPrice(tx, key));
  if (known) return known;
  const made = await seller.make(plan, price, trialDays);
  return withSystemTx(db, async (tx) => {
    await savePrice(tx, key, made, clock.now());
    return (await findPrice(tx, key)) ?? made.priceId;
  });
}

export type PlannedPrice = {
  provider: Seller["provider"];
  plan: string;
  currency: string;
  interval: PlanPrice["period"];
  amount_minor: bigint;
  trial_days: number | null;
  price_id: string | null;
};

/** Every price of today's plans at each company that takes it: those that are missing are made, or only told of. */
export async function syncPlans(
  deps: Pick<BillingDeps, "db" | "clock" | "stripe" | "accountId" | "paypal" | "plans">,
  dryRun: boolean,
): Promise<PlannedPrice[]> {
  const sellers = [stripeSeller(deps), ...(deps.paypal ? [paypalSeller(deps.paypal)] : [])];
  const found: PlannedPrice[] = [];
  for (const seller of sellers)
    for (const plan of deps.plans.list)
      for (const price of plan.prices.filter((one) => seller.canTake(one)))
        for (const trialDays of seller.pricesTrials && plan.trial ? [null, plan.trial.days] : [null]) {
          const key = keyOf(seller, plan, price, trialDays);
          found.push({
            provider: seller.provider,
            plan: plan.key,
            currency: price.currency,
            interval: price.period,
            amount_minor: price.amountMinor,
            trial_days: trialDays,
            price_id: dryRun
              ? await withSystemTx(deps.db, (tx) => findPrice(tx, key))
              : await ensurePrice(deps, seller, plan, price, trialDays),
          });
        }
  return found;
}
