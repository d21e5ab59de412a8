/** Every answer and every event's object against Stripe's own shapes, when this machine has them. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../main.ts";
import { CARDS } from "./customers/cards.ts";
import {
  controlOf,
  newSandbox,
  newWorld,
  openCheckout,
  payByForm,
  post,
  refusalOf,
  type TestWorld,
} from "./harness.ts";
import { readSpec, schemaFile } from "./specs.ts";

const ROOTS: Readonly<Record<string, string>> = {
  "billing_portal.session": "BillingPortal.Session",
  balance: "Balance",
  balance_transaction: "BalanceTransaction",
  charge: "Charge",
  "checkout.session": "Checkout.Session",
  coupon: "Coupon",
  customer: "Customer",
  dispute: "Dispute",
  invoice: "Invoice",
  invoice_payment: "InvoicePayment",
  line_item: "InvoiceLineItem",
  payment_intent: "PaymentIntent",
  payment_method: "PaymentMethod",
  payout: "Payout",
  price: "Price",
  product: "Product",
  promotion_code: "PromotionCode",
  refund: "Refund",
  setup_intent: "SetupIntent",
  subscription: "Subscription",
  subscription_item: "SubscriptionItem",
  "test_helpers.test_clock": "TestHelpers.TestClock",
  webhook_endpoint: "WebhookEndpoint",
};
/** Each operation on subscriptions, their invoices and cards for later. */
async function useSubscriptions({ stripe }: TestWorld, customer: string): Promise<void> {
  const [card] = (await stripe.paymentMethods.list({ customer })).data;
  const product = await stripe.products.create({ name: "Pro" });
  const price = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 2900,
    recurring: { interval: "month" },
    lookup_key: "pro_month",
  });
  await stripe.prices.list({ lookup_keys: ["pro_month"], recurring: { interval: "month" } });
  const method = card?.id ?? "";
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  const items = [{ price: price.id, quantity: 2 }];
  const paid = await stripe.subscriptions.create({ customer, items, expand: ["latest_invoice.payments"] });
  await stripe.subscriptions.create({ customer, items, trial_period_days: 14 });
  const open = await stripe.subscriptions.create({
    customer,
    items,
    payment_behavior: "default_incomplete",
    expand: ["latest_invoice.confirmation_secret"],
  });
  const invoice = (open.latest_invoice as { id: string }).id;
  await stripe.invoices.listLineItems(invoice);
  await stripe.invoices.pay(invoice);
  await stripe.subscriptions.update(paid.id, { metadata: { a: "b" }, cancel_at_period_end: true });
  await stripe.subscriptions.cancel(open.id, { cancellation_details: { feedback: "unused" } });
  const failing = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  const broken = await stripe.subscriptions.create({ customer, items, default_payment_method: failing.id });
  await stripe.invoices.voidInvoice(String(broken.latest_invoice));
  const asked = {
    customer,
    items,
    default_payment_method: failing.id,
    payment_behavior: "default_incomplete" as const,
  };
  const other = await stripe.subscriptions.create(asked);
  await stripe.invoices.markUncollectible(String(other.latest_invoice));
  await stripe.subscriptions.list({ customer, status: "all" });
  await stripe.invoices.list({ customer });
  await stripe.invoicePayments.list({ limit: 10 });
  const setup = await stripe.setupIntents.create({ customer, metadata: { a: "b" } });
  await stripe.setupIntents.confirm(setup.id, { payment_method: "pm_card_authenticationRequired" });
  await stripe.setupIntents.cancel(setup.id);
  await stripe.setupIntents.create({ customer, payment_method: "pm_card_visa", confirm: true });
  await refusalOf(
    stripe.setupIntents.create({ customer, payment_method: "pm_card_chargeDeclined", confirm: true }),
  );
  await stripe.setupIntents.list({ customer });
  await stripe.paymentMethods.update(failing.id, { metadata: { a: "b" } });
  await stripe.paymentMethods.detach(failing.id);
}

