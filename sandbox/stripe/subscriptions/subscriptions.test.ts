/** Subscriptions as they begin, are paid, and end; by the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { controlOf, newSandbox, newWorld, payByForm, post, refusalOf, type TestWorld } from "../harness.ts";

let sandbox: Sandbox;
let world: TestWorld;
let price: Stripe.Price;
beforeAll(async () => {
  sandbox = await newSandbox();
  world = await newWorld(sandbox, { clock: { mode: "manual" } });
  const product = await world.stripe.products.create({ name: "Pro" });
  price = await world.stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 2900,
    recurring: { interval: "month" },
  });
});
afterAll(() => sandbox.close());

async function customerWith(card: string | null): Promise<{ id: string; method: string | null }> {
  const { customers, paymentMethods } = world.stripe;
  const { id } = await customers.create({ email: "ann@example.com", name: "Ann" });
  if (card === null) return { id, method: null };
  const method = await paymentMethods.attach(card, { customer: id });
  await customers.update(id, { invoice_settings: { default_payment_method: method.id } });
  return { id, method: method.id };
}

const subscribe = (customer: string, more: Partial<Stripe.SubscriptionCreateParams> = {}) =>
  world.stripe.subscriptions.create({
    customer,
    items: [{ price: price.id }],
    expand: ["latest_invoice.payments"],
    ...more,
  });

async function typesOf(id: string): Promise<string[]> {
  const types: string[] = [];
  for await (const event of world.stripe.events.list({ limit: 100 })) {
    if (JSON.stringify(event.data.object).includes(id)) types.push(event.type);
  }
  return types;
}

describe("a subscription", () => {
  it("is active once its first invoice is paid with the customer's card", async () => {
    const { id } = await customerWith("pm_card_visa");
    const made = await subscribe(id, { metadata: { holdfast_id: "sub_1" } });
    expect(made).toMatchObject({ status: "active", metadata: { holdfast_id: "sub_1" }, currency: "usd" });
    const [item] = made.items.data;
    expect(item?.current_period_start).toBe(made.created);
    expect(new Date((item?.current_period_end ?? 0) * 1000).toISOString()).toBe("2026-12-02T09:00:00.000Z");
    const invoice = made.latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({
      status: "paid",
      billing_reason: "subscription_create",
      amount_due: 2900,
      amount_paid: 2900,
      amount_remaining: 0,
      parent: { subscription_details: { subscription: made.id } },
      payments: { data: [{ status: "paid", amount_paid: 2900 }] },
    });
    expect(invoice.number).toMatch(/-0001$/);
    expect(invoice.lines.data[0]).toMatchObject({ amount: 2900, description: "1 × Pro (at $29.00 / month)" });
    const types = await typesOf(made.id);
    for (const type of [
      "customer.subscription.created",
      "customer.subscription.updated",
      "invoice.created",
      "invoice.finalized",
      "invoice.paid",
    ]) {
      expect(types).toContain(type);
    }
  });

  it("default_incomplete waits for the holder, whose payment activates it", async () => {
    const { id } = await customerWith(null);
    const made = await subscribe(id, {
      payment_behavior: "default_incomplete",
      payment_settings: { save_default_payment_method: "on_subscription" },
      expand: [
        "latest_invoice.confirmation_secret",
        "latest_invoice.payments.data.payment.payment_intent",
      ].slice(0, 1),
    });
    expect(made.status).toBe("incomplete");
    const invoice = made.latest_invoice as Stripe.Invoice;
    const secret = invoice.confirmation_secret?.client_secret ?? "";
    const intent = secret.split("_secret_")[0] ?? "";
    await world.stripe.paymentIntents.confirm(intent, { payment_method: "pm_card_threeDSecureRequired" });
    const asked = await world.stripe.paymentIntents.retrieve(intent);
    expect((await world.stripe.subscriptions.retrieve(made.id)).status).toBe("incomplete");
    const bank = asked.next_action?.redirect_to_url?.url ?? "";
    await fetch(bank, { method: "POST", body: "outcome=complete" });
    const after = await world.stripe.subscriptions.retrieve(made.id);
    expect(after.status).toBe("active");
    const method = await world.stripe.paymentMethods.retrieve(String(after.default_payment_method));
    expect(method.customer).toBe(id);
    const payments = await world.stripe.invoicePayments.list({
      payment: { type: "payment_intent", payment_intent: intent },
    });
    expect(payments.data[0]).toMatchObject({ invoice: invoice.id, status: "paid" });
  });

  it("is incomplete after a decline, paid by another card, or expired after 23 hours", async () => {
    const { id } = await customerWith("pm_card_chargeCustomerFail");
    const [first, second] = [await subscribe(id), await subscribe(id)];
    expect(first).toMatchObject({
      status: "incomplete",
      latest_invoice: { status: "open", attempt_count: 1 },
    });
    const invoice = (first.latest_invoice as Stripe.Invoice).id;
    const refused = await refusalOf(world.stripe.invoices.pay(invoice));
    expect(refused.code).toBe("card_declined");
    const paid = await world.stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
    expect(paid.status).toBe("paid");
    expect((await world.stripe.subscriptions.retrieve(first.id)).status).toBe("active");
    await controlOf(sandbox)("POST", "/clock", { world: world.name, advance: "23h" });
    expect((await world.stripe.subscriptions.retrieve(second.id)).status).toBe("incomplete_expired");
    const dead = await world.stripe.invoices.retrieve((second.latest_invoice as Stripe.Invoice).id);
    expect(dead.status).toBe("void");
  });

  it("error_if_incomplete leaves nothing behind", async () => {
    const { id } = await customerWith("pm_card_chargeCustomerFail");
    const refused = await refusalOf(subscribe(id, { payment_behavior: "error_if_incomplete" }));
    expect(refused).toMatchObject({ statusCode: 402, code: "card_declined" });
    expect((await world.stripe.subscriptions.list({ customer: id, status: "all" })).data).toEqual([]);
    expect((await world.stripe.invoices.list({ customer: id })).data).toEqual([]);
  });

  it("begins with a trial and an invoice over nothing; without a card a setup intent waits", async () => {
    const { id } = await customerWith(null);
    const made = await subscribe(id, { trial_period_days: 14, payment_behavior: "default_incomplete" });
    expect(made).toMatchObject({ status: "trialing", latest_invoice: { status: "paid", total: 0 } });
    expect((made.trial_end ?? 0) - (made.trial_start ?? 0)).toBe(14 * 86_400);
    expect(made.items.data[0]?.current_period_end).toBe(made.trial_end);
    const setup = String(made.pending_setup_intent);
    await world.stripe.setupIntents.confirm(setup, { payment_method: "pm_card_visa" });
    const after = await world.stripe.subscriptions.retrieve(made.id, { expand: ["default_payment_method"] });
    expect(after.pending_setup_intent).toBeNull();
    expect(after.default_payment_method).toMatchObject({ customer: id });
  });

  it("ends at once or with its period, and with its customer", async () => {
    const { id } = await customerWith("pm_card_visa");
    const [a, b, c] = [await subscribe(id), await subscribe(id), await subscribe(id)];
    const gone = await world.stripe.subscriptions.cancel(a.id, {
      cancellation_details: { feedback: "unused", comment: "Bye" },
    });
    expect(gone).toMatchObject({
      status: "canceled",
      cancellation_details: { feedback: "unused", reason: "cancellation_requested" },
    });
    expect((await refusalOf(world.stripe.subscriptions.cancel(a.id))).code).toBe("resource_missing");
    const later = await world.stripe.subscriptions.update(b.id, { cancel_at_period_end: true });
    expect(later).toMatchObject({ status: "active", cancel_at_period_end: true });
    expect(later.cancel_at).toBe(later.items.data[0]?.current_period_end);
    const back = await world.stripe.subscriptions.update(b.id, { cancel_at_period_end: false });
    expect(back).toMatchObject({ cancel_at: null, canceled_at: null });
    await world.stripe.customers.del(id);
    expect((await world.stripe.subscriptions.retrieve(c.id)).status).toBe("canceled");
    expect(await typesOf(c.id)).toContain("customer.subscription.deleted");
  });

  it("refuses what makes no sense", async () => {
    const { id } = await customerWith(null);
    expect((await refusalOf(subscribe(id))).message).toContain("no attached payment source");
    expect((await refusalOf(subscribe(id, { items: [] }))).param).toBe("items");
    const other = await customerWith("pm_card_visa");
    const foreign = await refusalOf(subscribe(id, { default_payment_method: String(other.method) }));
    expect(foreign.code).toBe("resource_missing");
    const past = await refusalOf(subscribe(id, { trial_end: 1_000 }));
    expect(past.param).toBe("trial_end");
  });
});

describe("checkout", () => {
  const open = (more: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
    world.stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: price.id, quantity: 2 }],
      success_url: "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}",
      cancel_url: "http://127.0.0.1:1/back",
      subscription_data: { metadata: { holdfast_id: "sub_9" } },
      ...more,
    });

  it("mode subscription: declined, then 3-D Secure, then one active subscription with that card", async () => {
    const session = await open();
    expect(session).toMatchObject({ mode: "subscription", amount_total: 5800, subscription: null });
    expect((await payByForm(session.url, "4000000000000341")).body.error?.code).toBe("card_declined");
    const asked = await payByForm(session.url, "4000002760003184");
    expect(asked.body).toMatchObject({ status: "open", requires_action: true });
    expect((await post(`${session.url}/authenticate`, { outcome: "complete" })).body.status).toBe("complete");
    const done = await world.stripe.checkout.sessions.retrieve(session.id, {
      expand: ["subscription.latest_invoice"],
    });
    const subscription = done.subscription as Stripe.Subscription;
    expect(done).toMatchObject({ payment_status: "paid", payment_intent: null });
    expect(subscription).toMatchObject({
      status: "active",
      customer: done.customer,
      metadata: { holdfast_id: "sub_9" },
      items: { data: [{ quantity: 2 }] },
      latest_invoice: { id: done.invoice, status: "paid", amount_paid: 5800 },
    });
    const cards = await world.stripe.customers.listPaymentMethods(String(done.customer));
    expect(cards.data.map((each) => each.id)).toEqual([subscription.default_payment_method]);
    const all = await world.stripe.subscriptions.list({ customer: String(done.customer), status: "all" });
    expect(all.data).toHaveLength(1);
  });

  it("mode subscription with a trial stores the card and charges nothing", async () => {
    const session = await open({ subscription_data: { trial_period_days: 14 } });
    expect(session.amount_total).toBe(0);
    expect((await payByForm(session.url, "4242424242424242")).body.status).toBe("complete");
    const done = await world.stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
    expect(done).toMatchObject({
      payment_status: "no_payment_required",
      subscription: { status: "trialing" },
    });
    const { default_payment_method: method } = done.subscription as Stripe.Subscription;
    expect(method).toMatch(/^pm_/);
  });

  it("mode setup stores a card for the customer", async () => {
    const { id } = await customerWith(null);
    const session = await world.stripe.checkout.sessions.create({
      mode: "setup",
      currency: "usd",
      customer: id,
      success_url: "http://127.0.0.1:1/done",
    });
    const asked = await payByForm(session.url, "4000002500003155");
    expect(asked.body.requires_action).toBe(true);
    await post(`${session.url}/authenticate`, { outcome: "complete" });
    const done = await world.stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent"] });
    expect(done).toMatchObject({ status: "complete", setup_intent: { status: "succeeded", customer: id } });
    // Set up once, it is charged without its holder.
    const method = String((done.setup_intent as Stripe.SetupIntent).payment_method);
    const made = await subscribe(id, { default_payment_method: method, off_session: true });
    expect(made.status).toBe("active");
  });

  it("left alone, a declined one takes its subscription along when it expires", async () => {
    const session = await open();
    await payByForm(session.url, "4000000000000341");
    await world.stripe.checkout.sessions.expire(session.id);
    const [made] = (await world.stripe.subscriptions.list({ status: "incomplete_expired", limit: 1 })).data;
    expect(made?.metadata).toEqual({ holdfast_id: "sub_9" });
  });
});

describe("an invoice's page", () => {
  it("takes the payment of an open invoice and gives a file", async () => {
    const { id } = await customerWith(null);
    const made = await subscribe(id, { payment_behavior: "default_incomplete" });
    const invoice = made.latest_invoice as Stripe.Invoice;
    const url = invoice.hosted_invoice_url ?? "";
    expect(await (await fetch(url)).text()).toContain("Pay $29.00");
    expect((await payByForm(url, "4000000000000002")).body.error?.code).toBe("card_declined");
    expect((await payByForm(url, "4242424242424242")).body.status).toBe("paid");
    expect((await world.stripe.subscriptions.retrieve(made.id)).status).toBe("active");
    const file = await fetch(invoice.invoice_pdf ?? "");
    expect(file.headers.get("content-type")).toBe("application/pdf");
    expect((await file.text()).slice(0, 8)).toBe("%PDF-1.4");
  });
});
