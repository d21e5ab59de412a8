import type { Tx } from "../../../platform/db/index.ts";
import { endGrants, grant, grantAnnouncement, hasGrant, type GrantKind } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { Plan } from "../plans/plan.ts";
import type { SubscriptionRow } from "./subscription.ts";

export type CreditGift = {
  kind: Extract<GrantKind, "plan" | "trial" | "gift">;
  micros: bigint;
  reference: string;
  expiresAt: Date | null;
  /** Takes the place of what is left of the plan's and the trial's credits, unless the plan lets them stay. */
  replaces: boolean;
};

type Deps = Pick<BillingDeps, "announce">;

/** Gives a subscription's credits once, under their reference, and tells of them. True when they are new. */
export async function giveCredits(
  deps: Deps,
  tx: Tx,
  row: Pick<SubscriptionRow, "org_id" | "mode">,
  plan: Pick<Plan, "rollover">,
  gift: CreditGift,
  now: Date,
): Promise<boolean> {
  if (gift.micros === 0n) return false;
  const wanted = {
    mode: row.mode,
    unit: "credit",
    kind: gift.kind,
    amount: gift.micros,
    reference: gift.reference,
    expiresAt: plan.rollover ? null : gift.expiresAt,
  } as const;
  if (gift.replaces && !plan.rollover && !(await hasGrant(tx, row.org_id, gift.reference)))
    await endPlanGrants(deps, tx, row, now);
  const [given] = await grant(tx, row.org_id, [wanted], now);
  if (!given?.granted) return false;
  await deps.announce(tx, row.org_id, [grantAnnouncement(given.grantId, wanted, now)]);
  return true;
}

/** What is left of the plan's credits goes with the plan. */
export const endPlanGrants = (
  { announce }: Deps,
  tx: Tx,
  { org_id, mode }: Pick<SubscriptionRow, "org_id" | "mode">,
  now: Date,
): Promise<bigint> =>
  endGrants(tx, org_id, { mode, unit: "credit", kinds: ["plan", "trial"] }, now, announce);
