import { addMs } from "../../../../platform/clock.ts";
import { withTx } from "../../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../../platform/ids.ts";
import { assert, Problem } from "../../../../platform/problem.ts";
import type { Mode } from "../../../ledger/index.ts";
import { countMembers } from "../../../tenancy/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { invalid } from "../../own-url.ts";
import { priceOf, type Period, type Plan, type PlanPrice } from "../../plans/plan.ts";
import { billingProblems } from "../../problems.ts";
import { insertPreview, storedLines, type PreviewRow } from "./change-store.ts";
import { asking } from "../company-answer.ts";
import { companyOf } from "../company-of.ts";
import type { InvoiceLine } from "../company.ts";
import { creditsDifference, directionOf } from "./proration.ts";
import { seatsOf } from "../read.ts";
import { findLive } from "../store.ts";
import type { SubscriptionRow } from "../subscription.ts";

const LIFE_MS = 10 * 60_000;

export type ChangeInput = { orgId: OrgId; mode: Mode; planKey: string; period: Period; quantity: number };
/** What keeps a plan from being taken: more is in use than it allows. */
export type Blocker = { limit: string; allowed: number; used: number };
export type Preview = { row: PreviewRow; lines: InvoiceLine[]; nextMinor: bigint; blockers: Blocker[] };

/**
 * What a change of plan would cost and bring, worked out by the company for this very second; good for 10 minutes. 409
 * `not_subscribed` without a live subscription that is paid for, `change_scheduled` where that is in the way, 422
 * for a plan without such a price.
 */
export async function previewChange(deps: BillingDeps, input: ChangeInput): Promise<Preview> {
  const { db, clock } = deps;
  const { row, current } = await withTx(db, input.orgId, async (tx) => {
    const live = await findLive(tx, input.orgId, input.mode);
    if (!live || live.provider === "none" || live.status === "suspended" || live.status === "paused")
      throw new Problem(billingProblems.not_subscribed);
    return { row: live, current: await deps.versions.get(tx, live.version_id) };
  });
  const { plan, price } = wantedPrice(deps, input, row, current);
  const direction = directionOf(row, current, { plan, price, quantity: input.quantity });
  refuseBesideScheduled(row, {
    version_id: plan.versionId,
    quantity: input.quantity,
    period: price.period,
    direction,
  });
  // A second that has begun: the company counts in whole ones.
  const now = new Date(Math.floor(clock.now().getTime() / 1000) * 1000);
  const told =
    direction === "up"
      ? await asking(() =>
          companyOf(deps, row).preview(row, current, { plan, price, quantity: input.quantity }, now),
        )
      : { lines: [], dueNowMinor: 0n, currency: price.currency };
  const { period_end: end } = row;
  assert(end, "a live subscription has a period");
  const preview: PreviewRow = {
    org_id: input.orgId,
    id: newId("prv"),
    subscription_id: row.id,
    direction,
    version_id: plan.versionId,
    period: price.period,
    quantity: input.quantity,
    amount_minor: price.amountMinor,
    currency: price.currency,
    due_now_minor: told.dueNowMinor,
    credits_micros: direction === "up" ? creditsDifference(row, current, plan, input.quantity, now) : 0n,
    from_version_id: row.version_id,
    from_quantity: row.quantity,
    from_period_start: row.period_start ?? now,
    effective_at: direction === "down" ? end : now,
    created_at: now,
    expires_at: addMs(now, LIFE_MS),
    used_at: null,
    done_at: null,
    failed_at: null,
    lines: storedLines(told.lines),
    payment_id: null,
    approve_url: null,
    approve_until: null,
  };
  const blockers = await withTx(db, input.orgId, async (tx) => {
    await insertPreview(tx, preview);
    return blockersOf(deps, plan, (await countMembers(tx, input.orgId)).all);
  });
  return { row: preview, lines: told.lines, nextMinor: price.amountMinor * BigInt(input.quantity), blockers };
}

export const blockersOf = (deps: BillingDeps, plan: Plan, members: number): Blocker[] => {
  const allowed = seatsOf(deps, plan);
  return members > allowed ? [{ limit: "seats", allowed, used: members }] : [];
};

type Wanted = Pick<PreviewRow, "version_id" | "quantity" | "period" | "direction">;

/** Back to what is paid for already: the change that was scheduled is off. */
export const isTakenBack = (row: SubscriptionRow, wanted: Wanted): boolean =>
  row.scheduled_at !== null &&
  row.version_id === wanted.version_id &&
  row.quantity === wanted.quantity &&
  row.period === wanted.period;

/** Proration, and what goes on until another period begins, would count from the cheaper price that the company knows. */
export function refuseBesideScheduled(row: SubscriptionRow, wanted: Wanted): void {
  const countsPrice = wanted.direction === "up" || wanted.period !== row.period;
  if (countsPrice && row.scheduled_at !== null && !isTakenBack(row, wanted))
    throw new Problem(billingProblems.change_scheduled);
}

/** The wanted price on sale today; one's own plan at the price that one has. */
function wantedPrice(
  { plans }: BillingDeps,
  input: ChangeInput,
  row: SubscriptionRow,
  current: Plan,
): { plan: Plan; price: PlanPrice } {
  const plan = input.planKey === current.key ? current : plans.find(input.planKey);
  if (!plan || plan.key === plans.free.key)
    throw invalid("/plan_key", "is not a plan that can be changed to");
  const price = priceOf(plan, input.period, row.currency);
  if (!price) throw invalid("/interval", "is not a price of this plan");
  if (row.provider === "paypal" && input.period !== row.period)
    throw invalid("/interval", "stays as it is by PayPal: end the subscription, then subscribe again");
  return { plan, price };
}
