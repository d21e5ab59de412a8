/** Subscriptions through their whole life, on the world's clock. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../main.ts";
import { controlOf } from "../../stripe/harness.ts";
import { newPayPalWorld, usd, type Answer, type Json, type PayPalWorld } from "../harness.ts";
import { after } from "./calendar.ts";

let sandbox: Sandbox;
let world: PayPalWorld;
let productId: string;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newPayPalWorld(sandbox);
  const product = await world.call("POST", "/v1/catalogs/products", { name: "Credits", type: "SERVICE" });
  productId = String(product.body["id"]);
});

const plans = "/v1/billing/plans";
const subscriptions = "/v1/billing/subscriptions";
const full = { prefer: "return=representation" };
const issues = ({ body }: Answer): unknown =>
  ((body["details"] ?? []) as { issue: string }[]).map(({ issue }) => issue);
const cycle = (value: string | null, sequence: number, more: Json = {}): Json => ({
  frequency: { interval_unit: "MONTH" },
  tenure_type: "REGULAR",
  total_cycles: 0,
  sequence,
  ...(value === null ? {} : { pricing_scheme: { fixed_price: usd(value) } }),
  ...more,
});
const trial = (days: number): Json =>
  cycle(null, 1, {
    tenure_type: "TRIAL",
    total_cycles: 1,
    frequency: { interval_unit: "DAY", interval_count: days },
  });

async function plan(cycles: Json[], preferences: Json = {}, more: Json = {}): Promise<string> {
  const body = {
    product_id: productId,
    name: "Pro",
    billing_cycles: cycles,
    payment_preferences: preferences,
    quantity_supported: true,
    ...more,
  };
  const made = await world.call("POST", plans, body);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return String(made.body["id"]);
}

async function subscribe(planId: string, buyer?: string, more: Json = {}): Promise<string> {
  const made = await world.call("POST", subscriptions, {
    plan_id: planId,
    custom_id: "sub_1",
    application_context: { return_url: "http://127.0.0.1:1/done", cancel_url: "http://127.0.0.1:1/back" },
    ...more,
  });
  expect([made.status, made.body["status"]]).toEqual([201, "APPROVAL_PENDING"]);
  await world.agree(made.body, buyer);
  return String(made.body["id"]);
}

type Info = {
  outstanding_balance: Json;
  failed_payments_count: number;
  next_billing_time?: string;
  last_payment?: { amount: Json };
  cycle_executions: { cycles_completed: number; tenure_type: string }[];
};
const show = async (id: string): Promise<Json & { billing_info: Info }> =>
  (await world.call("GET", `${subscriptions}/${id}`)).body as Json & { billing_info: Info };
const payments = async (id: string): Promise<string[]> => {
  const path = `${subscriptions}/${id}/transactions?start_time=2026-01-01T00:00:00Z&end_time=2030-01-01T00:00:00Z`;
  const { body } = await world.call("GET", path);
  return (body["transactions"] as { amount_with_breakdown: { gross_amount: { value: string } } }[]).map(
    (each) => each.amount_with_breakdown.gross_amount.value,
  );
};
/** From PayPal's own books, since its event list goes back 30 days only. */
const told = async (type = ""): Promise<string[]> => {
  type Books = { paypal: { events: { type: string }[] } };
  const { body } = await controlOf(sandbox)<Books>("GET", `/books?world=${world.name}`);
  return body.paypal.events.map(({ type: each }) => each).filter((each) => each.startsWith(type));
};

