import type { World } from "../../core/company.ts";
import { invalid, notBuilt } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import {
  integer,
  list,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  type Read,
  type Value,
} from "../protocol/params.ts";
import { MAX_ITEMS, priceOfItem } from "../subscriptions/items.ts";
import { prorationBehavior } from "../subscriptions/shapes.ts";
import { getSubscription, isOver, type Subscription } from "../subscriptions/subscription.ts";
import { addIntervals } from "../time/calendar.ts";
import {
  beginSchedule,
  changeSchedule,
  getSchedule,
  makePhase,
  presentPhase,
  releaseSchedule,
  type Phase,
  type Schedule,
} from "./schedule.ts";

const PATH = "/v1/subscription_schedules";
const MAX_PHASES = 10;

const phaseInput = object({
  discounts: list(object({ discount: required(text()) }), MAX_ITEMS),
  duration: object({
    interval: required(oneOf("day", "week", "month", "year")),
    interval_count: integer(1, 36),
  }),
  end_date: integer(0),
  items: required(list(object({ price: required(text()), quantity: integer(0, 999_999) }), MAX_ITEMS)),
  proration_behavior: prorationBehavior,
  start_date: integer(0),
  trial_end: integer(0),
});
type PhaseInput = Value<typeof phaseInput>;

const scheduleChange = {
  end_behavior: oneOfBuilt(["release"], ["cancel", "none", "renew"]),
  phases: list(phaseInput, MAX_PHASES),
  proration_behavior: prorationBehavior,
};

function begin(world: World, subscriptionId: string, cause: Cause): Schedule {
  const subscription = getSubscription(world, subscriptionId, "from_subscription");
  if (subscription.schedule !== null) {
    throw invalid(
      `You cannot migrate a subscription that is already attached to a schedule: \`${String(subscription.schedule)}\`.`,
      "from_subscription",
    );
  }
  if (isOver(subscription) || subscription.status === "incomplete") {
    throw invalid(
      `You cannot migrate a subscription that is in the \`${subscription.status}\` status.`,
      "from_subscription",
    );
  }
  if (subscription.cancel_at !== null) throw notBuilt("a schedule of a subscription that is to end");
  return beginSchedule(world, subscription, cause);
}

/** What is now stays as it is; past phases may be left out. */
function checkPresent(subscription: Subscription, phase: Phase, given: PhaseInput): void {
  if (given.start_date !== phase.start_date) {
    throw invalid(
      "The first phase must start where the schedule's current phase starts.",
      "phases[0][start_date]",
    );
  }
  const items = given.items.map(({ price, quantity }) => `${price}:${quantity ?? 1}`);
  const present = phase.items.map(({ price, quantity }) => `${String(price)}:${quantity ?? 1}`);
  const isSame = items.join() === present.join() && given.end_date === phase.end_date;
  if (!isSame) throw notBuilt("another present phase of a schedule");
  if ((given.trial_end ?? null) !== phase.trial_end) throw notBuilt("another trial by a schedule");
  checkDiscounts(subscription, given);
}

function checkDiscounts({ discounts }: Subscription, given: PhaseInput): void {
  const wanted = (given.discounts ?? []).map(({ discount }) => discount);
  if (wanted.join() !== discounts.map(String).join()) throw notBuilt("other discounts by a schedule");
}

function nextPhase(
  world: World,
  subscription: Subscription,
  present: Phase,
  given: PhaseInput,
  cause: Cause,
): Phase {
  const { duration, end_date: until } = given;
  if ((duration === undefined) === (until === undefined)) {
    throw invalid("You must specify exactly one of duration, end_date.", "phases[1]");
  }
  const start = present.end_date;
  if (given.start_date !== undefined && given.start_date !== start) {
    throw invalid("Phases must follow each other without a gap.", "phases[1][start_date]");
  }
  const each = duration && { interval: duration.interval, interval_count: duration.interval_count ?? 1 };
  const end = each ? addIntervals(start, each, 1) : (until ?? start);
  if (end <= start) throw invalid("A phase must end after it starts.", "phases[1][end_date]");
  if (given.trial_end !== undefined) throw notBuilt("a trial by a schedule");
  checkDiscounts(subscription, given);
  if (given.items.length !== subscription.items.data.length) throw notBuilt("other items by a schedule");
  const items = given.items.map(({ price, quantity }, at) => {
    const { id, currency } = priceOfItem(world, { price }, `phases[1][items][${at}]`, cause);
    if (currency !== subscription.currency) {
      throw invalid("All prices of a schedule must have one currency.", `phases[1][items][${at}][price]`);
    }
    return { price: id, quantity: quantity ?? 1 };
  });
  const behavior = given.proration_behavior ?? "create_prorations";
  return makePhase(subscription, items, { start, end, trialEnd: null }, behavior);
}

function update(world: World, old: Schedule, input: Read<typeof scheduleChange>, cause: Cause): Schedule {
  const present = presentPhase(old);
  if (old.status !== "active" || old.subscription === null || !present) {
    throw invalid(
      `You cannot update a subscription schedule that is currently in the \`${old.status}\` status.`,
    );
  }
  if (input.phases === undefined) return old;
  const subscription = getSubscription(world, String(old.subscription));
  const [first, second, ...more] = input.phases;
  if (first === undefined) throw invalid("A schedule must have at least one phase.", "phases");
  if (more.length > 0) throw notBuilt("a schedule of more than two phases");
  checkPresent(subscription, present, first);
  const now: Phase = {
    ...present,
    proration_behavior: first.proration_behavior ?? present.proration_behavior,
  };
  const phases = second ? [now, nextPhase(world, subscription, present, second, cause)] : [now];
  return changeSchedule(world, old, { phases }, cause, "subscription_schedule.updated");
}

export const scheduleOperations = [
  operation("POST", PATH, { from_subscription: required(text()) }, ({ world, params, cause }) =>
    begin(world, params.from_subscription, cause),
  ),
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => getSchedule(world, id)),
  operation("POST", `${PATH}/{id}`, scheduleChange, ({ world, id, params, cause }) =>
    update(world, getSchedule(world, id), params, cause),
  ),
  operation("POST", `${PATH}/{id}/release`, {}, ({ world, id, cause }) =>
    releaseSchedule(world, getSchedule(world, id), cause),
  ),
];
