/** A subscription's row and what it opens. Pure. */
import type { BillingSubscriptions } from "../../../../db/rows.ts";
import type { Narrowed } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import type { Period } from "../plans/plan.ts";

export const STATUSES = [
  "creating",
  "incomplete",
  "trialing",
  "active",
  "past_due",
  "suspended",
  "paused",
  "canceled",
  "duplicate",
] as const;
export type SubscriptionStatus = (typeof STATUSES)[number];
export type Provider = "stripe" | "paypal" | "none";

export type SubscriptionRow = Narrowed<
  BillingSubscriptions,
  {
    org_id: OrgId;
    id: `sub_${string}`;
    mode: Mode;
    provider: Provider;
    period: Period;
    scheduled_period: Period | null;
    status: SubscriptionStatus;
  }
>;

/** Owners are told this long before a trial ends. */
export const TRIAL_ENDS_MS = 3 * 86_400_000;
/** And this long before a year renews. */
export const RENEWAL_MS = 14 * 86_400_000;

/** Those that the partial unique index allows one of. */
export const LIVE: ReadonlySet<SubscriptionStatus> = new Set([
  "trialing",
  "active",
  "past_due",
  "suspended",
  "paused",
]);
export const isLive = ({ status }: Pick<SubscriptionRow, "status">): boolean => LIVE.has(status);
export const isOpen = ({ status }: Pick<SubscriptionRow, "status">): boolean =>
  status === "creating" || status === "incomplete";

/** `plan`: what was subscribed to; `grace`: the same while a payment is late; `free`: data kept, the free plan's limits. */
export type Access = "plan" | "grace" | "free";

export function accessOf(row: Pick<SubscriptionRow, "status"> | null): Access {
  if (row?.status === "past_due") return "grace";
  return row?.status === "trialing" || row?.status === "active" ? "plan" : "free";
}
