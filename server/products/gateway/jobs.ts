import type { Loops } from "../../platform/jobs/index.ts";
import { expireAnswers } from "./cache/clear.ts";
import { forgetSummaries } from "./compression/forget.ts";
import { judgeDrift } from "./drift/judge-drift.ts";
import { forgetAnswers } from "./keys/idempotency.ts";
import { forgetWindows, warnBudgets } from "./limits/warn.ts";
import { askCredits } from "./provider-credit/ask-credit.ts";
import { REFRESH_MS, refreshWhenOld } from "./prices/refresh.ts";
import { reconcile } from "./settling/reconcile.ts";
import type { Gateway } from "./settling/state.ts";
import { rollUsage } from "./usage/roll.ts";
import { expireReservations } from "./tokens/expire.ts";

const RECONCILE_MS = 5_000;
const EXPIRE_MS = 5_000;
const WARN_MS = 5_000;
const FORGET_MS = 6 * 3_600_000;
const CREDIT_MS = 15 * 60_000;
const DRIFT_MS = 3_600_000;
const ROLL_MS = 10_000;
const FORGET_SUMMARIES_MS = 3_600_000;
const FORGET_ANSWERS_MS = 10 * 60_000;

/**
 * Settles the calls that their own process could not, and reservations whose time is over; tells of budgets; sums usage up;
 * forgets kept answers; reads the providers' prices, compares their bills with them, and asks what is left to spend there.
 */
export function gatewayJobs(loops: Loops, gateway: Gateway): void {
  loops.every("gateway.reconcile", RECONCILE_MS, (signal) => reconcile(gateway, signal));
  loops.every("gateway.expire_reservations", EXPIRE_MS, (signal) => expireReservations(gateway, signal));
  loops.every("gateway.warn_budgets", WARN_MS, (signal) => warnBudgets(gateway, signal));
  loops.every("gateway.forget_windows", FORGET_MS, () => forgetWindows(gateway));
  loops.every("gateway.refresh_prices", REFRESH_MS, (signal) => refreshWhenOld(gateway, signal));
  loops.every("gateway.ask_credit", CREDIT_MS, (signal) => askCredits(gateway, signal));
  loops.every("gateway.judge_drift", DRIFT_MS, (signal) => judgeDrift(gateway, signal));
  loops.every("gateway.roll_usage", ROLL_MS, (signal) => rollUsage(gateway, signal));
  loops.every("gateway.expire_cache", FORGET_ANSWERS_MS, () => expireAnswers(gateway));
  loops.every("gateway.forget_summaries", FORGET_SUMMARIES_MS, () => forgetSummaries(gateway.deps));
  loops.every("gateway.forget_answers", FORGET_ANSWERS_MS, () => forgetAnswers(gateway.deps));
}
