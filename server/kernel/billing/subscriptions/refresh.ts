import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { SubscriptionFact } from "../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../deps.ts";
import { drawFetchSeq } from "../payments/store.ts";
import { applyRecurring } from "./apply.ts";
import type { RecurringFact } from "./fact.ts";
import { nameVersions } from "./prepare.ts";
import type { SubscriptionRow } from "./subscription.ts";

type Key = Pick<SubscriptionRow, "org_id" | "id">;

/**
 * Asks the company for a subscription, or has it changed there, and applies the answer: the number is drawn before the
 * question, so that what is older loses. Throws what the company threw.
 */
export async function applyAnswer(
  deps: BillingDeps,
  key: Key,
  ask: () => Promise<SubscriptionFact>,
): Promise<void> {
  const { clock, db } = deps;
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const state = { found: await ask(), fetchSeq, at: clock.now(), version: null };
  await nameVersions(deps, [state]);
  await applyFact(deps, key, { subscription: state });
}

/** How a checkout stands: what it made is fetched, or it has run out. */
export async function refreshCheckout(
  deps: BillingDeps,
  row: Key & Pick<SubscriptionRow, "session_id">,
): Promise<void> {
  const session = await deps.stripe.fetchSubscriptionSession(row.session_id ?? "");
  const made = session.subscriptionId;
  if (made !== null) await applyAnswer(deps, row, () => deps.stripe.fetchSubscription(made));
  else await applyFact(deps, row, { session: { at: deps.clock.now(), found: session } });
}

async function applyFact(
  deps: BillingDeps,
  { org_id: org, id }: Key,
  fact: Partial<RecurringFact>,
): Promise<void> {
  const whole: RecurringFact = {
    subscriptionId: id,
    subscription: null,
    invoice: null,
    session: null,
    trialEnding: false,
    actionRequired: false,
    ...fact,
  };
  await withTx(deps.db, org, (tx) => applyRecurring(deps, tx, org, [whole], deps.clock.now()));
}
