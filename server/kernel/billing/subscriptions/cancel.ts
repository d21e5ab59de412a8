import { withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { billingProblems } from "../problems.ts";
import { asking } from "./company-answer.ts";
import { applyAnswer, refreshCheckout } from "./refresh.ts";
import { lockSubscriptions, updateSubscriptions } from "./store.ts";
import { isLive, isOpen, type SubscriptionRow } from "./subscription.ts";

export type CancelInput = {
  orgId: OrgId;
  actorId: string;
  mode: Mode;
  at: "period_end" | "now";
  reason?: string | undefined;
  feedback?: string | undefined;
  operationId: Id<"idk">;
};

/**
 * Ends the subscription with its period, or at once; an open checkout is closed. Nothing is refunded by it. 409
 * `not_subscribed` where there is nothing to end, or a gift.
 */
export async function cancel(deps: BillingDeps, input: CancelInput): Promise<void> {
  const row = await note(deps, input, "subscription.cancel_requested");
  const { provider_subscription_id: id, session_id: session } = row;
  const key = `${row.id}:cancel:${input.operationId}`;
  if (id === null) {
    if (session !== null) await asking(() => deps.stripe.expireSession(session, key));
    await asking(() => refreshCheckout(deps, row));
    return;
  }
  await asking(() =>
    applyAnswer(deps, row, () =>
      input.at === "now" || isOpen(row)
        ? deps.stripe.cancelSubscription(id, key)
        : deps.stripe.setCancelAtPeriodEnd(id, true, key),
    ),
  );
}

/** Takes a cancellation back while the period lasts. 409 `subscribe_again` afterwards. */
export async function reactivate(
  deps: BillingDeps,
  input: Omit<CancelInput, "at" | "reason" | "feedback">,
): Promise<void> {
  const row = await note(deps, { ...input, at: "period_end" }, "subscription.reactivated", true);
  const id = row.provider_subscription_id ?? "";
  await asking(() =>
    applyAnswer(deps, row, () =>
      deps.stripe.setCancelAtPeriodEnd(id, false, `${row.id}:reactivate:${input.operationId}`),
    ),
  );
}

function note(
  deps: BillingDeps,
  input: CancelInput,
  action: string,
  isReactivation = false,
): Promise<SubscriptionRow> {
  return withTx(deps.db, input.orgId, async (tx) => {
    const rows = (await lockSubscriptions(tx, input.orgId)).filter(({ mode }) => mode === input.mode);
    const row = rows.find(isLive) ?? (isReactivation ? undefined : rows.find(isOpen));
    if (!row || row.provider === "none" || (isReactivation && !row.provider_subscription_id))
      throw new Problem(isReactivation ? billingProblems.subscribe_again : billingProblems.not_subscribed);
    if (!isReactivation && row.status === "creating") throw new Problem(billingProblems.checkout_open);
    const now = deps.clock.now();
    if (!isReactivation)
      await updateSubscriptions(tx, input.orgId, [
        { ...row, cancel_reason: input.reason ?? null, cancel_feedback: input.feedback ?? null },
      ]);
    const { orgId, actorId } = input;
    await audit(tx, now, { orgId, actorId, action, targetId: row.id, detail: { at: input.at } });
    return row;
  });
}
