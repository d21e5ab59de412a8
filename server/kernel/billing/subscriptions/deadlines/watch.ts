import { addMs } from "../../../../platform/clock.ts";
import { CompanyFault } from "../../../../platform/calls/index.ts";
import { withOperatorTx, withTx } from "../../../../platform/db/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { saveAndTell } from "../notices/announcement.ts";
import { companyOf } from "../company-of.ts";
import { SUSPENDED_MS } from "./grace.ts";
import { applyAnswer, refreshCheckout } from "../refresh.ts";
import { listChargesOf, listWatched } from "./watch-store.ts";
import { giveUpFirst, refreshFirst } from "../checkouts/give-up.ts";
import { resumeCheckout } from "../checkouts/resume-checkout.ts";
import { findSubscription, lockSubscriptions } from "../store.ts";
import { startDirect } from "../checkouts/start-direct.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { isGivenUp, isPeriodOver, withStatus } from "../facts/walk.ts";

const AT_ONCE = 50;
const CUT_OFF_MS = 60_000;
const ASK_AGAIN_MS = 3_600_000;

/**
 * What stands still is looked after: checkouts cut off or run out, trials, periods and grace that are over, subscriptions
 * that nobody wants. The company is asked first, and our clock decides on what it says. One that fails holds up no other.
 */
export async function watchSubscriptions(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const { clock, db, stripe } = deps;
  const now = clock.now();
  const times = {
    now,
    cutOff: addMs(now, -CUT_OFF_MS),
    asked: addMs(now, -ASK_AGAIN_MS),
    givenUp: addMs(now, -SUSPENDED_MS),
  };
  const due = await withOperatorTx(db, (tx) => listWatched(tx, stripe.mode, times, AT_ONCE));
  for (const { org_id, id } of due) {
    if (signal.aborted) break;
    try {
      const row = await withTx(db, org_id, (tx) => findSubscription(tx, org_id, id));
      if (row) await look(deps, row);
    } catch (err) {
      const isAway = err instanceof CompanyFault && err.kind === "unavailable";
      deps.logger[isAway ? "warn" : "error"]({ err, subscription_id: id }, "subscription not looked after");
    }
  }
  return due.length;
}

async function look(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const { provider_subscription_id: providerId } = row;
  if (row.status === "creating") return resumeCheckout(deps, row);
  if (row.status === "incomplete" && providerId === null) return refreshCheckout(deps, row);
  if (providerId === null) return;
  if (row.status === "incomplete" && row.method_id !== null) return lookAtFirst(deps, row);
  if (row.status === "duplicate") return giveBack(deps, row, providerId);
  const company = companyOf(deps, row);
  await applyAnswer(deps, row, () => company.fetch(row, providerId));
  // Not the sweep's: judged by an older instant than the answer was, a grace that is over would begin anew.
  const now = deps.clock.now();
  const known = await withTx(deps.db, row.org_id, async (tx) => {
    const locked = (await lockSubscriptions(tx, row.org_id)).find(({ id }) => id === row.id);
    if (!locked) return null;
    const next = withStatus(locked, now);
    await saveAndTell(deps, tx, locked, next);
    return next;
  });
  if (known && (isGivenUp(known, now) || isPeriodOver(known, now)))
    await applyAnswer(deps, row, () => company.cancel(row, providerId, `${row.id}:given_up:${row.attempt}`));
}

/** A plan that waits for its first payment by a kept card: cut off before that was tried, not heard of, or left too long. */
async function lookAtFirst(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const { session_expires_at: endsAt } = row;
  if (endsAt === null) await startDirect(deps, row);
  else if (endsAt <= deps.clock.now()) await giveUpFirst(deps, row);
  else await refreshFirst(deps, row);
}

/** A second subscription, or a trial of somebody who had one: ended at the company, and what it took is refunded. */
async function giveBack(deps: BillingDeps, row: SubscriptionRow, providerId: string): Promise<void> {
  const company = companyOf(deps, row);
  if (row.provider_status !== "canceled")
    await applyAnswer(deps, row, () => company.cancel(row, providerId, `${row.id}:give_back:${row.attempt}`));
  const charges = await withTx(deps.db, row.org_id, (tx) => listChargesOf(tx, row.org_id, row.id));
  for (const charge of charges) await company.refund(charge, `${row.id}:refund:${charge}`);
}