describe("a subscription", () => {
  it("is approved, pays at once and each month, and is refunded like a capture", async () => {
    const made = await world.call(
      "POST",
      subscriptions,
      {
        plan_id: await plan([cycle("29.00", 1)]),
        custom_id: "sub_9",
        application_context: { return_url: "http://127.0.0.1:1/done", cancel_url: "http://127.0.0.1:1/back" },
      },
      { ...full, "paypal-request-id": "s" },
    );
    const id = String(made.body["id"]);
    const page = await world.agree(made.body);
    expect(String(page.body["redirect_url"])).toMatch(
      new RegExp(`^http://127.0.0.1:1/done\\?subscription_id=${id}&ba_token=BA-`),
    );
    const again = await world.call(
      "POST",
      subscriptions,
      { plan_id: "P-OTHER" },
      { "paypal-request-id": "s" },
    );
    expect([again.status, again.body["id"], again.body["status"]]).toEqual([200, id, "ACTIVE"]);
    expect(await show(id)).toMatchObject({
      status: "ACTIVE",
      custom_id: "sub_9",
      subscriber: { email_address: "approve@sandbox.test" },
      billing_info: {
        next_billing_time: "2026-12-02T09:00:00Z",
        last_payment: { amount: usd("29.00") },
        failed_payments_count: 0,
      },
    });
    await world.advance("62d");
    expect(await payments(id)).toEqual(["29.00", "29.00", "29.00"]);
    expect(await told()).toEqual([
      "BILLING.SUBSCRIPTION.CREATED",
      "BILLING.SUBSCRIPTION.ACTIVATED",
      ...Array.from({ length: 3 }, () => "PAYMENT.SALE.COMPLETED"),
    ]);
    const { body: sales } = await world.call(
      "GET",
      "/v1/notifications/webhooks-events?event_type=PAYMENT.SALE.COMPLETED",
    );
    const { resource } = (sales["events"] as { resource: Json }[])[0] ?? { resource: {} };
    expect(resource).toMatchObject({
      billing_agreement_id: id,
      custom: "sub_9",
      amount: { total: "29.00", currency: "USD" },
      transaction_fee: { value: "1.50" },
    });
    const path = `/v2/payments/captures/${String(resource["id"])}`;
    expect((await world.call("GET", path)).body).toMatchObject({ amount: usd("29.00"), custom_id: "sub_9" });
    expect((await world.call("POST", `${path}/refund`, { amount: usd("9.00") })).status).toBe(201);
    expect(await told("PAYMENT.SALE.REFUNDED")).toHaveLength(1);
    const report = await world.call(
      "GET",
      "/v1/reporting/transactions?start_date=2026-11-01T00:00:00Z&end_date=2026-11-30T00:00:00Z",
    );
    expect(report.body["transaction_details"]).toMatchObject([
      {
        transaction_info: {
          transaction_event_code: "T0002",
          paypal_reference_id: id,
          transaction_amount: usd("29.00"),
        },
      },
    ]);
  });

  it("14 free days, then monthly for 400 days: 13 payments", async () => {
    const id = await subscribe(await plan([trial(14), cycle("29.00", 2)]));
    expect(await show(id)).toMatchObject({
      status: "ACTIVE",
      billing_info: {
        next_billing_time: "2026-11-16T09:00:00Z",
        cycle_executions: [
          { tenure_type: "TRIAL", cycles_completed: 1, cycles_remaining: 0 },
          { tenure_type: "REGULAR", cycles_completed: 0 },
        ],
      },
    });
    expect(await payments(id)).toEqual([]);
    await world.advance("400d");
    expect(await payments(id)).toHaveLength(13);
    expect((await show(id)).billing_info.cycle_executions[1]?.cycles_completed).toBe(13);
  });

  it("that begins later, with a setup fee and a quantity", async () => {
    const id = await subscribe(await plan([cycle("10.00", 1)], { setup_fee: usd("5.00") }), undefined, {
      start_time: "2026-11-10T00:00:00Z",
      quantity: "3",
    });
    expect(await payments(id)).toEqual(["5.00"]);
    await world.advance("8d");
    expect(await payments(id)).toEqual(["5.00", "30.00"]);
    expect((await show(id)).billing_info.next_billing_time).toBe("2026-12-10T00:00:00Z");
  });

  it("of three months expires after the third", async () => {
    const id = await subscribe(await plan([cycle("10.00", 1, { total_cycles: 3 })]));
    await world.advance("100d");
    expect([await payments(id), (await show(id))["status"]]).toEqual([
      ["10.00", "10.00", "10.00"],
      "EXPIRED",
    ]);
    expect(await told("BILLING.SUBSCRIPTION.EXPIRED")).toHaveLength(1);
  });

  it("waits for the merchant when its approval only continues", async () => {
    const context = {
      user_action: "CONTINUE",
      return_url: "http://127.0.0.1:1/d",
      cancel_url: "http://127.0.0.1:1/b",
    };
    const id = await subscribe(await plan([cycle("10.00", 1)]), undefined, { application_context: context });
    expect([(await show(id))["status"], await payments(id)]).toEqual(["APPROVED", []]);
    expect((await world.call("POST", `${subscriptions}/${id}/activate`, {})).status).toBe(204);
    expect([(await show(id))["status"], await payments(id)]).toEqual(["ACTIVE", ["10.00"]]);
  });

  it("cancelled on the page stays pending; cancelled by the merchant it ends", async () => {
    const planId = await plan([cycle("10.00", 1)]);
    const pending = await subscribe(planId, "cancel@sandbox.test");
    expect((await show(pending))["status"]).toBe("APPROVAL_PENDING");
    const id = await subscribe(planId);
    expect((await world.call("POST", `${subscriptions}/${id}/cancel`, { reason: "Enough" })).status).toBe(
      204,
    );
    expect(await show(id)).toMatchObject({ status: "CANCELLED", status_change_note: "Enough" });
    expect((await show(id)).billing_info.next_billing_time).toBeUndefined();
    await world.advance("70d");
    expect(await payments(id)).toEqual(["10.00"]);
    const twice = await world.call("POST", `${subscriptions}/${id}/cancel`, { reason: "Again" });
    expect([twice.status, issues(twice)]).toEqual([422, ["SUBSCRIPTION_STATUS_INVALID"]]);
  });

  it("suspended it pays nothing; activated it goes on from the next period", async () => {
    const id = await subscribe(await plan([cycle("10.00", 1)]));
    await world.call("POST", `${subscriptions}/${id}/suspend`, { reason: "Pause" });
    await world.advance("65d");
    expect([(await show(id))["status"], await payments(id)]).toEqual(["SUSPENDED", ["10.00"]]);
    expect((await world.call("POST", `${subscriptions}/${id}/activate`, { reason: "Back" })).status).toBe(
      204,
    );
    expect((await show(id)).billing_info.next_billing_time).toBe("2027-02-02T09:00:00Z");
    await world.advance("30d");
    expect(await payments(id)).toEqual(["10.00", "10.00"]);
    expect((await told("BILLING")).slice(-2)).toEqual([
      "BILLING.SUBSCRIPTION.SUSPENDED",
      "BILLING.SUBSCRIPTION.RE-ACTIVATED",
    ]);
  });
});

