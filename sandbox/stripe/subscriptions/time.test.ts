/** Subscriptions as time goes by: renewals, retries, changes in mid period; by the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../main.ts";
import { controlOf, newSandbox } from "../harness.ts";
import { customerWith, eventsOf, invoicesOf, moveClock, openShop, type Shop } from "../harness-shop.ts";

const DAY = 86_400;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

const newShop = (): Promise<Shop> => openShop(sandbox);

describe("a renewal", () => {
  it("14 days of trial, then monthly: 400 days make 13 paid invoices above zero", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      trial_period_days: 14,
    });
    await moveClock(sandbox, shop, "11d");
    const [warning] = await eventsOf(shop, "customer.subscription.trial_will_end");
    expect(warning?.data.object).toMatchObject({ id: made.id });
    expect(warning?.created).toBe((made.trial_end ?? 0) - 3 * DAY);
    await moveClock(sandbox, shop, "389d");
    const invoices = await invoicesOf(shop, customer);
    const paid = invoices.filter((each) => each.status === "paid" && each.total > 0);
    expect(paid).toHaveLength(13);
    expect(paid.every((each) => each.amount_paid === 2900)).toBe(true);
    expect(invoices).toHaveLength(14);
    const now = await shop.stripe.subscriptions.retrieve(made.id);
    expect(now).toMatchObject({ status: "active", latest_invoice: paid[0]?.id });
    // Periods join without a gap.
    const periods = paid.map((each) => each.lines.data[0]?.period).toReversed();
    expect(periods[0]?.start).toBe(made.trial_end);
    for (let n = 1; n < periods.length; n++) expect(periods[n]?.start).toBe(periods[n - 1]?.end);
    expect((await shop.stripe.charges.list({ limit: 100 })).data).toHaveLength(13);
  });

  it("is a draft for an hour, told a week before", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    await moveClock(sandbox, shop, "23d");
    const [coming] = await eventsOf(shop, "invoice.upcoming");
    expect(coming?.data.object).toMatchObject({ amount_due: 2900, status: "draft" });
    await moveClock(sandbox, shop, "7d");
    const [draft] = await invoicesOf(shop, customer);
    expect(draft).toMatchObject({ status: "draft", billing_reason: "subscription_cycle" });
    expect(draft?.automatically_finalizes_at).toBe((draft?.created ?? 0) + 3600);
    await moveClock(sandbox, shop, "1h");
    expect((await invoicesOf(shop, customer))[0]).toMatchObject({ id: draft?.id, status: "paid" });
    expect((await shop.stripe.subscriptions.retrieve(made.id)).latest_invoice).toBe(draft?.id);
  });

  it.each([
    ["cancel", "canceled"],
    ["mark_unpaid", "unpaid"],
    ["leave_past_due", "past_due"],
  ])("that fails is tried again after 1, 3, 5 and 7 days; then %s", async (setting, status) => {
    const shop = await newShop();
    await controlOf(sandbox)("POST", `/stripe/settings?world=${shop.world.name}`, { after_retries: setting });
    const customer = await customerWith(shop, "pm_card_chargeCustomerFail");
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      trial_period_days: 1,
    });
    const tries: number[] = [];
    await moveClock(sandbox, shop, "25h");
    for (const wait of [1, 3, 5, 7]) {
      const [invoice] = await invoicesOf(shop, customer);
      tries.push(invoice?.attempt_count ?? 0);
      const now = (await shop.stripe.subscriptions.retrieve(made.id)).status;
      expect(now).toBe("past_due");
      const [failed] = await eventsOf(shop, "invoice.payment_failed");
      expect(invoice?.next_payment_attempt).toBe((failed?.created ?? 0) + wait * DAY);
      await moveClock(sandbox, shop, `${wait}d`);
    }
    expect(tries).toEqual([1, 2, 3, 4]);
    const [invoice] = await invoicesOf(shop, customer);
    expect(invoice).toMatchObject({ attempt_count: 5, next_payment_attempt: null, status: "open" });
    const after = await shop.stripe.subscriptions.retrieve(made.id);
    expect(after.status).toBe(status);
    if (status === "canceled") expect(after.cancellation_details?.reason).toBe("payment_failed");
  });

  it("that failed is paid by a new card, and the subscription is active again", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_chargeCustomerFail");
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      trial_period_days: 1,
    });
    await moveClock(sandbox, shop, "49h");
    const method = await shop.stripe.paymentMethods.attach("pm_card_visa", { customer });
    await shop.stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
    await moveClock(sandbox, shop, "3d");
    expect((await invoicesOf(shop, customer))[0]).toMatchObject({ status: "paid", attempt_count: 3 });
    expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe("active");
  });

  it("that asks the holder waits for them, past due", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_authenticationRequired");
    const made = await shop.stripe.subscriptions.create({
      customer,
      items: [{ price: shop.pro }],
      trial_period_days: 1,
    });
    await moveClock(sandbox, shop, "25h");
    expect(await eventsOf(shop, "invoice.payment_action_required")).toHaveLength(1);
    expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe("past_due");
    const [invoice] = await invoicesOf(shop, customer);
    const full = await shop.stripe.invoices.retrieve(invoice?.id ?? "", { expand: ["payments"] });
    const intent = await shop.stripe.paymentIntents.retrieve(
      String(full.payments?.data[0]?.payment.payment_intent),
    );
    const bank = intent.next_action?.redirect_to_url?.url ?? "";
    await fetch(bank, { method: "POST", body: "outcome=complete" });
    expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe("active");
  });

  it("does not come where the subscription was to end", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    await shop.stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
    await moveClock(sandbox, shop, "31d");
    const after = await shop.stripe.subscriptions.retrieve(made.id);
    expect(after).toMatchObject({ status: "canceled", ended_at: made.items.data[0]?.current_period_end });
    expect(await invoicesOf(shop, customer)).toHaveLength(1);
  });

  it.each([
    ["cancel", "canceled"],
    ["pause", "paused"],
  ] as const)("of a trial without a card: %s → %s", async (wish, status) => {
    const shop = await newShop();
    const { id } = await shop.stripe.customers.create({});
    const made = await shop.stripe.subscriptions.create({
      customer: id,
      items: [{ price: shop.pro }],
      trial_period_days: 3,
      trial_settings: { end_behavior: { missing_payment_method: wish } },
    });
    await moveClock(sandbox, shop, "4d");
    expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe(status);
    if (status !== "paused") return;
    const method = await shop.stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    await shop.stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
    expect((await shop.stripe.subscriptions.resume(made.id)).status).toBe("active");
  });

  it("is not collected while collection is paused, and is again when that ends", async () => {
    const shop = await newShop();
    const customer = await customerWith(shop, "pm_card_visa");
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    const until = made.created + 45 * DAY;
    await shop.stripe.subscriptions.update(made.id, {
      pause_collection: { behavior: "void", resumes_at: until },
    });
    await moveClock(sandbox, shop, "31d");
    expect((await invoicesOf(shop, customer))[0]).toMatchObject({ status: "void" });
    await moveClock(sandbox, shop, "31d");
    expect((await invoicesOf(shop, customer))[0]).toMatchObject({ status: "paid", amount_paid: 2900 });
  });
});

describe("a test clock", () => {
  it("has a time of its own: advancing, then ready, with all that fell due", async () => {
    const shop = await newShop();
    const start = Date.parse("2027-01-31T09:00:00Z") / 1000;
    const clock = await shop.stripe.testHelpers.testClocks.create({ frozen_time: start, name: "Month ends" });
    const customer = await customerWith(shop, "pm_card_visa", clock.id);
    const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
    expect(made).toMatchObject({ created: start, test_clock: clock.id });
    const target = Date.parse("2027-05-02T00:00:00Z") / 1000;
    const moving = await shop.stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: target });
    expect(moving.status).toBe("advancing");
    await moveClock(sandbox, shop, "1s");
    const done = await shop.stripe.testHelpers.testClocks.retrieve(clock.id);
    expect(done).toMatchObject({ status: "ready", frozen_time: target });
    const starts = (await invoicesOf(shop, customer)).map((each) => {
      const at = each.lines.data[0]?.period.start ?? 0;
      return `${new Date(at * 1000).toISOString().slice(0, 10)} ${each.status}`;
    });
    expect(starts.toReversed()).toEqual([
      "2027-01-31 paid",
      "2027-02-28 paid",
      "2027-03-31 paid",
      "2027-04-30 paid",
    ]);
    expect(await eventsOf(shop, "test_helpers.test_clock.ready")).toHaveLength(1);
    expect((await shop.stripe.customers.list({ test_clock: clock.id })).data).toHaveLength(1);
  });
});
