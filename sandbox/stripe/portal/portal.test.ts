/** The customer portal, used by its forms. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { newSandbox, payByForm, post } from "../harness.ts";
import { customerWith, invoicesOf, moveClock, openShop, type Shop } from "../harness-shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

async function opened(): Promise<{ shop: Shop; customer: string; made: Stripe.Subscription; url: string }> {
  const shop = await openShop(sandbox);
  const customer = await customerWith(shop, "pm_card_visa");
  const made = await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }] });
  const session = await shop.stripe.billingPortal.sessions.create({
    customer,
    return_url: "http://127.0.0.1:1/back",
  });
  return { shop, customer, made, url: session.url };
}

describe("the portal", () => {
  it("shows plan, card and invoices, and leads back", async () => {
    const { shop, customer, url } = await opened();
    const text = await (await fetch(url)).text();
    const [invoice] = await invoicesOf(shop, customer);
    for (const part of [
      "$29.00 per month",
      "visa ending in 4242",
      invoice?.number ?? "?",
      "127.0.0.1:1/back",
    ]) {
      expect(text).toContain(part);
    }
    await moveClock(sandbox, shop, "61m");
    expect((await fetch(url)).status).toBe(410);
  });

  it("cancels at the period's end and takes that back", async () => {
    const { shop, made, url } = await opened();
    await post(`${url}/cancel`, { subscription: made.id });
    expect((await shop.stripe.subscriptions.retrieve(made.id)).cancel_at_period_end).toBe(true);
    await post(`${url}/renew`, { subscription: made.id });
    expect((await shop.stripe.subscriptions.retrieve(made.id)).cancel_at_period_end).toBe(false);
  });

  it("changes the plan for what it said it would cost", async () => {
    const { shop, customer, made, url } = await opened();
    await moveClock(sandbox, shop, "15d");
    const session = await shop.stripe.billingPortal.sessions.create({ customer });
    const asked = await post(`${session.url}/plan`, { subscription: made.id, price: shop.big });
    const offer = asked.body as unknown as { amount_due: number; at: number };
    expect(offer.amount_due).toBe(9950 - 1450);
    await moveClock(sandbox, shop, "10m");
    await post(`${session.url}/confirm`, { subscription: made.id, price: shop.big, at: String(offer.at) });
    expect((await invoicesOf(shop, customer))[0]).toMatchObject({ amount_paid: offer.amount_due });
    expect(url).not.toBe(session.url);
  });

  it("stores another card, by way of the bank where that asks, and charges it from then on", async () => {
    const { shop, customer, url } = await opened();
    expect((await payByForm(`${url}/card`, "4000000000000002")).body.error?.code).toBe("card_declined");
    const asked = await payByForm(`${url}/card`, "4000002500003155");
    await fetch(asked.body.redirect_url ?? "", {
      method: "POST",
      body: "outcome=complete",
      redirect: "manual",
    });
    const now = (await shop.stripe.customers.retrieve(customer, {
      expand: ["invoice_settings.default_payment_method"],
    })) as Stripe.Customer;
    const method = now.invoice_settings.default_payment_method as Stripe.PaymentMethod;
    expect(method.card?.last4).toBe("3155");
    await moveClock(sandbox, shop, "31d");
    expect((await invoicesOf(shop, customer))[0]?.status).toBe("paid");
  });

  it("knows nothing of other people's subscriptions", async () => {
    const [mine, other] = [await opened(), await opened()];
    const refused = await post(`${mine.url}/cancel`, { subscription: other.made.id });
    expect(refused.status).toBe(402);
    expect((await other.shop.stripe.subscriptions.retrieve(other.made.id)).cancel_at_period_end).toBe(false);
  });
});
