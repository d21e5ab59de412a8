import type { World } from "../../core/company.ts";
import { clockIdOf, planAt, unplan } from "../time/billing-time.ts";
import { keysOf, periodOf, subscriptionNow, type Subscription } from "./subscription.ts";

const DAY_S = 86_400;
/** Before a trial ends, and before a renewal. */
const TRIAL_WARNING_S = 3 * DAY_S;
const UPCOMING_S = 7 * DAY_S;

/** Plans what the subscription's present period leads to; what was planned before is replaced. */
export function planCycle(world: World, subscription: Subscription): void {
  const { id } = subscription;
  const keys = keysOf(id);
  const clock = clockIdOf(subscription);
  const now = subscriptionNow(world, subscription);
  const { end } = periodOf(subscription);
  planAt(world, clock, "subscription.cycle", end, { id }, keys.cycle);
  unplan(world, keys.trialWarning);
  unplan(world, keys.upcoming);
  unplan(world, keys.cancelAt);
  if (subscription.status === "trialing" && subscription.trial_end !== null) {
    const at = Math.max(subscription.trial_end - TRIAL_WARNING_S, now);
    planAt(world, clock, "subscription.trial_will_end", at, { id }, keys.trialWarning);
  }
  if (end - UPCOMING_S > now) {
    planAt(world, clock, "subscription.upcoming", end - UPCOMING_S, { id }, keys.upcoming);
  }
  if (subscription.cancel_at !== null && !subscription.cancel_at_period_end) {
    planAt(world, clock, "subscription.cancel_at", subscription.cancel_at, { id }, keys.cancelAt);
  }
}
