/** Subscription schedules, spoken to through the official SDK: what comes when a period ends. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { newSandbox, refusalOf } from "../harness.ts";
import { customerWith, eventsOf, invoicesOf, moveClock, openShop, type Shop } from "../harness-shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

async function yearly(): Promise<{ shop: Shop; customer: string; made: Stripe.Subscription }> {
  const shop = await openShop(sandbox);
  const customer = await customerWith(shop, "pm_card_visa");
  const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.yearly }] });
  return { shop, customer, made };
}
/** What is now, and months afterwards. */
async function toMonths(shop: Shop, made: Stripe.Subscription): Promise<Stripe.SubscriptionSchedule> {
  const begun = await shop.stripe.subscriptionSchedules.create({ from_subscription: made.id });
  const { start = 0, end = 0 } = { start: begun.phases[0]?.start_date, end: begun.phases[0]?.end_date };
  return shop.stripe.subscriptionSchedules.update(begun.id, {
    end_behavior: "release",
    phases: [
      { items: [{ price: shop.yearly, quantity: 1 }], start_date: start, end_date: end },
      { items: [{ price: shop.pro, quantity: 1 }], duration: { interval: "month" } },
    ],
  });
}
const priceOf = (subscription: Stripe.Subscription) => subscription.items.data[0]?.price.id;

it("a year becomes months when it ends, and the schedule is released after its last phase", async () => {
  const { shop, customer, made } = await yearly();
  const schedule = await toMonths(shop, made);
  const [now, then] = schedule.phases;
  expect(schedule).toMatchObject({ status: "active", subscription: made.id });
  expect(then).toMatchObject({ start_date: now?.end_date, items: [{ price: shop.pro, quantity: 1 }] });
  expect(await eventsOf(shop, "subscription_schedule.updated")).toHaveLength(1);
  await moveClock(sandbox, shop, "364d");
  const before = await shop.stripe.subscriptions.retrieve(made.id);
  expect([priceOf(before), before.schedule]).toEqual([shop.yearly, schedule.id]);
  const preview = await shop.stripe.invoices.createPreview({ subscription: made.id });
  expect(preview.amount_due).toBe(2900);
  await moveClock(sandbox, shop, "1d 2h");
  const after = await shop.stripe.subscriptions.retrieve(made.id);
  expect(priceOf(after)).toBe(shop.pro);
  expect(after.billing_cycle_anchor).toBe(now?.end_date);
  expect(after.items.data[0]).toMatchObject({
    current_period_start: then?.start_date,
    current_period_end: then?.end_date,
  });
  expect((await invoicesOf(shop, customer))[0]).toMatchObject({ status: "paid", amount_paid: 2900 });
  const led = await shop.stripe.subscriptionSchedules.retrieve(schedule.id);
  expect(led.current_phase).toEqual({ start_date: then?.start_date, end_date: then?.end_date });
  await moveClock(sandbox, shop, "31d");
  const free = await shop.stripe.subscriptions.retrieve(made.id);
  expect([free.schedule, priceOf(free), free.status]).toEqual([null, shop.pro, "active"]);
  expect(await shop.stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    status: "released",
    released_subscription: made.id,
    subscription: null,
    current_phase: null,
  });
  expect(await eventsOf(shop, "subscription_schedule.released")).toHaveLength(1);
});

it("what a schedule leads has one, and ends or changes only once it is released", async () => {
  const { shop, made } = await yearly();
  const schedule = await toMonths(shop, made);
  const again = await refusalOf(shop.stripe.subscriptionSchedules.create({ from_subscription: made.id }));
  expect(again).toMatchObject({ statusCode: 400, param: "from_subscription" });
  const end = () => shop.stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
  expect((await refusalOf(end())).message).toContain(schedule.id);
  const other = shop.stripe.subscriptions.update(made.id, {
    items: [{ id: made.items.data[0]?.id ?? "", price: shop.big }],
  });
  expect((await refusalOf(other)).statusCode).toBe(501);
  await shop.stripe.subscriptionSchedules.release(schedule.id);
  expect((await refusalOf(shop.stripe.subscriptionSchedules.release(schedule.id))).statusCode).toBe(400);
  expect(await end()).toMatchObject({ cancel_at_period_end: true, schedule: null });
});

it("a subscription that is cancelled takes its schedule along; phases must follow what is", async () => {
  const { shop, made } = await yearly();
  const { id, phases } = await shop.stripe.subscriptionSchedules.create({ from_subscription: made.id });
  const [phase] = phases;
  const update = (price: string, start: number) =>
    shop.stripe.subscriptionSchedules.update(id, {
      phases: [{ items: [{ price, quantity: 1 }], start_date: start, end_date: phase?.end_date ?? 0 }],
    });
  expect((await refusalOf(update(shop.yearly, 1))).param).toBe("phases[0][start_date]");
  expect((await refusalOf(update(shop.big, phase?.start_date ?? 0))).statusCode).toBe(501);
  await shop.stripe.subscriptions.cancel(made.id);
  expect(await shop.stripe.subscriptionSchedules.retrieve(id)).toMatchObject({ status: "canceled" });
  expect((await refusalOf(update(shop.yearly, phase?.start_date ?? 0))).statusCode).toBe(400);
});