/** Renewals, changes in mid period, pauses, and a time of one's own. */
async function useTime({ stripe, name }: TestWorld, sandbox: Sandbox): Promise<void> {
  const product = await stripe.products.create({ name: "Team" });
  const price = async (amount: number) =>
    (
      await stripe.prices.create({
        product: product.id,
        currency: "usd",
        unit_amount: amount,
        recurring: { interval: "month" },
      })
    ).id;
  const [small, big] = [await price(1000), await price(5000)];
  const start = Date.parse("2027-01-31T09:00:00Z") / 1000;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start, name: "Mine" });
  const customer = await stripe.customers.create({ test_clock: clock.id, payment_method: "pm_card_visa" });
  const [card] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: small }],
    default_payment_method: card?.id ?? "",
  });
  const item = made.items.data[0]?.id ?? "";
  await stripe.subscriptionItems.retrieve(item);
  await stripe.subscriptionItems.list({ subscription: made.id });
  const subscription_details = { items: [{ id: item, price: big }], proration_date: start + 86_400 };
  await stripe.invoices.createPreview({ subscription: made.id, subscription_details });
  await stripe.invoices.createPreview({
    customer: customer.id,
    subscription_details: { items: [{ price: big }] },
  });
  await stripe.subscriptionItems.update(item, { price: big });
  const extra = await stripe.subscriptionItems.create({ subscription: made.id, price: small });
  await stripe.subscriptionItems.del(extra.id, { proration_behavior: "always_invoice" });
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: start + 65 * 86_400 });
  await controlOf(sandbox)("POST", "/clock", { world: name, advance: "1s" });
  await stripe.subscriptions.pause(made.id, { type: "subscription" });
  await stripe.subscriptions.resume(made.id);
  await stripe.subscriptions.update(made.id, { pause_collection: { behavior: "keep_as_draft" } });
  const bad = await stripe.paymentMethods.attach("pm_card_authenticationRequired", { customer: customer.id });
  await stripe.subscriptions.update(made.id, { default_payment_method: bad.id });
  await stripe.subscriptions.update(made.id, {
    items: [{ id: item, quantity: 2 }],
    proration_behavior: "always_invoice",
    payment_behavior: "pending_if_incomplete",
  });
  await stripe.testHelpers.testClocks.list();
  await stripe.testHelpers.testClocks.retrieve(clock.id);
}

/** What comes after charges: disputes, late refunds, payouts. */
async function useAftermath({ stripe, name }: TestWorld, sandbox: Sandbox): Promise<void> {
  const pay = (card: string) =>
    stripe.paymentIntents.create({
      amount: 5000,
      currency: "usd",
      confirm: true,
      payment_method: `pm_card_${card}`,
    });
  for (const card of ["createDispute", "createDisputeInquiry", "createIssuerFraudRecord"]) await pay(card);
  for (const payment_method of ["pm_usBankAccount_success", "pm_usBankAccount_accountClosed"]) {
    await stripe.paymentIntents.create({ amount: 5000, currency: "usd", confirm: true, payment_method });
  }
  const paid = [await pay("pendingRefund"), await pay("refundFail")];
  const wait = (advance: string) => controlOf(sandbox)("POST", "/clock", { world: name, advance });
  await wait("10s");
  for (const intent of paid) await stripe.refunds.create({ payment_intent: intent.id });
  for (const { id, reason } of (await stripe.disputes.list()).data) {
    const uncategorized_text = reason === "general" ? "escalate_inquiry_evidence" : "winning_evidence";
    await stripe.disputes.update(id, { evidence: { uncategorized_text } });
  }
  await wait("4d");
  const { data } = await stripe.payouts.list();
  await stripe.balanceTransactions.list({ payout: data[0]?.id ?? "" });
  await stripe.balance.retrieve();
  await stripe.charges.list({ limit: 20 });
}

