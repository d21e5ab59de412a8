import type { Tx } from "../../../../platform/db/index.ts";
import { isId } from "../../../../platform/ids.ts";
import { findUsers } from "../../../identity/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { mailOwners } from "../notices/mails.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { hadTrial, markTrial, type TrialTaker } from "./trial-marks.ts";

/** The person who subscribes, as far as is known before anything is paid. */
export async function takerOf(
  tx: Tx,
  { created_by, org_id }: Pick<SubscriptionRow, "created_by" | "org_id">,
  payer: string | null,
): Promise<TrialTaker> {
  const [user] = isId("usr", created_by) ? await findUsers(tx, [created_by]) : [];
  return { userId: user?.id ?? null, email: user?.email ?? null, payer, orgId: org_id };
}

/**
 * A trial begins: whoever takes it is remembered. Somebody who had one already, and is known only now by what they pay
 * with, is told; the subscription is given back before anything is charged.
 */
export async function beginTrial(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  payer: string | null,
  now: Date,
): Promise<SubscriptionRow> {
  const taker = await takerOf(tx, row, payer);
  if (await hadTrial(tx, deps.trialSecrets, taker, row.id)) {
    await mailOwners(deps, tx, row, "billing.trial_refused");
    return { ...row, status: "duplicate", cancel_reason: "trial_used" };
  }
  await markTrial(tx, deps.trialSecrets, taker, row.id, now);
  return row;
}
