/** Changes in the middle of a period, against a table worked by hand and against their previews. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { newSandbox, refusalOf } from "../harness.ts";
import { customerWith, invoicesOf, moveClock, openShop, type Shop } from "../harness-shop.ts";

const DAY = 86_400;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

const newShop = (): Promise<Shop> => openShop(sandbox);

describe("a change in mid period", () => {
  // 2 November to 2 December are 2,592,000 s. Worked by hand: amount × seconds left ÷ 2,592,000.
  const TABLE = [
    { after: "10d", left: -1933, rest: 13_267 }, // 20 of 30 days
    { after: "15d", left: -1450, rest: 9950 }, // half
    { after: "29d 23h 59m 59s", left: 0, rest: 0 }, // one second: 0.001 and 0.008
    { after: "1s", left: -2900, rest: 19_900 }, // 2899.9989 and 19899.9923
    { after: "7d 5h 13m 41s", left: -2202, rest: 15_112 }, // 1,968,379 s: 2202.275… and 15112.169…
  ];

  it.each(TABLE)(
    "after $after gives back $left and charges $rest, as previewed",
    async ({ after, left, rest }) => {
      const shop = await newShop();
      const customer = await customerWith(shop, "pm_card_visa");
      const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
      const item = made.items.data[0]?.id ?? "";
      await moveClock(sandbox, shop, after);
      const details = {
        items: [{ id: item, price: shop.big }],
        proration_behavior: "always_invoice" as const,
        proration_date: made.created + seconds(after),
      };
      if (left === 0) {
        await shop.stripe.subscriptions.update(made.id, details);
        expect(await invoicesOf(shop, customer)).toHaveLength(1);
        return;
      }
      const preview = await shop.stripe.invoices.createPreview({
        subscription: made.id,
        subscription_details: details,
      });
      expect(preview.lines.data.map((line) => line.amount)).toEqual([left, rest]);
      const before = await invoicesOf(shop, customer);
      expect(before).toHaveLength(1);
      // Made later, pinned to the same moment, it costs the same.
      await moveClock(sandbox, shop, "40m");
      await shop.stripe.subscriptions.update(made.id, details);
      const [charged] = await invoicesOf(shop, customer);
      expect(charged).toMatchObject({
        status: "paid",
        billing_reason: "subscription_update",
        amount_paid: left + rest,
        total: preview.total,
      });
      expect(charged?.lines.data.map((line) => line.amount)).toEqual([left, rest]);
      expect(charged?.lines.data.every((line) => line.parent?.subscription_item_details?.proration)).toBe(
        true,
      );
      expect(preview.amount_due).toBe(charged?.amount_paid);
    },
  );

  it("create_prorations puts it on the next invoice, none charges nothing", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const [a, b] = [
      await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] }),
      await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] }),
    ];
    await moveClock(sandbox, shop, "15d");
    const change = (id: string) => [{ id, price: shop.big }];
    await shop.stripe.subscriptions.update(a.id, { items: change(a.items.data[0]?.id ?? "") });
    await shop.stripe.subscriptions.update(b.id, {
      items: change(b.items.data[0]?.id ?? ""),
      proration_behavior: "none",
    });
    const preview = await shop.stripe.invoices.createPreview({ subscription: a.id });
    expect(preview.lines.data.map((line) => line.amount)).toEqual([-1450, 9950, 19_900]);
    await moveClock(sandbox, shop, "15d 2h");
    const [ofA] = (await shop.stripe.invoices.list({ subscription: a.id })).data;
    const [ofB] = (await shop.stripe.invoices.list({ subscription: b.id })).data;
    expect(ofA).toMatchObject({ status: "paid", amount_paid: 28_400 });
    expect(ofB).toMatchObject({ status: "paid", amount_paid: 19_900 });
  });

  it("down and always_invoice leaves a credit that pays the next invoice in part", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro, quantity: 3 }],
    });
    await moveClock(sandbox, shop, "15d");
    await shop.stripe.subscriptions.update(made.id, {
      items: [{ id: made.items.data[0]?.id ?? "", quantity: 1 }],
      proration_behavior: "always_invoice",
    });
    const [credit] = await invoicesOf(shop, customer);
    expect(credit).toMatchObject({ status: "paid", total: -2900, amount_paid: 0, ending_balance: -2900 });
    await moveClock(sandbox, shop, "16d");
    const [next] = await invoicesOf(shop, customer);
    expect(next).toMatchObject({ total: 2900, starting_balance: -2900, amount_due: 0, status: "paid" });
  });

  it("to another interval begins a new period now", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    await moveClock(sandbox, shop, "15d");
    const details = { items: [{ id: made.items.data[0]?.id ?? "", price: shop.yearly }] };
    const preview = await shop.stripe.invoices.createPreview({
      subscription: made.id,
      subscription_details: details,
    });
    const after = await shop.stripe.subscriptions.update(made.id, { ...details, expand: ["latest_invoice"] });
    expect(after.latest_invoice).toMatchObject({ total: 29_000 - 1450, amount_paid: preview.amount_due });
    expect(new Date((after.items.data[0]?.current_period_end ?? 0) * 1000).toISOString()).toBe(
      "2027-11-17T09:00:00.000Z",
    );
  });

  it("ends a trial at once when told so, and charges the first period", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      trial_period_days: 14,
    });
    await moveClock(sandbox, shop, "1d");
    const after = await shop.stripe.subscriptions.update(made.id, {
      trial_end: "now",
      expand: ["latest_invoice"],
    });
    expect(after).toMatchObject({ status: "active", latest_invoice: { status: "paid", amount_paid: 2900 } });
  });

  it("that cannot be paid: refused, past due, or pending, as asked", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    const bad = await shop.stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
    await shop.stripe.subscriptions.update(made.id, { default_payment_method: bad.id });
    const change = {
      items: [{ id: made.items.data[0]?.id ?? "", price: shop.big }],
      proration_behavior: "always_invoice" as const,
    };
    const update = (behavior: Stripe.SubscriptionUpdateParams.PaymentBehavior) =>
      shop.stripe.subscriptions.update(made.id, { ...change, payment_behavior: behavior });
    await moveClock(sandbox, shop, "10d");
    expect((await refusalOf(update("error_if_incomplete"))).code).toBe("card_declined");
    expect(await invoicesOf(shop, customer)).toHaveLength(1);
    const pending = await update("pending_if_incomplete");
    expect(pending).toMatchObject({ status: "active", items: { data: [{ price: { id: shop.pro } }] } });
    expect(pending.pending_update?.subscription_items?.[0]?.price.id).toBe(shop.big);
    await shop.stripe.invoices.pay(String(pending.latest_invoice), { payment_method: "pm_card_visa" });
    const applied = await shop.stripe.subscriptions.retrieve(made.id);
    expect(applied).toMatchObject({ pending_update: null, items: { data: [{ price: { id: shop.big } }] } });
    await shop.stripe.subscriptions.update(made.id, {
      items: [{ id: made.items.data[0]?.id ?? "", quantity: 2 }],
      proration_behavior: "always_invoice",
    });
    expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe("past_due");
  });

  it("one that waits is replaced by another, ends with its invoice or the period, and takes no other parameter", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_authenticationRequired");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    await shop.stripe.invoices.pay(String(made.latest_invoice), { payment_method: "pm_card_visa" });
    await moveClock(sandbox, shop, "29d 12h");
    const change = {
      items: [{ id: made.items.data[0]?.id ?? "", price: shop.big }],
      proration_behavior: "always_invoice",
      payment_behavior: "pending_if_incomplete",
    } satisfies Stripe.SubscriptionUpdateParams;
    const update = (more = {}) => shop.stripe.subscriptions.update(made.id, { ...change, ...more });
    expect((await refusalOf(update({ off_session: true }))).param).toBe("off_session");
    const first = await update();
    expect(first.pending_update?.expires_at).toBe(first.items.data[0]?.current_period_end);
    const second = await update();
    const statusOf = async (one: Stripe.Subscription) =>
      (await shop.stripe.invoices.retrieve(String(one.latest_invoice))).status;
    expect([await statusOf(first), await statusOf(second)]).toEqual(["void", "open"]);
    await shop.stripe.invoices.voidInvoice(String(second.latest_invoice));
    expect(await shop.stripe.subscriptions.retrieve(made.id)).toMatchObject({
      pending_update: null,
      items: { data: [{ price: { id: shop.pro } }] },
    });
  });

  it("a proration date outside the period is refused", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    const refused = await refusalOf(
      shop.stripe.subscriptions.update(made.id, {
        items: [{ id: made.items.data[0]?.id ?? "", price: shop.big }],
        proration_date: made.created - 1,
      }),
    );
    expect(refused.param).toBe("proration_date");
  });
});

function seconds(duration: string): number {
  const units = { d: DAY, h: 3600, m: 60, s: 1 };
  let sum = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+)([dhms])/g)) {
    sum += Number(count) * units[unit as keyof typeof units];
  }
  return sum;
}
