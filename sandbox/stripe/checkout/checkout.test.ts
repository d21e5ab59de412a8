/** The hosted page, paid as a browser or a load generator would. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import {
  controlOf,
  newSandbox,
  newWorld,
  openCheckout,
  payByForm,
  post,
  refusalOf,
  type TestWorld,
} from "../harness.ts";

let sandbox: Sandbox;
let world: TestWorld;
beforeAll(async () => {
  sandbox = await newSandbox();
  world = await newWorld(sandbox);
});
afterAll(() => sandbox.close());

const retrieve = (id: string): Promise<Stripe.Checkout.Session> =>
  world.stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent", "line_items"] });

describe("a checkout", () => {
  it("is paid with one form post, which leads to the success URL", async () => {
    const session = await openCheckout(world.stripe, 1500, {
      client_reference_id: "org_1",
      metadata: { holdfast_id: "pay_1" },
      payment_intent_data: { metadata: { holdfast_id: "pay_1" } },
    });
    expect(session).toMatchObject({ status: "open", payment_status: "unpaid", amount_total: 1500 });
    const answer = await fetch(session.url ?? "", {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({
        number: "4242 4242 4242 4242",
        exp: "12 / 34",
        cvc: "123",
        name: "Jenny Rosen",
        email: "jenny@example.com",
      }),
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(`http://127.0.0.1:1/done?session=${session.id}`);
    const paid = await retrieve(session.id);
    expect(paid).toMatchObject({
      status: "complete",
      payment_status: "paid",
      url: null,
      client_reference_id: "org_1",
      metadata: { holdfast_id: "pay_1" },
      customer_details: { email: "jenny@example.com", name: "Jenny Rosen" },
      payment_intent: { status: "succeeded", metadata: { holdfast_id: "pay_1" } },
      line_items: { data: [{ description: "Credits", amount_total: 1500 }] },
    });
  });

  it("charges once, however often the form is sent", async () => {
    const session = await openCheckout(world.stripe);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => payByForm(session.url, "4242424242424242")),
    );
    expect(answers.every((answer) => answer.body.status === "complete")).toBe(true);
    const intent = (await retrieve(session.id)).payment_intent as Stripe.PaymentIntent;
    expect((await world.stripe.charges.list({ payment_intent: intent.id })).data).toHaveLength(1);
  });

  it("shows a decline in place and takes another card with the same payment intent", async () => {
    const session = await openCheckout(world.stripe);
    const declined = await payByForm(session.url, "4000000000009995");
    expect(declined).toMatchObject({
      status: 402,
      body: {
        status: "open",
        error: { code: "card_declined", message: "Your card has insufficient funds." },
      },
    });
    const first = (await retrieve(session.id)).payment_intent as Stripe.PaymentIntent;
    expect((await payByForm(session.url, "5555555555554444")).body.status).toBe("complete");
    expect((await retrieve(session.id)).payment_intent).toMatchObject({ id: first.id, status: "succeeded" });
    const charges = await world.stripe.charges.list({ payment_intent: first.id });
    expect(charges.data.map((charge) => charge.status)).toEqual(["succeeded", "failed"]);
  });

  it.each([
    ["4242424242424241", {}, "incorrect_number"],
    ["4242424242424242", { exp: "01/20" }, "invalid_expiry_year"],
    ["4242424242424242", { exp: "13/34" }, "invalid_expiry_month"],
    ["4242424242424242", { cvc: "1" }, "invalid_cvc"],
    ["4242424242424242", { email: "nobody" }, "email_invalid"],
    ["4111111111111111", {}, "card_declined"],
  ] as const)("refuses %s with %j as %s", async (number, fields, code) => {
    const session = await openCheckout(world.stripe);
    const answer = await payByForm(session.url, number, fields);
    expect(answer).toMatchObject({ status: 402, body: { status: "open", error: { code } } });
  });

  it.each([
    ["4000002760003184", "complete", "complete"],
    ["4000002760003184", "fail", "open"],
    ["4000008400001629", "complete", "open"],
  ])("asks for 3-D Secure: %s, %s → %s", async (number, outcome, status) => {
    const session = await openCheckout(world.stripe);
    const asked = await payByForm(session.url, number);
    expect(asked.body).toMatchObject({ status: "open", requires_action: true });
    const after = await post(`${session.url}/authenticate`, { outcome });
    expect(after.body.status).toBe(status);
    if (status === "open") expect(after.body.error).not.toBeNull();
    const charges = (await world.stripe.charges.list()).data.filter(
      (charge) => charge.status === "succeeded",
    );
    const intent = (await retrieve(session.id)).payment_intent as Stripe.PaymentIntent;
    expect(charges.some((charge) => charge.payment_intent === intent.id)).toBe(status === "complete");
  });

  it("escapes what the shop and the buyer wrote", async () => {
    const bad = `<script>alert("1")</script>`;
    const session = await world.stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [
        { quantity: 2, price_data: { currency: "usd", unit_amount: 500, product_data: { name: bad } } },
      ],
      success_url: "http://127.0.0.1:1/",
      cancel_url: `http://127.0.0.1:1/?a="><script>`,
    });
    const page = await fetch(session.url ?? "", {
      method: "POST",
      body: new URLSearchParams({
        number: "4000000000000002",
        name: bad,
        exp: "12/34",
        email: "a@example.com",
      }),
    });
    const html = await page.text();
    expect(html).toContain("&lt;script&gt;alert");
    expect(html).toContain("Your card was declined.");
    expect(html).not.toMatch(/<script>/);
    expect(html).toContain("Sandbox");
  });

  it("expires after 24 hours of world time, or by hand, and takes no money then", async () => {
    const own = await newWorld(sandbox, { clock: { mode: "manual" } });
    const [late, closed] = [await openCheckout(own.stripe), await openCheckout(own.stripe)];
    const gone = await own.stripe.checkout.sessions.expire(closed.id);
    expect(gone).toMatchObject({ status: "expired", url: null });
    await controlOf(sandbox)("POST", "/clock", { world: own.name, advance: "24h" });
    expect((await own.stripe.checkout.sessions.retrieve(late.id)).status).toBe("expired");
    expect((await payByForm(late.url, "4242424242424242")).body.status).toBe("expired");
    const twice = await refusalOf(own.stripe.checkout.sessions.expire(closed.id));
    expect(twice.message).toContain('Only Checkout Sessions with a status in ["open"] can be expired.');
    const types = (await own.stripe.events.list()).data.map((event) => event.type);
    expect(types.filter((type) => type === "checkout.session.expired")).toHaveLength(2);
    expect((await own.stripe.charges.list()).data).toEqual([]);
  });

  it("refuses what makes no sense", async () => {
    const { sessions } = world.stripe.checkout;
    const none = await refusalOf(sessions.create({ mode: "payment", success_url: "http://127.0.0.1:1/" }));
    expect(none.param).toBe("line_items");
    const small = await refusalOf(openCheckout(world.stripe, 20));
    expect(small.code).toBe("amount_too_small");
    const mode = await refusalOf(openCheckout(world.stripe, 1500, { mode: "subscription" }));
    expect(mode.message).toContain("at least one recurring price");
    const life = { expires_at: Math.floor(Date.now() / 1000) + 60 };
    expect((await refusalOf(openCheckout(world.stripe, 1500, life))).param).toBe("expires_at");
    expect((await fetch(`${sandbox.url}/stripe/checkout/cs_test_nobody`)).status).toBe(404);
  });
});
