import { withTx } from "../../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../../platform/ids.ts";
import { Problem } from "../../../../platform/problem.ts";
import { audit } from "../../../identity/index.ts";
import type { Mode } from "../../../ledger/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { billingProblems } from "../../problems.ts";
import { saveAndTell } from "../notices/announcement.ts";
import { forgetSchedule } from "./change-plan.ts";
import { giveUpChange } from "./give-up-change.ts";
import { asking } from "../company-answer.ts";
import { companyOf } from "../company-of.ts";
import { giveUpFirst } from "../checkouts/give-up.ts";
import { applyAnswer, applySession, refreshCheckout } from "../refresh.ts";
import { lockSubscriptions } from "../store.ts";
import { isLive, isOpen, type SubscriptionRow } from "../subscription.ts";

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
  const company = companyOf(deps, row);
  if (id === null) {
    const closed = session === null ? null : await asking(() => company.closeCheckout(session, key));
    if (closed) await applySession(deps, row, closed);
    else await asking(() => refreshCheckout(deps, row));
    return;
  }
  if (isOpen(row) && row.method_id !== null) return asking(() => giveUpFirst(deps, row));
  // What waits for its payment would go on, or be an invoice of nothing.
  if (row.provider === "stripe") await asking(() => giveUpChange(deps, row));
  await asking(() =>
    applyAnswer(deps, row, () =>
      input.at === "now" || isOpen(row)
        ? company.cancel(row, id, key)
        : company.cancelAtPeriodEnd(row, id, key),
    ),
  );
  // What ends with its period becomes nothing else: the company has let go of what waited there.
  const waits = row.scheduled_period !== null && row.scheduled_period !== row.period;
  if (waits && row.provider === "stripe" && input.at === "period_end")
    await withTx(deps.db, input.orgId, (tx) => forgetSchedule(deps, tx, row));
}

/**
 * Takes a cancellation back while the period lasts; pays what is owed first, where the company leaves that to us. 409
 * `subscribe_again` afterwards.
 */
export async function reactivate(
  deps: BillingDeps,
  input: Omit<CancelInput, "at" | "reason" | "feedback">,
): Promise<void> {
  const row = await note(deps, { ...input, at: "period_end" }, "subscription.reactivated", true);
  const id = row.provider_subscription_id ?? "";
  await asking(() =>
    applyAnswer(deps, row, () =>
      companyOf(deps, row).goOn(row, id, `${row.id}:reactivate:${input.operationId}`),
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
    const next = isReactivation ? row : withIntent(row, input, now);
    await saveAndTell(deps, tx, row, next);
    const { orgId, actorId } = input;
    await audit(tx, now, { orgId, actorId, action, targetId: row.id, detail: { at: input.at } });
    return next;
  });
}

/** Where the company knows no end with the period, what we are about to do to it is only understood from our row. */
function withIntent(row: SubscriptionRow, { at, reason, feedback }: CancelInput, now: Date): SubscriptionRow {
  const ends = row.provider === "paypal" && at === "period_end" && isLive(row);
  return {
    ...row,
    cancel_reason: reason ?? null,
    cancel_feedback: feedback ?? null,
    ...(ends ? { cancel_at_period_end: true, canceled_at: now } : {}),
  };
}
