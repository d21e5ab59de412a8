/** Coupons and promotion codes, on subscriptions and at the checkout. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../main.ts";
import { newSandbox, openCheckout, payByForm, post, refusalOf } from "../harness.ts";
import { customerWith, invoicesOf, moveClock, openShop } from "../harness-shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

describe("a coupon", () => {
  it.each([
    ["once", {}, [2175, 2900, 2900]],
    ["repeating", { duration_in_months: 2 }, [2175, 2175, 2900]],
    ["forever", {}, [2175, 2175, 2175]],
  ] as const)("of 25 %% %s makes the first months cost %j %j", async (duration, more, amounts) => {
    const shop = await openShop(sandbox);
    const customer = await customerWith(shop, "pm_card_visa");
    const coupon = await shop.stripe.coupons.create({ percent_off: 25, duration, ...more });
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      discounts: [{ coupon: coupon.id }],
      expand: ["discounts"],
    });
    await moveClock(sandbox, shop, "62d");
    const paid = (await invoicesOf(shop, customer)).map((each) => each.amount_paid).toReversed();
    expect(paid).toEqual(amounts);
    expect((await shop.stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);
    const now = await shop.stripe.subscriptions.retrieve(made.id);
    expect(now.discounts).toHaveLength(duration === "forever" ? 1 : 0);
  });

  it("can be given to a subscription later, and taken away", async () => {
    const shop = await openShop(sandbox);
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    const coupon = await shop.stripe.coupons.create({ percent_off: 10, duration: "forever" });
    await shop.stripe.subscriptions.update(made.id, { discounts: [{ coupon: coupon.id }] });
    expect((await shop.stripe.invoices.createPreview({ subscription: made.id })).amount_due).toBe(2610);
    await shop.stripe.subscriptions.update(made.id, { discounts: "" });
    expect((await shop.stripe.invoices.createPreview({ subscription: made.id })).amount_due).toBe(2900);
  });

  it("counts in prorations: what was paid less comes back less", async () => {
    const shop = await openShop(sandbox);
    const customer = await customerWith(shop, "pm_card_visa");
    const coupon = await shop.stripe.coupons.create({ percent_off: 50, duration: "forever" });
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      discounts: [{ coupon: coupon.id }],
    });
    await moveClock(sandbox, shop, "15d");
    const change = {
      items: [{ id: made.items.data[0]?.id ?? "", price: shop.big }],
      proration_behavior: "always_invoice" as const,
    };
    const preview = await shop.stripe.invoices.createPreview({
      subscription: made.id,
      subscription_details: change,
    });
    await shop.stripe.subscriptions.update(made.id, change);
    const [charged] = await invoicesOf(shop, customer);
    expect(charged?.lines.data.map((line) => line.amount)).toEqual([-725, 4975]);
    expect(preview.amount_due).toBe(charged?.amount_paid);
  });

  it("that is used up, too late or of another currency is refused", async () => {
    const shop = await openShop(sandbox);
    const customer = await customerWith(shop, "pm_card_visa");
    const { coupons, subscriptions } = shop.stripe;
    const once = await coupons.create({ percent_off: 10, duration: "once", max_redemptions: 1 });
    const euros = await coupons.create({ amount_off: 100, currency: "eur", duration: "once" });
    const subscribe = (coupon: string) =>
      subscriptions.create({ customer, items: [{ price: shop.pro }], discounts: [{ coupon }] });
    await subscribe(once.id);
    expect((await refusalOf(subscribe(once.id))).code).toBe("coupon_expired");
    expect((await refusalOf(subscribe(euros.id))).message).toContain("currency usd");
    expect((await refusalOf(subscribe("NONE"))).code).toBe("resource_missing");
    expect((await refusalOf(coupons.create({ percent_off: 101, duration: "once" }))).param).toBe(
      "percent_off",
    );
  });
});

describe("a promotion code", () => {
  it("is typed at the checkout of a subscription", async () => {
    const shop = await openShop(sandbox);
    const coupon = await shop.stripe.coupons.create({ amount_off: 900, currency: "usd", duration: "once" });
    const code = await shop.stripe.promotionCodes.create({
      promotion: { type: "coupon", coupon: coupon.id },
      code: "WELCOME",
    });
    const session = await shop.stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: shop.pro, quantity: 1 }],
      allow_promotion_codes: true,
      success_url: "http://127.0.0.1:1/done",
    });
    expect(await (await fetch(session.url ?? "")).text()).toContain("Promotion code");
    const wrong = await post(`${session.url}/promotion`, { promotion_code: "NOPE" });
    expect(wrong).toMatchObject({ status: 402, body: { error: { message: "This code is invalid." } } });
    expect((await post(`${session.url}/promotion`, { promotion_code: "welcome" })).status).toBe(200);
    expect((await payByForm(session.url, "4242424242424242")).body.status).toBe("complete");
    const done = await shop.stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
    expect(done).toMatchObject({
      amount_subtotal: 2900,
      amount_total: 2000,
      total_details: { amount_discount: 900 },
      discounts: [{ coupon: coupon.id, promotion_code: code.id }],
      invoice: { amount_paid: 2000, subtotal: 2900, total: 2000 },
    });
    expect((await shop.stripe.promotionCodes.retrieve(code.id)).times_redeemed).toBe(1);
  });

  it("or its coupon can be given with an order", async () => {
    const shop = await openShop(sandbox);
    const coupon = await shop.stripe.coupons.create({ percent_off: 33.33, duration: "once" });
    const session = await openCheckout(shop.stripe, 1500, { discounts: [{ coupon: coupon.id }] });
    expect(session).toMatchObject({ amount_subtotal: 1500, amount_total: 1000 });
    await payByForm(session.url, "4242424242424242");
    const [charge] = (await shop.stripe.charges.list()).data;
    expect(charge?.amount).toBe(1000);
    expect((await shop.stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);
  });
});
