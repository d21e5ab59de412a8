/** Changes that wait for the end of a period at Stripe itself: schedules, which lead a subscription until they are released. */
import type Stripe from "stripe";
import { StripeFault } from "./fault.ts";

export type ScheduledChange = {
  subscriptionId: string;
  /** Of the period that comes. */
  priceId: string;
  quantity: number;
  period: "month" | "year";
  idempotencyKey: string;
};

type Schedule = Stripe.SubscriptionSchedule;
type Phase = Schedule["phases"][number];

/**
 * What is paid for goes on to its end, then the new price begins, with a period of its own. A schedule that leads the
 * subscription already is taken over.
 */
export async function scheduleChange(
  sdk: Stripe,
  { subscriptionId, priceId, quantity, period, idempotencyKey }: ScheduledChange,
): Promise<void> {
  const { schedule } = await sdk.subscriptions.retrieve(subscriptionId);
  const found = schedule
    ? await sdk.subscriptionSchedules.retrieve(idOf(schedule))
    : await sdk.subscriptionSchedules.create(
        { from_subscription: subscriptionId },
        { idempotencyKey: `${idempotencyKey}:begin` },
      );
  const phase = found.phases.find(({ start_date }) => start_date === found.current_phase?.start_date);
  if (!phase) throw new StripeFault("refused", "schedule_not_active", null);
  const discounts = keptDiscounts(phase);
  await sdk.subscriptionSchedules.update(
    found.id,
    {
      end_behavior: "release",
      proration_behavior: "none",
      phases: [
        {
          items: phase.items.map((item) => ({ price: idOf(item.price), quantity: item.quantity ?? 1 })),
          start_date: phase.start_date,
          end_date: phase.end_date,
          proration_behavior: "none",
          ...(phase.trial_end === null ? {} : { trial_end: phase.trial_end }),
          ...discounts,
        },
        {
          items: [{ price: priceId, quantity }],
          duration: { interval: period, interval_count: 1 },
          proration_behavior: "none",
          ...discounts,
        },
      ],
    },
    { idempotencyKey },
  );
}

/** One that a schedule leads can be changed by nothing else. What it was to become is off. */
export async function releaseSchedule(
  sdk: Stripe,
  subscriptionId: string,
  idempotencyKey: string,
): Promise<void> {
  const { schedule } = await sdk.subscriptions.retrieve(subscriptionId);
  if (!schedule) return;
  const id = idOf(schedule);
  const key = `${idempotencyKey}:release:${id}`.slice(0, 255);
  await sdk.subscriptionSchedules.release(id, {}, { idempotencyKey: key });
}

/** What is taken off goes on through both phases; a phase that names none has none. */
function keptDiscounts({ discounts }: Phase): { discounts?: { discount?: string; coupon?: string }[] } {
  const kept = discounts.flatMap(({ discount, coupon }): { discount?: string; coupon?: string }[] => {
    if (discount) return [{ discount: idOf(discount) }];
    return coupon ? [{ coupon: idOf(coupon) }] : [];
  });
  return kept.length === 0 ? {} : { discounts: kept };
}

const idOf = (reference: string | { id: string }): string =>
  typeof reference === "string" ? reference : reference.id;
