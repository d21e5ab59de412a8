import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { audit } from "../../identity/index.ts";
import type { Mode } from "../../ledger/index.ts";
import { canTake } from "../../../vendors/paypal/index.ts";
import type { BillingDeps } from "../deps.ts";
import { findMethod } from "../methods/store.ts";
import { invalid } from "../own-url.ts";
import { TOPUP_CURRENCY } from "../payments/pack.ts";
import { findTopup, lockTopup, saveTopup, sumTopups } from "./store.ts";
import { monthOf, type TopupRow } from "./topup.ts";

export type TopupState = { row: TopupRow | null; spentMinor: bigint };

export function readTopup({ clock, db }: BillingDeps, org: OrgId, mode: Mode): Promise<TopupState> {
  return withTx(db, org, async (tx) => ({
    row: await findTopup(tx, org, mode),
    spentMinor: await sumTopups(tx, org, mode, monthOf(clock.now())),
  }));
}

export type TopupInput = {
  orgId: OrgId;
  actorId: string;
  mode: Mode;
  enabled: boolean;
  thresholdMicros: bigint;
  amountMinor: bigint;
  monthlyCapMinor: bigint;
  methodId: string;
};

/** Turns it on or off, whole; what was declined before is forgotten. 422 for another's method, or a cap below the amount. */
export async function changeTopup(deps: BillingDeps, input: TopupInput): Promise<TopupState> {
  const { clock, db, hub } = deps;
  const { actorId, amountMinor, enabled, methodId, mode, orgId, thresholdMicros } = input;
  if (input.monthlyCapMinor < amountMinor)
    throw invalid("/monthly_cap_minor", "must leave room for one top-up");
  await withTx(db, orgId, async (tx) => {
    const now = clock.now();
    const method = await findMethod(tx, orgId, mode, methodId);
    if (!method) throw invalid("/payment_method_id", "is no payment method of yours");
    if (method.provider === "paypal" && !canTake({ amountMinor, currency: TOPUP_CURRENCY }))
      throw invalid("/amount_minor", "is an amount that PayPal does not take");
    const known = await lockTopup(tx, orgId, mode);
    await saveTopup(tx, {
      org_id: orgId,
      mode,
      enabled,
      threshold_micros: thresholdMicros,
      amount_minor: amountMinor,
      monthly_cap_minor: input.monthlyCapMinor,
      currency: TOPUP_CURRENCY,
      method_id: method.id,
      // What is under way goes on.
      payment_id: known?.payment_id ?? null,
      operation_id: known?.operation_id ?? null,
      declines: 0,
      off_reason: null,
      next_try_at: null,
      changed_by: actorId,
      changed_at: now,
    });
    await audit(tx, now, {
      orgId,
      actorId,
      action: "credits.auto_topup_changed",
      targetId: orgId,
      detail: { enabled, amount_minor: Number(amountMinor), threshold_micros: Number(thresholdMicros) },
    });
    tx.afterCommit(() => hub.publish("credits.changed", orgId));
  });
  return readTopup(deps, orgId, mode);
}
