/** SQL of where prices are found at a company. */
import type { Tx } from "../../../platform/db/index.ts";
import type { Period } from "./plan.ts";

export type PriceKey = {
  accountId: string;
  versionId: string;
  currency: string;
  period: Period;
  /** Where a trial is a part of the price; else 0. */
  trialDays: number;
};

export async function findPrice(tx: Tx, key: PriceKey): Promise<string | null> {
  const [row] = await tx.query<{ provider_price_id: string }>(
    "billing.price",
    `select provider_price_id from billing.plan_prices
     where account_id = $1 and version_id = $2 and currency = $3 and period = $4 and trial_days = $5`,
    [key.accountId, key.versionId, key.currency, key.period, key.trialDays],
  );
  return row?.provider_price_id ?? null;
}

/** The first id wins. */
export async function savePrice(
  tx: Tx,
  key: PriceKey,
  ids: { productId: string; priceId: string },
  now: Date,
): Promise<void> {
  await tx.query(
    "billing.price_save",
    `insert into billing.plan_prices (account_id, version_id, currency, period, provider_product_id, provider_price_id,
       created_at, trial_days)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [key.accountId, key.versionId, key.currency, key.period, ids.productId, ids.priceId, now, key.trialDays],
  );
}

/** Which price of ours a company's is; null for one that is not. */
export async function findPriceSold(
  tx: Tx,
  accountId: string,
  priceId: string,
): Promise<{ version_id: string; currency: string; period: Period } | null> {
  const [row] = await tx.query<{ version_id: string; currency: string; period: Period }>(
    "billing.price_sold",
    `select version_id, currency, period from billing.plan_prices where account_id = $1 and provider_price_id = $2`,
    [accountId, priceId],
  );
  return row ?? null;
}