describe("renewals that fail", () => {
  it("are tried twice more and suspend at the plan's threshold; what is owed can be taken later", async () => {
    const id = await subscribe(
      await plan([cycle("10.00", 1)], { payment_failure_threshold: 3 }),
      "failing@sandbox.test",
    );
    expect(await payments(id)).toEqual(["10.00"]);
    await world.advance("31d");
    expect(await show(id)).toMatchObject({
      status: "ACTIVE",
      billing_info: {
        failed_payments_count: 1,
        outstanding_balance: usd("10.00"),
        last_failed_payment: {
          reason_code: "PAYMENT_DENIED",
          next_payment_retry_time: "2026-12-07T09:00:00Z",
        },
      },
    });
    await world.advance("10d");
    expect(await show(id)).toMatchObject({ status: "SUSPENDED", billing_info: { failed_payments_count: 3 } });
    expect(await told("BILLING.SUBSCRIPTION.PAYMENT.FAILED")).toHaveLength(3);
    expect(await told("BILLING.SUBSCRIPTION.SUSPENDED")).toHaveLength(1);
    const capture = { note: "Owed", capture_type: "OUTSTANDING_BALANCE", amount: usd("10.00") };
    const path = `${subscriptions}/${id}/capture`;
    expect(issues(await world.call("POST", path, { ...capture, amount: usd("10.01") }))).toEqual([
      "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE",
    ]);
    await controlOf(sandbox)("POST", `/paypal/buyers?world=${world.name}`, {
      email: "failing@sandbox.test",
      renewals: "pay",
    });
    expect((await world.call("POST", path, capture, { "paypal-request-id": "o" })).status).toBe(202);
    expect((await world.call("POST", path, capture, { "paypal-request-id": "o" })).status).toBe(200);
    expect(await show(id)).toMatchObject({
      billing_info: { failed_payments_count: 0, outstanding_balance: usd("0.00") },
    });
    expect(issues(await world.call("POST", path, capture))).toEqual(["ZERO_OUTSTANDING_BALANCE"]);
    expect(await payments(id)).toEqual(["10.00", "10.00"]);
  });

  it("without a threshold it stays active, and what is owed comes with the next period", async () => {
    const id = await subscribe(await plan([cycle("10.00", 1)]));
    const control = controlOf(sandbox);
    const set = (renewals: string) =>
      control("POST", `/paypal/buyers?world=${world.name}`, { email: "approve@sandbox.test", renewals });
    expect((await set("sometimes")).status).toBe(422);
    await set("fail");
    await world.advance("45d");
    expect(await show(id)).toMatchObject({ status: "ACTIVE", billing_info: { failed_payments_count: 3 } });
    await set("pay");
    await world.advance("30d");
    expect(await payments(id)).toEqual(["10.00", "20.00"]);
    expect((await show(id)).billing_info.failed_payments_count).toBe(0);
  });

  it("a setup fee that is not paid cancels", async () => {
    const id = await subscribe(
      await plan([cycle("10.00", 1)], { setup_fee: usd("5.00") }),
      "declined@sandbox.test",
    );
    expect([(await show(id))["status"], await payments(id)]).toEqual(["CANCELLED", []]);
  });
});

