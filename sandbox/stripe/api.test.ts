/** The API as the official SDK sees it: reading, paging, changing, refusing. */
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../main.ts";
import { controlOf, newSandbox, newWorld, refusalOf, type TestWorld } from "./harness.ts";

let sandbox: Sandbox;
let world: TestWorld;
beforeAll(async () => {
  sandbox = await newSandbox();
  world = await newWorld(sandbox);
});
afterAll(() => sandbox.close());

const pay = (amount = 2000, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  world.stripe.paymentIntents.create({
    amount,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
    ...more,
  });

describe("objects", () => {
  it("keep what they were given, and what an update changed", async () => {
    const { customers } = world.stripe;
    const made = await customers.create({ email: "a@example.com", metadata: { a: "1", b: "2" } });
    await customers.update(made.id, { name: "Ann", metadata: { b: "", c: "3" } });
    const read = (await customers.retrieve(made.id)) as Stripe.Customer;
    expect(read).toMatchObject({ email: "a@example.com", name: "Ann", metadata: { a: "1", c: "3" } });
    expect(read.metadata).not.toHaveProperty("b");
    await customers.del(made.id);
    expect(await customers.retrieve(made.id)).toMatchObject({ id: made.id, deleted: true });
    expect((await refusalOf(customers.update(made.id, { name: "Bea" }))).code).toBe("resource_missing");
  });

  it("are paged by cursors in both directions without gap or repeat", async () => {
    const own = await newWorld(sandbox);
    const made: string[] = [];
    for (let i = 0; i < 7; i++) made.unshift((await own.stripe.customers.create({ name: `C${i}` })).id);
    const first = await own.stripe.customers.list({ limit: 3 });
    expect(first).toMatchObject({ object: "list", has_more: true, url: "/v1/customers" });
    const all: string[] = [];
    for await (const each of own.stripe.customers.list({ limit: 3 })) all.push(each.id);
    expect(all).toEqual(made);
    const back = await own.stripe.customers.list({ limit: 2, ending_before: made[4] ?? "" });
    expect(back.data.map((each) => each.id)).toEqual([made[2], made[3]]);
    expect(back.has_more).toBe(true);
  });

  it("are filtered by creation and by field", async () => {
    const own = await newWorld(sandbox, { clock: { mode: "manual" } });
    await own.stripe.customers.create({ email: "old@example.com" });
    await controlOf(sandbox)("POST", "/clock", { world: own.name, advance: "1h" });
    const young = await own.stripe.customers.create({ email: "new@example.com" });
    const since = await own.stripe.customers.list({ created: { gte: young.created } });
    expect(since.data.map((each) => each.email)).toEqual(["new@example.com"]);
    const named = await own.stripe.customers.list({ email: "old@example.com" });
    expect(named.data).toHaveLength(1);
  });

  it("expand along paths, through lists too", async () => {
    const customer = await world.stripe.customers.create({ name: "Ann" });
    await pay(2000, { customer: customer.id });
    const list = await world.stripe.paymentIntents.list({
      customer: customer.id,
      expand: ["data.customer", "data.latest_charge"],
    });
    expect(list.data[0]?.customer).toMatchObject({ name: "Ann" });
    expect(list.data[0]?.latest_charge).toMatchObject({ object: "charge", amount: 2000 });
    const wrong = await refusalOf(world.stripe.customers.retrieve(customer.id, { expand: ["nothing"] }));
    expect(wrong.message).toContain("cannot be expanded");
  });
});

describe("money", () => {
  it("is charged, settled after a second with 2.9 % + 30, and refunded in parts", async () => {
    const own = await newWorld(sandbox, { clock: { mode: "manual" } });
    const params = { amount: 1999, currency: "usd", payment_method: "pm_card_visa", confirm: true };
    const intent = await own.stripe.paymentIntents.create({ ...params, metadata: { holdfast_id: "pay_1" } });
    expect(intent).toMatchObject({ status: "succeeded", amount_received: 1999 });
    const id = intent.latest_charge as string;
    expect((await own.stripe.charges.retrieve(id)).balance_transaction).toBeNull();
    await controlOf(sandbox)("POST", "/clock", { world: own.name, advance: "2s" });
    const charge = await own.stripe.charges.retrieve(id, { expand: ["balance_transaction"] });
    expect(charge.metadata).toEqual({ holdfast_id: "pay_1" });
    expect(charge.balance_transaction).toMatchObject({ amount: 1999, fee: 88, net: 1911, status: "pending" });
    await own.stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
    const over = await refusalOf(own.stripe.refunds.create({ charge: id, amount: 1500 }));
    expect(over.message).toBe("Refund amount ($15.00) is greater than unrefunded amount on charge ($14.99)");
    await own.stripe.refunds.create({ charge: id });
    expect(await own.stripe.charges.retrieve(id)).toMatchObject({ amount_refunded: 1999, refunded: true });
    const again = await refusalOf(own.stripe.refunds.create({ charge: id }));
    expect(again.code).toBe("charge_already_refunded");
    expect((await own.stripe.refunds.list({ charge: id })).data).toHaveLength(2);
    await controlOf(sandbox)("POST", "/clock", { world: own.name, advance: "2d" });
    const list = await own.stripe.balanceTransactions.list({ type: "charge" });
    expect(list.data).toMatchObject([{ net: 1911, status: "available" }]);
  });

  it("declines in Stripe's words and keeps the failed charge", async () => {
    const error = await refusalOf(pay(2000, { payment_method: "pm_card_chargeDeclinedInsufficientFunds" }));
    expect(error).toMatchObject({
      statusCode: 402,
      type: "StripeCardError",
      code: "card_declined",
      decline_code: "insufficient_funds",
      message: "Your card has insufficient funds.",
    });
    const intent = await world.stripe.paymentIntents.retrieve(error.payment_intent?.id ?? "");
    expect(intent).toMatchObject({ status: "requires_payment_method", amount_received: 0 });
    const charge = await world.stripe.charges.retrieve(String(intent.latest_charge));
    expect(charge).toMatchObject({ status: "failed", paid: false, failure_code: "card_declined" });
    const again = await world.stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
    expect(again.status).toBe("succeeded");
  });

  it("asks the holder where the card wants it, and not off session where it is set up", async () => {
    const asked = await pay(2000, { payment_method: "pm_card_authenticationRequired" });
    expect(asked).toMatchObject({ status: "requires_action", next_action: { type: "redirect_to_url" } });
    const url = asked.next_action?.redirect_to_url?.url ?? "";
    await fetch(url, { method: "POST", body: "outcome=complete" });
    expect((await world.stripe.paymentIntents.retrieve(asked.id)).status).toBe("succeeded");
    const quiet = await pay(2000, {
      payment_method: "pm_card_authenticationRequiredSetupForOffSession",
      off_session: true,
    });
    expect(quiet.status).toBe("succeeded");
    const refused = pay(2000, { payment_method: "pm_card_authenticationRequired", off_session: true });
    expect((await refusalOf(refused)).code).toBe("authentication_required");
  });

  it("stays within the least and greatest amounts", async () => {
    expect((await refusalOf(pay(49))).code).toBe("amount_too_small");
    expect((await refusalOf(pay(100_000_000))).code).toBe("amount_too_large");
    expect((await refusalOf(pay(2000, { currency: "xxx" }))).message).toContain("Invalid currency: xxx");
  });
});

describe("refusals", () => {
  const raw = (path: string, init: RequestInit = {}) => fetch(`${sandbox.url}${path}`, init);

  it("401 for a missing, malformed, live or invalid key, and for another world's", async () => {
    for (const key of [
      null,
      "sk_live_abc123",
      "sk_test_invalid_key1",
      "nonsense",
      "sk_test_nobody_abcd1234",
    ]) {
      const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
      const answer = await raw("/v1/customers", { headers });
      expect(answer.status, String(key)).toBe(401);
      expect(await answer.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    }
  });

  it("names an unknown, a missing, an empty and a wrongly typed parameter", async () => {
    const { customers, prices } = world.stripe;
    const unknown = await refusalOf(customers.create({ emial: "x" } as Stripe.CustomerCreateParams));
    expect(unknown).toMatchObject({
      statusCode: 400,
      code: "parameter_unknown",
      param: "emial",
      message: "Received unknown parameter: emial",
    });
    const none = {} as Stripe.PriceCreateParams;
    expect(await refusalOf(prices.create(none))).toMatchObject({
      code: "parameter_missing",
      param: "currency",
    });
    const intents = world.stripe.paymentIntents;
    const typed = { amount: "ten", currency: "usd" } as unknown as Stripe.PaymentIntentCreateParams;
    expect((await refusalOf(intents.create(typed))).code).toBe("parameter_invalid_integer");
    const answer = await raw("/v1/products", {
      method: "POST",
      headers: { authorization: `Bearer ${world.key}` },
      body: new URLSearchParams({ name: "A", "metadata[a]": "1", active: "" }),
    });
    expect(await answer.json()).toMatchObject({
      error: { code: "parameter_invalid_empty", param: "active" },
    });
  });

  it("501 for an operation or a parameter that is not played, 404 for what Stripe does not have", async () => {
    const op = await refusalOf(world.stripe.quotes.create({}));
    expect(op).toMatchObject({ statusCode: 501, code: "sandbox_not_implemented" });
    const param = await refusalOf(pay(2000, { capture_method: "manual" }));
    expect(param).toMatchObject({ statusCode: 501, code: "sandbox_not_implemented" });
    const known = await refusalOf(pay(2000, { transfer_group: "group" }));
    expect(known.message).toContain("transfer_group");
    const answer = await raw("/v1/nonsense", { headers: { authorization: `Bearer ${world.key}` } });
    expect(answer.status).toBe(404);
  });

  it("says which object is missing: 404 in a path, 400 in a parameter", async () => {
    const gone = await refusalOf(world.stripe.customers.retrieve("cus_none"));
    expect(gone).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
      message: "No such customer: 'cus_none'",
    });
    const named = await refusalOf(pay(2000, { customer: "cus_none" }));
    expect(named).toMatchObject({ statusCode: 400, param: "customer" });
  });
});

