import { type Tx, withSystemTx, withTx } from "../../../../platform/db/index.ts";
import { Problem, common } from "../../../../platform/problem.ts";
import type { PlanChange, SubscriptionFact } from "../../../../vendors/stripe/index.ts";
import { audit } from "../../../identity/index.ts";
import { countMembers } from "../../../tenancy/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { IntentAnswer } from "../../intents/answer.ts";
import { billingProblems } from "../../problems.ts";
import { lockPreview, markPreviewUsed, type PreviewRow } from "./change-store.ts";
import { noteRefusal } from "./end-change.ts";
import { saveAndTell } from "../notices/announcement.ts";
import { asking } from "../company-answer.ts";
import { orderByPaypal, carryOnOrder } from "../paypal/order-change.ts";
import { blockersOf, isTakenBack, refuseBesideScheduled, type ChangeInput } from "./preview.ts";
import { applyAnswer } from "../refresh.ts";
import { isAsked, refuseWaiting, waitForPayment } from "./wait-for-payment.ts";
import { stripeChange } from "../stripe-company.ts";
import { lockSubscriptions } from "../store.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";
import { NO_CHANGE } from "../facts/walk.ts";

export type ChangeOrder = ChangeInput & { previewId: string; actorId: string; direction: "up" | "down" };
type Ordered = { preview: PreviewRow; row: SubscriptionRow };

/**
 * Carries a preview out. Up: now, charging exactly what it said, or nothing at all. Down: with the end of the period; the
 * company learns the next period's price at once. Sent again, the same preview changes nothing more. 409 `preview_stale`,
 * `wrong_direction`, `limits_exceeded` with what is in the way, `change_open` while another waits, `change_scheduled` where that is in the way; 502 when the company could
 * not charge: the old plan stays. A bank that asks leaves the old plan too, until its payment, which is returned, is gone on with.
 */
export async function changePlan(deps: BillingDeps, order: ChangeOrder): Promise<IntentAnswer | null> {
  const { preview, row } = await withTx(deps.db, order.orgId, (tx) => accept(deps, tx, order));
  if (preview.done_at !== null) return null;
  const plan = await withSystemTx(deps.db, (tx) => deps.versions.get(tx, preview.version_id));
  const price = { period: preview.period, currency: preview.currency, amountMinor: preview.amount_minor };
  if (row.provider === "paypal") {
    await carryOnOrder(deps, row, preview);
    return null;
  }
  const wanted = { plan, price, quantity: preview.quantity };
  const change = {
    ...(await asking(() => stripeChange(deps, row, wanted, preview.created_at))),
    idempotencyKey: `${preview.id}:change:1`,
  };
  try {
    await applyAnswer(deps, row, async () => {
      const subscription = await send(deps, row, preview, change);
      return { subscription, invoices: [] };
    });
  } catch (error) {
    if (isAsked(error)) return waitForPayment(deps, row, preview, change, order.actorId);
    await noteRefusal(deps, row, preview, error);
    return asking(() => Promise.reject(error));
  }
  if (isTakenBack(row, preview)) await withTx(deps.db, order.orgId, (tx) => forgetSchedule(deps, tx, row));
  return null;
}

/**
 * What is scheduled is known to the company: taking it back, or going down, moves the next period's price and no money. Where
 * another period is to begin it waits there too, since a new price would begin it at once.
 */
function send(
  { stripe }: BillingDeps,
  row: SubscriptionRow,
  preview: PreviewRow,
  change: PlanChange & { idempotencyKey: string },
): Promise<SubscriptionFact> {
  const goesOn = preview.direction === "same" || isTakenBack(row, preview);
  if (!goesOn && preview.direction === "up") return stripe.upgrade(change);
  if (goesOn || preview.period === row.period) return stripe.changePrice(change);
  const { subscriptionId, priceId, quantity, idempotencyKey } = change;
  return stripe.scheduleChange({ subscriptionId, priceId, quantity, period: preview.period, idempotencyKey });
}

/** The company goes on as before: nothing is scheduled any more. */
export async function forgetSchedule(
  deps: BillingDeps,
  tx: Tx,
  { org_id: org, id }: SubscriptionRow,
): Promise<void> {
  const now = (await lockSubscriptions(tx, org)).find((one) => one.id === id);
  if (now && now.scheduled_at !== null) await saveAndTell(deps, tx, now, { ...now, ...NO_CHANGE });
}

async function accept(deps: BillingDeps, tx: Tx, order: ChangeOrder): Promise<Ordered> {
  const now = deps.clock.now();
  const live = (await lockSubscriptions(tx, order.orgId)).find(
    (one) => one.mode === order.mode && isLive(one),
  );
  const preview = await lockPreview(tx, order.orgId, order.previewId);
  if (!preview) throw new Problem(common.not_found);
  if (!live || live.id !== preview.subscription_id) throw new Problem(billingProblems.not_subscribed);
  if (preview.used_at !== null) {
    if (preview.failed_at !== null && live.provider === "stripe")
      throw new Problem(billingProblems.preview_stale, { detail: "It was not paid; preview it again" });
    return { preview, row: live };
  }
  await refuseWaiting(tx, live);
  const plan = await deps.versions.get(tx, preview.version_id);
  const isOrdered =
    plan.key === order.planKey && preview.period === order.period && preview.quantity === order.quantity;
  const isFresh =
    preview.expires_at > now &&
    preview.from_version_id === live.version_id &&
    preview.from_quantity === live.quantity &&
    preview.from_period_start.getTime() === live.period_start?.getTime();
  if (!isOrdered || !isFresh) throw new Problem(billingProblems.preview_stale);
  const direction = isTakenBack(live, preview) ? "up" : preview.direction;
  if (direction !== order.direction) throw new Problem(billingProblems.wrong_direction);
  refuseBesideScheduled(live, preview);
  if (direction === "down") {
    const blockers = blockersOf(deps, plan, (await countMembers(tx, order.orgId)).all);
    if (blockers.length > 0) throw new Problem(billingProblems.limits_exceeded, { extra: { blockers } });
  }
  return { preview, row: await write(deps, tx, order, preview, live, now) };
}

/** The order is written down before the company is told: what is scheduled must be known when its answer comes. */
async function write(
  deps: BillingDeps,
  tx: Tx,
  order: ChangeOrder,
  preview: PreviewRow,
  live: SubscriptionRow,
  now: Date,
): Promise<SubscriptionRow> {
  await markPreviewUsed(tx, order.orgId, preview.id, now);
  // PayPal's buyer has to agree before anything is scheduled.
  const byPaypal = live.provider === "paypal";
  if (byPaypal) await orderByPaypal(deps, tx, live, preview, order.actorId, now);
  const row: SubscriptionRow =
    order.direction === "down" && !byPaypal
      ? {
          ...live,
          scheduled_version_id: preview.version_id,
          scheduled_amount_minor: preview.amount_minor,
          scheduled_quantity: preview.quantity,
          scheduled_period: preview.period,
          scheduled_at: preview.effective_at,
        }
      : live;
  await saveAndTell(deps, tx, live, row);
  await audit(tx, now, {
    orgId: order.orgId,
    actorId: order.actorId,
    action: order.direction === "up" ? "subscription.upgrade_ordered" : "subscription.downgrade_ordered",
    targetId: live.id,
    detail: { plan: order.planKey, quantity: order.quantity, due_now_minor: Number(preview.due_now_minor) },
  });
  tx.afterCommit(() => deps.hub.publish("subscription.updated", order.orgId));
  return row;
}