describe("a revision", () => {
  it("to a dearer plan waits for the buyer, and begins with the next period without its trial", async () => {
    const id = await subscribe(await plan([cycle("10.00", 1)]));
    const dear = await plan([trial(14), cycle("30.00", 2)]);
    const asked = await world.call("POST", `${subscriptions}/${id}/revise`, { plan_id: dear });
    expect(asked).toMatchObject({ status: 200, body: { plan_id: dear } });
    await world.advance("31d");
    expect(await payments(id)).toEqual(["10.00", "10.00"]);
    await world.agree(asked.body);
    expect(await told("BILLING.SUBSCRIPTION.UPDATED")).toHaveLength(1);
    // Shown at once, billed later.
    expect([(await show(id))["plan_id"], await payments(id)]).toEqual([dear, ["10.00", "10.00"]]);
    await world.advance("31d");
    expect([(await show(id))["plan_id"], await payments(id)]).toEqual([dear, ["10.00", "10.00", "30.00"]]);
  });

  it("to less is taken at once; another product's plan is refused", async () => {
    const id = await subscribe(await plan([cycle("10.00", 1)]), undefined, { quantity: "3" });
    const less = await world.call("POST", `${subscriptions}/${id}/revise`, { quantity: "1" });
    expect((less.body["links"] as Json[]).map(({ rel }) => rel)).toEqual(["self"]);
    await world.advance("31d");
    expect(await payments(id)).toEqual(["30.00", "10.00"]);
    const other = await world.call("POST", "/v1/catalogs/products", { name: "Other", type: "DIGITAL" });
    const foreign = await plan([cycle("5.00", 1)], {}, { product_id: other.body["id"] });
    const refused = await world.call("POST", `${subscriptions}/${id}/revise`, { plan_id: foreign });
    expect(issues(refused)).toEqual(["PLAN_PRODUCT_NOT_COMPATIBLE"]);
  });
});

