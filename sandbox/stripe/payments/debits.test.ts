/** Payments from a bank account, which are known days later. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { newSandbox, refusalOf } from "../harness.ts";
import { eventsOf, moveClock, openShop } from "../harness-shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

describe("a bank debit", () => {
  it("is processing for four days, then succeeds", async () => {
    const shop = await openShop(sandbox);
    const intent = await shop.stripe.paymentIntents.create({
      amount: 5000,
      currency: "usd",
      payment_method: "pm_usBankAccount_success",
      confirm: true,
    });
    expect(intent.status).toBe("processing");
    await moveClock(sandbox, shop, "3d");
    expect((await shop.stripe.paymentIntents.retrieve(intent.id)).status).toBe("processing");
    expect((await shop.stripe.balance.retrieve()).pending[0]?.amount).toBe(0);
    await moveClock(sandbox, shop, "1d 10s");
    const paid = await shop.stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] });
    expect(paid).toMatchObject({ status: "succeeded", amount_received: 5000, latest_charge: { paid: true } });
    expect((await shop.stripe.balance.retrieve()).pending[0]?.amount).toBe(5000 - 175);
    expect(await eventsOf(shop, "charge.succeeded")).toHaveLength(1);
  });

  it.each([
    ["000111111116", "account_closed"],
    ["000222222227", "insufficient_funds"],
  ])(
    "from %s fails after four days: %s, and the subscription it was for is not paid",
    async (number, code) => {
      const shop = await openShop(sandbox);
      const { id: customer } = await shop.stripe.customers.create({});
      const method = await shop.stripe.paymentMethods.create({
        type: "us_bank_account",
        us_bank_account: {
          account_holder_type: "individual",
          account_number: number,
          routing_number: "110000000",
        },
        billing_details: { name: "Ann" },
      });
      await shop.stripe.paymentMethods.attach(method.id, { customer });
      const made = await shop.stripe.subscriptions.create({
        customer,
        items: [{ price: shop.pro }],
        trial_period_days: 1,
        default_payment_method: method.id,
      });
      await moveClock(sandbox, shop, "2d");
      const [invoice] = (await shop.stripe.invoices.list({ customer })).data;
      expect(invoice?.status).toBe("open");
      expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe("active");
      await moveClock(sandbox, shop, "4d");
      const [charge] = (await shop.stripe.charges.list({ customer })).data;
      expect(charge).toMatchObject({ status: "failed", failure_code: code });
      expect((await shop.stripe.subscriptions.retrieve(made.id)).status).toBe("past_due");
    },
  );

  it("takes test accounts only", async () => {
    const shop = await openShop(sandbox);
    const account = {
      account_holder_type: "individual",
      account_number: "123",
      routing_number: "110000000",
    } as const;
    const input: Stripe.PaymentMethodCreateParams = { type: "us_bank_account", us_bank_account: account };
    expect((await refusalOf(shop.stripe.paymentMethods.create(input))).statusCode).toBe(400);
  });
});
