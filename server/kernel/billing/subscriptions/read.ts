import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { findOpenChange } from "../invoices/store.ts";
import type { Plan } from "../plans/plan.ts";
import { findFreeMonths } from "../plans/store.ts";
import { accessOf, type Access, type SubscriptionRow } from "./subscription.ts";
import { findNextUrl } from "./changes/order-store.ts";
import { findCurrent, findLive } from "./store.ts";

type PlanDeps = Pick<BillingDeps, "plans" | "versions">;

/** The plan whose limits and features count for the organization now: the free one unless something live opens another. */
export async function planOf({ plans, versions }: PlanDeps, tx: Tx, org: OrgId, mode: Mode): Promise<Plan> {
  const row = await findLive(tx, org, mode);
  return row && accessOf(row) !== "free" ? versions.get(tx, row.version_id) : plans.free;
}

/** Members that a plan allows, unless the installation says a number for all. */
export const seatsOf = ({ seats }: Pick<BillingDeps, "seats">, plan: Plan): number =>
  seats ?? plan.limits.seats;

export type PlanNow = {
  key: string;
  name: string;
  limits: Plan["limits"];
  allowanceMicros: bigint;
  renewsAt: Date | null;
};

/** The plan that counts now, and when its next month's credits are given. */
export async function readPlanNow(deps: PlanDeps, tx: Tx, org: OrgId, mode: Mode): Promise<PlanNow> {
  const row = await findLive(tx, org, mode);
  const paid = row !== null && accessOf(row) !== "free";
  const plan = paid ? await deps.versions.get(tx, row.version_id) : deps.plans.free;
  const renewsAt = paid
    ? (row.credits_due_at ?? row.period_end)
    : ((await findFreeMonths(tx, org, mode))?.due_at ?? null);
  const { key, name, limits, creditsMicros: allowanceMicros } = plan;
  return { key, name, limits, allowanceMicros, renewsAt };
}

export type Current = {
  /** What counts now. */
  plan: Plan;
  access: Access;
  /** Null for an organization that never subscribed. */
  row: SubscriptionRow | null;
  /** What was subscribed to, and what it becomes. */
  subscribed: Plan | null;
  scheduled: Plan | null;
  /** Where an order of another plan waits for its buyer. */
  nextUrl: string | null;
};

/** How the organization's subscription stands; the last one, once none is live. */
export const readCurrent = async (deps: PlanDeps, tx: Tx, org: OrgId, mode: Mode): Promise<Current> =>
  currentOf(deps, tx, await findCurrent(tx, org, mode));

export async function currentOf(deps: PlanDeps, tx: Tx, row: SubscriptionRow | null): Promise<Current> {
  const access = accessOf(row);
  const subscribed = row && (await deps.versions.get(tx, row.version_id));
  const scheduled = row?.scheduled_version_id ? await deps.versions.get(tx, row.scheduled_version_id) : null;
  return {
    plan: subscribed && access !== "free" ? subscribed : deps.plans.free,
    access,
    row,
    subscribed,
    scheduled,
    nextUrl: row && (await nextUrlOf(tx, row)),
  };
}

async function nextUrlOf(tx: Tx, { id, org_id: org, provider }: SubscriptionRow): Promise<string | null> {
  if (provider === "paypal") return findNextUrl(tx, org, id);
  return provider === "stripe" ? ((await findOpenChange(tx, org, id))?.pay_url ?? null) : null;
}
