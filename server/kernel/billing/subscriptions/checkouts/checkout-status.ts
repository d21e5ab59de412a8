import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import { CompanyFault } from "../../../../platform/calls/index.ts";
import { context } from "../../../../platform/telemetry/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { CheckoutAnswer } from "../../payments/checkout-status.ts";
import type { Questions } from "../../questions.ts";
import { findSubscriptionPlaces } from "../places.ts";
import { refreshCheckout } from "../refresh.ts";
import { refreshFirst } from "./give-up.ts";
import { findSubscription } from "../store.ts";
import type { SubscriptionRow, SubscriptionStatus } from "../subscription.ts";

/** Our open state is believed this long. */
const FRESH_MS = 2_000;

const STATUS: Record<SubscriptionStatus, CheckoutAnswer["status"]> = {
  creating: "open",
  incomplete: "open",
  trialing: "paid",
  active: "paid",
  past_due: "paid",
  suspended: "paid",
  paused: "paid",
  canceled: "expired",
  duplicate: "failed",
};

/** How a subscription's checkout stands, for the holder of its id; null where the id is none of a subscription. */
export async function subscriptionStatus(
  deps: BillingDeps,
  questions: Questions,
  id: string,
): Promise<CheckoutAnswer | null> {
  const place = await findPlace(deps, id);
  if (!place) return null;
  const { org_id: org, subscription_id } = place;
  const read = () => withTx(deps.db, org, (tx) => findSubscription(tx, org, subscription_id));
  let row = await read();
  if (row && isStale(row, deps.clock.now())) {
    const stale = row;
    await questions.ask(row.id, () => refresh(deps, stale));
    row = await read();
  }
  if (!row) return null;
  const { amount_minor, currency, quantity, status } = row;
  return {
    status: STATUS[status],
    amount_minor: amount_minor * BigInt(quantity),
    currency,
    purpose: "subscription",
    // A gift has no checkout.
    provider: row.provider === "paypal" ? "paypal" : "stripe",
  };
}

/** While the company is away or slow, what we know is the answer. */
async function refresh(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  try {
    await (row.session_id === null ? refreshFirst(deps, row) : refreshCheckout(deps, row));
  } catch (error) {
    if (!(error instanceof CompanyFault)) throw error;
    context()?.note(`${error.company}_fault`, error.code);
  }
}

/** Ids are unique per account; a holder does not know which company it was. */
function findPlace({ db, accountId, paypal }: BillingDeps, id: string) {
  return withSystemTx(db, async (tx) => {
    const [place] = await findSubscriptionPlaces(tx, accountId, [id]);
    return place ?? (paypal ? (await findSubscriptionPlaces(tx, paypal.accountId, [id]))[0] : undefined);
  });
}

const isStale = (row: SubscriptionRow, now: Date): boolean =>
  row.status === "incomplete" &&
  (row.session_id ?? row.method_id) !== null &&
  now.getTime() - row.as_of.getTime() > FRESH_MS;
