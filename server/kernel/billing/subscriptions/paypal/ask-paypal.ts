import { addMs } from "../../../../platform/clock.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import type { PaypalApi, PaypalRefund } from "../../../../vendors/paypal/index.ts";
import { RuleBroken } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { priceOf } from "../../plans/plan.ts";
import { findPriceSold } from "../../plans/price-store.ts";
import type { Told } from "../company.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { toldOf, type Sold } from "./told.ts";

export type Account = { api: PaypalApi; accountId: string };

const DAY_MS = 86_400_000;
/** A payment may be listed late, or be pending for some days under its own time. */
const LATE_MS = 14 * DAY_MS;
const AHEAD_MS = 5 * 60_000;

/** `refund`: one that was told of, which no list shows. */
export type Looking = { since?: Date | null; refund?: PaypalRefund | null };

/**
 * A subscription as PayPal has it now, with what it paid since we last asked, or since `since`. Null for one that nobody has
 * agreed to yet. Throws `PaypalFault`, and `RuleBroken` for another's subscription or a price that cannot be read.
 */
export async function askPaypal(
  deps: Pick<BillingDeps, "db" | "clock" | "versions">,
  { api, accountId }: Account,
  row: SubscriptionRow,
  id: string,
  { since = null, refund = null }: Looking = {},
): Promise<Told | null> {
  const found = await api.getSubscription(id);
  if (found.customId !== row.id)
    throw new RuleBroken(
      "foreign_subscription",
      `It belongs to ${found.customId ?? "nobody"}, not to ${row.id}`,
    );
  if (found.status === "APPROVAL_PENDING" || found.status === "APPROVED") return null;
  const from = addMs(since && since < row.as_of ? since : row.as_of, -LATE_MS);
  const payments = await api.listPayments(id, { from, to: addMs(deps.clock.now(), AHEAD_MS) });
  const sold = await findSold(deps, api, accountId, found.planId);
  return toldOf(row, found, sold, payments, refund ? [refund] : []);
}

/** What a plan at PayPal costs: as we made it there, else as it says itself. */
async function findSold(
  { db, versions }: Pick<BillingDeps, "db" | "versions">,
  api: PaypalApi,
  accountId: string,
  planId: string,
): Promise<Sold> {
  const ours = await withSystemTx(db, async (tx) => {
    const known = await findPriceSold(tx, accountId, planId);
    if (!known) return null;
    const plan = await versions.get(tx, known.version_id);
    const price = priceOf(plan, known.period, known.currency);
    return price && { unitMinor: price.amountMinor, name: plan.name, ...price };
  });
  if (ours) return ours;
  const { price } = await api.getPlan(planId);
  if (!price) throw new RuleBroken("unknown_price", `PayPal's plan ${planId} is not priced by month or year`);
  return { unitMinor: price.amountMinor, currency: price.currency, period: price.period, name: planId };
}
