/** What Stripe previews of an upgrade is what it charges, and both are what our own reckoning says, to the minor unit. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSandbox, newWorld, type TestWorld } from "../../../../../sandbox/stripe/harness.ts";
import { proratedAmount } from "../../../../../sandbox/stripe/subscriptions/prorate.ts";
import type { Sandbox } from "../../../../../sandbox/main.ts";
import { createRandom, type Random } from "../../../../../test/crash/random.ts";
import { createMetrics } from "../../../../platform/telemetry/index.ts";
import { createStripe, type StripeApi } from "../../../../vendors/stripe/index.ts";
import { addMonths } from "../../plans/calendar.ts";
import { prorate } from "./proration.ts";

/** Minor units in which prices are set: those of three decimals end in 0. */
const STEPS = { usd: 1, jpy: 1, huf: 1, bhd: 10 } as const;
type Currency = keyof typeof STEPS;
const CURRENCIES = Object.keys(STEPS) as Currency[];
/** Of a currency: so many subscriptions, each upgraded so often in its first period. */
const SUBSCRIPTIONS = 6;
const UPGRADES = 5;
const [FROM, TO] = ["2027-01-01T00:00:00Z", "2031-12-31T23:59:59Z"].map((at) => Date.parse(at) / 1000) as [
  number,
  number,
];
const names = { current: "Pro", wanted: "Enterprise" };

let sandbox: Sandbox;
let world: TestWorld;
let stripe: StripeApi;
let product: string;
beforeAll(async () => {
  sandbox = await newSandbox();
  world = await newWorld(sandbox, { name: "proration", clock: { mode: "manual" } });
  stripe = createStripe({ apiKey: world.key, baseUrl: sandbox.url, metrics: createMetrics("test") });
  product = (await world.stripe.products.create({ name: "Pro" })).id;
});
afterAll(() => sandbox.close());

type Priced = { amount: number; quantity: number };
type Period = { start: number; end: number };
const at = (seconds: number) => new Date(seconds * 1000);
/** As we reckon it. */
const ours = (currency: string, { start, end }: Period, from: Priced, to: Priced, second: number) =>
  prorate(
    {
      period_start: at(start),
      period_end: at(end),
      status: "active",
      quantity: from.quantity,
      amount_minor: BigInt(from.amount),
      currency,
    },
    names,
    { amountMinor: BigInt(to.amount), quantity: to.quantity },
    at(second),
  );

const priced = fc.record({
  amount: fc.integer({ min: 1, max: 99_999 }),
  quantity: fc.integer({ min: 1, max: 1_000 }),
});

test.each(CURRENCIES)("%s: at 1,000 random dates the company's lines are ours", (currency) => {
  const step = STEPS[currency];
  const date = fc.integer({ min: FROM, max: TO });
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(date, fc.constantFrom(1, 12), part, priced, priced, (start, months, passed, from, to) => {
      const period = { start, end: addMonths(at(start), months).getTime() / 1000 };
      const second = period.start + Math.floor((period.end - period.start) * passed);
      const [old, next] = [from, to].map(({ amount, quantity }) => ({ amount: amount * step, quantity })) as [
        Priced,
        Priced,
      ];
      const theirs = [-proratedAmount(old.amount * old.quantity, period, second)];
      theirs.push(proratedAmount(next.amount * next.quantity, period, second));
      const lines = ours(currency, period, old, next, second).lines;
      expect(lines.map(({ amountMinor }) => Number(amountMinor))).toEqual(theirs.map((each) => each + 0));
    }),
    { numRuns: 1_000 },
  );
});

test.each(CURRENCIES)(
  "%s: preview = charge = our own reckoning, to the minor unit, by test clock at random dates",
  { timeout: 60_000 },
  async (currency) => {
    const random = createRandom(`proration ${currency}`);
    let charged = 0;
    for (let n = 0; n < SUBSCRIPTIONS; n += 1)
      charged += await upgradeOften(random, currency, `${currency}:${n}`);
    expect(charged).toBe(SUBSCRIPTIONS * UPGRADES);
  },
);

/** One subscription from a random date on, dearer each time, at later and later seconds of its period. How many times. */
async function upgradeOften(random: Random, currency: Currency, name: string): Promise<number> {
  const interval = random.pick<"month" | "year">(["month", "year"]);
  const quantity = random.between(1, 9);
  const price = async (key: string, amount: number) => {
    const input = { productId: product, amountMinor: BigInt(amount), currency, period: interval };
    return (await stripe.createPrice({ ...input, holdfastId: key, idempotencyKey: key })).id;
  };
  let current = { amount: random.between(1_000, 50_000) * STEPS[currency], quantity };
  const { id, itemId, period } = await begin(
    random.between(FROM, TO),
    await price(name, current.amount),
    quantity,
  );
  const moments = Array.from({ length: UPGRADES }, () => random.between(period.start, period.end - 3_600));
  for (const [n, second] of moments.toSorted((a, b) => a - b).entries()) {
    const key = `${name}:${n}`;
    const more = random.between(5_000, 40_000) * STEPS[currency];
    const next = { amount: current.amount + more, quantity: current.quantity + random.between(0, 2) };
    const change = {
      subscriptionId: id,
      itemId,
      priceId: await price(key, next.amount),
      quantity: next.quantity,
      at: at(second),
    };
    const preview = await stripe.previewChange(change);
    await stripe.upgrade({ ...change, idempotencyKey: `${key}:up` });
    const [charged] = (await world.stripe.invoices.list({ subscription: id, limit: 1 })).data;
    const told = ours(currency, period, current, next, second);
    const amounts = told.lines.map(({ amountMinor }) => Number(amountMinor));
    expect(Number(preview.dueNowMinor), key).toBe(Number(told.dueNowMinor));
    expect(preview.lines.map(({ amountMinor }) => Number(amountMinor))).toEqual(amounts);
    expect(charged).toMatchObject({
      status: "paid",
      currency,
      billing_reason: "subscription_update",
      amount_paid: Number(told.dueNowMinor),
    });
    expect(charged?.lines.data.map(({ amount }) => amount)).toEqual(amounts);
    current = next;
  }
  return moments.length;
}

async function begin(frozen: number, price: string, quantity: number) {
  const { stripe: sdk } = world;
  const clock = await sdk.testHelpers.testClocks.create({ frozen_time: frozen });
  const customer = await sdk.customers.create({ test_clock: clock.id });
  const method = await sdk.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  const made = await sdk.subscriptions.create({
    customer: customer.id,
    default_payment_method: method.id,
    items: [{ price, quantity }],
  });
  const [item] = made.items.data;
  if (!item) throw new Error("no item");
  const period: Period = { start: item.current_period_start, end: item.current_period_end };
  return { id: made.id, itemId: item.id, period };
}