/** What is taken off, and the customer's own page. */
async function useOffers({ stripe }: TestWorld, customer: string): Promise<void> {
  const { coupons, promotionCodes } = stripe;
  const coupon = await coupons.create({ percent_off: 12.5, duration: "repeating", duration_in_months: 3 });
  await coupons.create({ amount_off: 100, currency: "usd", duration: "once", name: "Small" });
  await coupons.update(coupon.id, { name: "Friends" });
  await coupons.list();
  const made = await promotionCodes.create({
    promotion: { type: "coupon", coupon: coupon.id },
    code: "FRIEND",
  });
  await promotionCodes.list({ code: "FRIEND" });
  const [price] = (await stripe.prices.list({ type: "recurring" })).data;
  await stripe.subscriptions.create({
    customer,
    items: [{ price: price?.id ?? "" }],
    discounts: [{ promotion_code: made.id }],
    payment_behavior: "default_incomplete",
    expand: ["discounts", "latest_invoice"],
  });
  await promotionCodes.update(made.id, { active: false });
  await coupons.del(coupon.id);
  await stripe.billingPortal.sessions.create({ customer, return_url: "http://127.0.0.1:1/back" });
}

type Json = { object?: string; deleted?: boolean; data?: unknown; id?: string; error?: { code?: string } };