describe("the catalogue", () => {
  it("is listed, changed, switched off and on", async () => {
    const id = await plan([cycle("10.00", 1)]);
    const list = await world.call("GET", `${plans}?product_id=${productId}&total_required=true`);
    expect(list.body).toMatchObject({ plans: [{ id, status: "ACTIVE" }], total_items: 1 });
    expect(
      (await world.call("PATCH", `${plans}/${id}`, [{ op: "replace", path: "/description", value: "More" }]))
        .status,
    ).toBe(204);
    expect((await world.call("GET", `${plans}/${id}`)).body["description"]).toBe("More");
    expect((await world.call("POST", `${plans}/${id}/deactivate`)).status).toBe(204);
    const context = { return_url: "http://127.0.0.1:1/d", cancel_url: "http://127.0.0.1:1/b" };
    const off = await world.call("POST", subscriptions, { plan_id: id, application_context: context });
    expect(issues(off)).toEqual(["PLAN_STATUS_INVALID"]);
    expect((await world.call("POST", `${plans}/${id}/activate`)).status).toBe(204);
    expect(issues(await world.call("POST", `${plans}/${id}/activate`))).toEqual(["PLAN_STATUS_INVALID"]);
    const products = await world.call("GET", "/v1/catalogs/products");
    expect(products.body["products"]).toMatchObject([{ id: productId, name: "Credits" }]);
    const path = `/v1/catalogs/products/${productId}`;
    expect(
      (await world.call("PATCH", path, [{ op: "add", path: "/description", value: "Many" }])).status,
    ).toBe(204);
    expect((await world.call("GET", path)).body["description"]).toBe("Many");
  });

  it.each([
    ["no product", { product_id: "PROD-NONE" }, 404, ["INVALID_RESOURCE_ID"]],
    [
      "a regular cycle without a price",
      { billing_cycles: [cycle(null, 1)] },
      400,
      ["MISSING_REQUIRED_PARAMETER"],
    ],
    ["cycles out of order", { billing_cycles: [cycle("1.00", 2)] }, 422, ["INVALID_BILLING_CYCLE_SEQUENCE"]],
    ["no preferences", { payment_preferences: undefined }, 400, ["MISSING_REQUIRED_PARAMETER"]],
  ])("a plan with %s is refused", async (_name, change, status, expected) => {
    const body = {
      product_id: productId,
      name: "Pro",
      billing_cycles: [cycle("1.00", 1)],
      payment_preferences: {},
      ...change,
    };
    const refused = await world.call("POST", plans, body);
    expect([refused.status, issues(refused)]).toEqual([status, expected]);
  });
});

describe("periods", () => {
  it.each([
    ["2026-01-31T09:00:00Z", "MONTH", 1, 1, "2026-02-28T09:00:00Z"],
    ["2026-01-31T09:00:00Z", "MONTH", 1, 2, "2026-03-31T09:00:00Z"],
    ["2028-02-29T09:00:00Z", "YEAR", 1, 1, "2029-02-28T09:00:00Z"],
    ["2028-02-29T09:00:00Z", "YEAR", 1, 4, "2032-02-29T09:00:00Z"],
    ["2026-11-30T23:59:59Z", "MONTH", 3, 1, "2027-02-28T23:59:59Z"],
    ["2026-11-30T00:00:00Z", "WEEK", 2, 1, "2026-12-14T00:00:00Z"],
  ] as const)("%s and %s × %i, %i times, is %s×", (from, unit, count, times, to) => {
    const end = after(Date.parse(from), { interval_unit: unit, interval_count: count }, times);
    expect(new Date(end).toISOString()).toBe(to.replace("Z", ".000Z"));
  });
});
