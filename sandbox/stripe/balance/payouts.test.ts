/** The balance, and payouts whose transactions add up to the cent. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { newSandbox } from "../harness.ts";
import { customerWith, eventsOf, invoicesOf, moveClock, openShop, type Shop } from "../harness-shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

async function all<T extends { id: string }>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of list) found.push(each);
  return found;
}

const pay = ({ stripe }: Shop, amount: number, card = "pm_card_visa"): Promise<Stripe.PaymentIntent> =>
  stripe.paymentIntents.create({ amount, currency: "usd", payment_method: card, confirm: true });

/** Every payout is the sum of the nets of its transactions; no transaction is in two. */
async function checkPayouts({ stripe }: Shop): Promise<Stripe.BalanceTransaction[]> {
  const seen: Stripe.BalanceTransaction[] = [];
  for (const payout of await all(stripe.payouts.list({ limit: 100 }))) {
    const lines = await all(stripe.balanceTransactions.list({ payout: payout.id, limit: 100 }));
    const [own, ...others] = [
      lines.filter((line) => line.type === "payout"),
      ...lines.filter((line) => line.type !== "payout"),
    ];
    expect(own.map((line) => line.net)).toEqual([-payout.amount]);
    expect(others.reduce((sum, line) => sum + line.net, 0)).toBe(payout.amount);
    seen.push(...others);
  }
  expect(new Set(seen.map((line) => line.id)).size).toBe(seen.length);
  return seen;
}

describe("payouts", () => {
  it("leave daily with what has become available after two days, and are reconciled", async () => {
    const shop = await openShop(sandbox);
    await pay(shop, 2000);
    const second = await pay(shop, 3333);
    await moveClock(sandbox, shop, "10s");
    // 2.9 % + 30, half up: 88 and 127.
    expect(await shop.stripe.balance.retrieve()).toMatchObject({
      available: [{ amount: 0, currency: "usd" }],
      pending: [{ amount: 2000 - 88 + (3333 - 127), currency: "usd" }],
    });
    await shop.stripe.refunds.create({ payment_intent: second.id, amount: 333 });
    await moveClock(sandbox, shop, "3d");
    const [payout] = (await shop.stripe.payouts.list()).data;
    expect(payout).toMatchObject({
      amount: 2000 - 88 + (3333 - 127) - 333,
      automatic: true,
      reconciliation_status: "completed",
    });
    expect((await eventsOf(shop, "payout.reconciliation_completed"))[0]?.data.object).toMatchObject({
      id: payout?.id,
    });
    expect(await checkPayouts(shop)).toHaveLength(3);
    await moveClock(sandbox, shop, "1d");
    expect((await shop.stripe.payouts.retrieve(payout?.id ?? "")).status).toBe("paid");
    expect((await shop.stripe.balance.retrieve()).available[0]?.amount).toBe(0);
  });

  it("wait while the balance is below zero", async () => {
    const shop = await openShop(sandbox);
    const paid = await pay(shop, 2000);
    await moveClock(sandbox, shop, "4d");
    expect((await shop.stripe.payouts.list()).data).toHaveLength(1);
    await shop.stripe.refunds.create({ payment_intent: paid.id });
    await moveClock(sandbox, shop, "2d");
    expect((await shop.stripe.balance.retrieve()).available[0]?.amount).toBe(-2000);
    expect((await shop.stripe.payouts.list()).data).toHaveLength(1);
    await pay(shop, 10_000);
    await moveClock(sandbox, shop, "4d");
    const [latest] = (await shop.stripe.payouts.list()).data;
    expect(latest?.amount).toBe(10_000 - 320 - 2000);
    await checkPayouts(shop);
  });

  it("of a subscription's 400 days carry its 13 charges less fees", async () => {
    const shop = await openShop(sandbox);
    const customer = await customerWith(shop, "pm_card_visa");
    await shop.stripe.subscriptions.create({ customer, items: [{ price: shop.pro }], trial_period_days: 14 });
    await moveClock(sandbox, shop, "400d");
    const lines = await checkPayouts(shop);
    const paid = (await invoicesOf(shop, customer)).filter((each) => each.amount_paid > 0);
    // 2900 less 84.1 + 30, half a cent rounded up: 114.
    expect(paid).toHaveLength(13);
    expect(lines.map((line) => line.net)).toEqual(Array.from({ length: 13 }, () => 2900 - 114));
    const payouts = await all(shop.stripe.payouts.list({ limit: 100 }));
    expect(payouts.reduce((sum, each) => sum + each.amount, 0)).toBe(13 * (2900 - 114));
    const types = await all(shop.stripe.balanceTransactions.list({ type: "charge", limit: 100 }));
    expect(types).toHaveLength(13);
  });
});