describe.skipIf(schemaFile === null)("answers against schema.stripe-node-23.1.0.json", () => {
  let sandbox: Sandbox;
  let world: TestWorld;
  let ajv: Ajv2020;
  const compiled = new Map<string, ValidateFunction>();
  beforeAll(async () => {
    sandbox = await newSandbox();
    world = await newWorld(sandbox, { clock: { mode: "manual" } });
    ajv = new Ajv2020({ strict: false, allErrors: true });
    ajv.addSchema(schemaFile as object, "stripe");
    await useEverything();
  });
  afterAll(() => sandbox.close());

  /** Each operation at least once, with full and with bare input; each card once. */
  async function useEverything(): Promise<void> {
    const { stripe } = world;
    const place = { city: "Here", country: "US", line1: "Street 1", postal_code: "12345", state: "CA" };
    const customer = await stripe.customers.create({ email: "a@example.com", name: "Ann", address: place });
    await stripe.customers.create({});
    await stripe.customers.update(customer.id, { phone: "+15550100", metadata: { a: "b" } });
    const product = await stripe.products.create({ name: "Credits", images: ["https://example.com/a.png"] });
    await stripe.products.update(product.id, { description: "Many" });
    const price = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 700 });
    await stripe.prices.create({ product_data: { name: "Other" }, currency: "jpy", unit_amount: 900 });
    await stripe.prices.update(price.id, { nickname: "pack" });
    const card = { number: "4242424242424242", exp_month: 4, exp_year: 2034, cvc: "123" };
    const method = await stripe.paymentMethods.create({
      type: "card",
      card,
      billing_details: { address: place },
    });
    await stripe.paymentMethods.attach(method.id, { customer: customer.id });
    await stripe.paymentMethods.list({ customer: customer.id });
    const base = { amount: 2000, currency: "usd", confirm: true };
    for (const { name } of CARDS.filter((each) => !each.refusedAtEntry)) {
      const intent = { ...base, payment_method: `pm_card_${name}`, return_url: "http://127.0.0.1:1/" };
      const made = stripe.paymentIntents
        .create({ ...intent, customer: customer.id })
        .catch((error: unknown) => error);
      expect(await made).toBeDefined();
    }
    const open = await stripe.paymentIntents.create({ amount: 2000, currency: "usd" });
    await stripe.paymentIntents.update(open.id, { shipping: { name: "Ann", address: place } });
    await stripe.paymentIntents.cancel(open.id, { cancellation_reason: "abandoned" });
    const bare = await openCheckout(stripe);
    await stripe.checkout.sessions.retrieve(bare.id);
    await payByForm(bare.url, "4000000000000002");
    await stripe.checkout.sessions.retrieve(bare.id);
    const full = await openCheckout(stripe, 1500, {
      customer_creation: "always",
      locale: "en",
      metadata: { a: "b" },
    });
    await payByForm(full.url, "4000002760003184");
    await post(`${full.url}/authenticate`, { outcome: "complete" });
    const done = await stripe.checkout.sessions.retrieve(full.id, {
      expand: ["payment_intent.latest_charge", "line_items", "customer"],
    });
    await stripe.checkout.sessions.listLineItems(full.id);
    await stripe.checkout.sessions.expire((await openCheckout(stripe)).id);
    const intent = done.payment_intent as { id: string };
    await stripe.refunds.create({ payment_intent: intent.id, amount: 100, reason: "duplicate" });
    await controlOf(sandbox)("POST", "/clock", { world: world.name, advance: "10s" });
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    await stripe.refunds.update(refund.id, { metadata: { a: "b" } });
    const { data: charges } = await stripe.charges.list({ limit: 100, expand: ["data.balance_transaction"] });
    await stripe.charges.update(charges[0]?.id ?? "", { description: "Seen" });
    await stripe.balanceTransactions.list({ limit: 100 });
    await stripe.checkout.sessions.list({ limit: 100 });
    await stripe.paymentIntents.list({ limit: 100 });
    const url = "http://127.0.0.1:1/webhooks/other";
    const hook = await stripe.webhookEndpoints.create({ url, enabled_events: ["*"], description: "d" });
    await stripe.webhookEndpoints.update(hook.id, { disabled: true });
    await stripe.webhookEndpoints.list();
    await stripe.webhookEndpoints.del(hook.id);
    await useSubscriptions(world, customer.id);
    await useOffers(world, customer.id);
    await useTime(world, sandbox);
    await useAftermath(world, sandbox);
    await stripe.products.create({ id: "prod_gone", name: "Gone" });
    await stripe.products.del("prod_gone");
    await refusalOf(stripe.customers.retrieve("cus_none"));
    await stripe.events.list({ limit: 20 });
  }

  const faultsOf = (value: Json): string[] => {
    const root = ROOTS[value.object ?? ""];
    if (root === undefined || value.deleted === true) return [];
    const key = `stripe#/roots/${root}`;
    const validate = compiled.get(key) ?? ajv.compile({ $ref: key });
    compiled.set(key, validate);
    validate(value);
    return (validate.errors ?? []).map((error) => `${root} ${error.instancePath} ${error.message}`);
  };

  it("each answer has the shape of its object, in lists and expanded too", async () => {
    type List = { data: { method: string; path: string; status: number; response: { body: string } }[] };
    const { body } = await controlOf(sandbox)<List>("GET", `/recordings?world=${world.name}&limit=10000`);
    expect(faultsOf({ object: "charge", id: "ch_1" }), "the check bites").not.toEqual([]);
    const seen = new Map<string, number>();
    const faults: string[] = [];
    for (const { status, path, method, response } of body.data) {
      if (status !== 200 || !path.startsWith("/v1")) continue;
      const answer = JSON.parse(response.body) as Json;
      const objects = answer.object === "list" ? (answer.data as Json[]) : [answer];
      for (const object of objects) {
        seen.set(object.object ?? "?", (seen.get(object.object ?? "?") ?? 0) + 1);
        faults.push(...faultsOf(object).map((fault) => `${method} ${path}: ${fault}`));
      }
    }
    expect([...new Set(faults)]).toEqual([]);
    expect(Object.keys(ROOTS).filter((kind) => !seen.has(kind))).toEqual([]);
    // Shapes that hold each other take long to compile.
  }, 90_000);

  it("each event is of a published type and carries an object of that type's shape", async () => {
    type Types = { events: { type: string; object: string | string[] }[] };
    const published = (readSpec("events/event-types.json") as Types).events;
    const faults: string[] = [];
    const types = new Set<string>();
    for await (const event of world.stripe.events.list({ limit: 100 })) {
      const object = event.data.object as Json;
      const type = published.find((each) => each.type === event.type);
      types.add(event.type);
      if (type === undefined || ![type.object].flat().includes(object.object ?? "")) faults.push(event.type);
      faults.push(...faultsOf(object).map((fault) => `${event.type}: ${fault}`));
    }
    expect([...new Set(faults)]).toEqual([]);
    expect(types.size).toBeGreaterThan(36);
  });

  it("each error code is one that Stripe publishes, or the sandbox's own", async () => {
    const codes = new Set((readSpec("error-codes.json") as { codes: string[] }).codes);
    type List = { data: { status: number; path: string; response: { body: string } }[] };
    const { body } = await controlOf(sandbox)<List>("GET", `/recordings?world=${world.name}&limit=10000`);
    const used = body.data
      .filter(({ status, path }) => status >= 400 && path.startsWith("/v1"))
      .map(({ response }) => (JSON.parse(response.body) as Json).error?.code ?? "");
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((code) => !codes.has(code))).toEqual([]);
  });
});