describe("idempotency", () => {
  it("answers a repeated key with the same object, and refuses it with other parameters", async () => {
    const key = { idempotencyKey: "order-1" };
    const first = await world.stripe.customers.create({ name: "Once" }, key);
    const second = await world.stripe.customers.create({ name: "Once" }, key);
    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
    const other = await refusalOf(world.stripe.customers.create({ name: "Twice" }, key));
    expect(other).toMatchObject({ statusCode: 400, type: "StripeIdempotencyError" });
  });

  it("repeats a decline too, and does not keep what failed validation", async () => {
    const params = { amount: 2000, currency: "usd", confirm: true, payment_method: "pm_card_chargeDeclined" };
    const intents = world.stripe.paymentIntents;
    const first = await refusalOf(intents.create(params, { idempotencyKey: "decline-1" }));
    const second = await refusalOf(intents.create(params, { idempotencyKey: "decline-1" }));
    expect(second.payment_intent?.id).toBe(first.payment_intent?.id);
    const key = { idempotencyKey: "typo-1" };
    await refusalOf(world.stripe.customers.create({ nmae: "x" } as Stripe.CustomerCreateParams, key));
    expect((await world.stripe.customers.create({ name: "x" }, key)).name).toBe("x");
  });

  it("409 while the first is still running; forgotten after a day of world time", async () => {
    const own = await newWorld(sandbox, { clock: { mode: "manual" } });
    const control = controlOf(sandbox);
    await control("POST", "/faults", { world: own.name, fault: "delay", times: 1, params: { ms: 400 } });
    const key = { idempotencyKey: "slow-1" };
    const [a, b] = await Promise.allSettled([
      own.stripe.customers.create({ name: "Slow" }, key),
      own.stripe.customers.create({ name: "Slow" }, key),
    ]);
    const settled = [a, b].map((each) => each.status).toSorted();
    expect(settled).toEqual(["fulfilled", "rejected"]);
    const reason = [a, b].find((each) => each.status === "rejected")?.reason as Stripe.errors.StripeError;
    expect(reason).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    const before = (await own.stripe.customers.create({ name: "Slow" }, key)).id;
    await control("POST", "/clock", { world: own.name, advance: "25h" });
    expect((await own.stripe.customers.create({ name: "Slow" }, key)).id).not.toBe(before);
    expect((await own.stripe.customers.list()).data).toHaveLength(2);
  });
});
