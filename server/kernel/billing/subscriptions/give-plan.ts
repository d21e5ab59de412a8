import { withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { assert, Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { Cache } from "../../../platform/cache/index.ts";
import { organizationsOf } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { addMonths } from "../plans/calendar.ts";
import type { Plan } from "../plans/plan.ts";
import { billingProblems } from "../problems.ts";
import { saveAndTell, subscriptionAnnouncements } from "./notices/announcement.ts";
import { giveCredits } from "./give-credits.ts";
import { findSubscription, insertSubscription, lockSubscriptions } from "./store.ts";
import { isLive } from "./subscription.ts";
import { tell } from "./deadlines/clock.ts";

export type PlanGift = {
  operatorId: UserId;
  userId: UserId;
  planKey: string;
  /** Null: until it is taken away. */
  months: number | null;
  reason: string;
  /** Null: the person's own organization. */
  orgId: OrgId | null;
  operationId: Id<"sub">;
};

/**
 * An operator gives an organization a plan for some months, at no charge, or takes a gift back (the free plan). What the
 * person owns or is called by their name; 404 for anything else, 409 `already_subscribed` where somebody pays, 422 for an
 * unknown plan.
 */
export async function givePlan(
  deps: BillingDeps,
  cache: Pick<Cache, "get" | "invalidate">,
  gift: PlanGift,
): Promise<OrgId> {
  const plan = deps.plans.find(gift.planKey);
  if (!plan)
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/plan", detail: "is not a plan that we sell" }],
    });
  const owned = (await organizationsOf({ db: deps.db, cache }, gift.userId)).filter(
    ({ role, personal }) => role === "owner" && (gift.orgId !== null || personal),
  );
  const org = gift.orgId === null ? owned[0]?.id : owned.find(({ id }) => id === gift.orgId)?.id;
  if (!org) throw new Problem(common.not_found);
  await withTx(deps.db, org, async (tx) => {
    const now = deps.clock.now();
    const live = (await lockSubscriptions(tx, org)).find(isLive);
    if (live && live.provider !== "none") throw new Problem(billingProblems.already_subscribed);
    if (live)
      await saveAndTell(deps, tx, live, {
        ...live,
        status: "canceled",
        ended_at: now,
        credits_due_at: null,
        as_of: now,
      });
    if (plan !== deps.plans.free) await begin(deps, tx, org, plan, gift, now);
    await audit(tx, now, {
      orgId: org,
      actorId: gift.operatorId,
      action: "plan.given",
      targetId: org,
      detail: { plan: plan.key, reason: gift.reason, ...(gift.months ? { months: gift.months } : {}) },
    });
    tx.afterCommit(() => tell(deps, org));
  });
  return org;
}

async function begin(
  deps: BillingDeps,
  tx: Parameters<typeof insertSubscription>[0],
  org: OrgId,
  plan: Plan,
  { months, operationId, operatorId }: PlanGift,
  now: Date,
): Promise<void> {
  const ends = months === null ? null : addMonths(now, months);
  const next = addMonths(now, 1);
  await insertSubscription(tx, org, {
    id: operationId,
    mode: deps.stripe.mode,
    account_id: deps.accountId,
    provider: "none",
    plan_key: plan.key,
    version_id: plan.versionId,
    period: "month",
    currency: plan.prices[0]?.currency ?? "usd",
    amount_minor: 0n,
    quantity: 1,
    status: "active",
    trial_days: null,
    operation_id: operationId,
    success_url: null,
    cancel_url: null,
    period_start: now,
    period_end: ends,
    credits_due_at: ends && next >= ends ? null : next,
    created_by: operatorId,
    created_at: now,
  });
  const made = await findSubscription(tx, org, operationId);
  assert(made, "a subscription just made is there");
  await deps.announce(tx, org, await subscriptionAnnouncements(deps, tx, null, made));
  const first = {
    kind: "gift",
    micros: plan.creditsMicros,
    reference: `${operationId}:month:${now.getTime()}:0`,
    expiresAt: next,
    replaces: false,
  } as const;
  await giveCredits(deps, tx, { org_id: org, mode: deps.stripe.mode }, plan, first, now);
}
