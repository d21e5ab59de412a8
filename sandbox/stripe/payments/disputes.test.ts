/** What comes after a charge: disputes, warnings, refunds that are late or come back. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import type { Sandbox } from "../../main.ts";
import { newSandbox, refusalOf } from "../harness.ts";
import { eventsOf, moveClock, openShop, type Shop } from "../harness-shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());

const pay = ({ stripe }: Shop, number: string): Promise<Stripe.PaymentIntent> =>
  stripe.paymentMethods
    .create({ type: "card", card: { number, exp_month: 12, exp_year: 2034, cvc: "123" } })
    .then(({ id }) =>
      stripe.paymentIntents.create({ amount: 5000, currency: "usd", payment_method: id, confirm: true }),
    );

async function disputed(number: string): Promise<{ shop: Shop; intent: string; dispute: Stripe.Dispute }> {
  const shop = await openShop(sandbox);
  const intent = await pay(shop, number);
  await moveClock(sandbox, shop, "10s");
  const [dispute] = (await shop.stripe.disputes.list({ payment_intent: intent.id })).data;
  if (dispute === undefined) throw new Error("No dispute");
  return { shop, intent: intent.id, dispute };
}

const nets = async ({ stripe }: Shop): Promise<number[]> =>
  (await stripe.balanceTransactions.list({ limit: 100 })).data.map((each) => each.net);

describe("a dispute", () => {
  it.each([
    ["4000000000000259", "fraudulent"],
    ["4000000000002685", "product_not_received"],
  ])("%s (%s) takes the money and a fee; winning evidence brings the money back", async (number, reason) => {
    const { shop, intent, dispute } = await disputed(number);
    expect(dispute).toMatchObject({ reason, status: "needs_response", amount: 5000 });
    expect(dispute.balance_transactions).toMatchObject([
      { amount: -5000, fee: 1500, net: -6500, type: "adjustment" },
    ]);
    const paid = await shop.stripe.paymentIntents.retrieve(intent, { expand: ["latest_charge"] });
    expect((paid.latest_charge as Stripe.Charge).disputed).toBe(true);
    const answered = await shop.stripe.disputes.update(dispute.id, {
      evidence: { uncategorized_text: "winning_evidence" },
    });
    expect(answered.status).toBe("under_review");
    await moveClock(sandbox, shop, "10s");
    expect(await shop.stripe.disputes.retrieve(dispute.id)).toMatchObject({ status: "won" });
    expect(await nets(shop)).toEqual([5000, -6500, 5000 - 175]);
    for (const type of ["created", "funds_withdrawn", "updated", "funds_reinstated", "closed"]) {
      expect(await eventsOf(shop, `charge.dispute.${type}`), type).toHaveLength(1);
    }
  });

  it("is lost by losing evidence, by closing it, or by no answer in time", async () => {
    const answered = await disputed("4000000000000259");
    await answered.shop.stripe.disputes.update(answered.dispute.id, {
      evidence: { uncategorized_text: "losing_evidence" },
    });
    const closed = await disputed("4000000000000259");
    await closed.shop.stripe.disputes.close(closed.dispute.id);
    const silent = await disputed("4000000000000259");
    for (const { shop, dispute } of [answered, closed, silent]) {
      await moveClock(sandbox, shop, "9d");
      expect((await shop.stripe.disputes.retrieve(dispute.id)).status).toBe("lost");
      expect(await eventsOf(shop, "charge.dispute.funds_reinstated")).toEqual([]);
    }
    const late = closed.shop.stripe.disputes.update(closed.dispute.id, { evidence: { receipt: "x" } });
    expect((await refusalOf(late)).message).toContain("already closed");
  });

  it("that is an inquiry takes nothing until it is escalated", async () => {
    const { shop, dispute } = await disputed("4000000000001976");
    expect(dispute).toMatchObject({ status: "warning_needs_response", balance_transactions: [] });
    await shop.stripe.disputes.update(dispute.id, {
      evidence: { uncategorized_text: "escalate_inquiry_evidence" },
    });
    await moveClock(sandbox, shop, "10s");
    const after = await shop.stripe.disputes.retrieve(dispute.id);
    expect(after).toMatchObject({ status: "needs_response", balance_transactions: [{ net: -6500 }] });
    const quiet = await disputed("4000000000001976");
    await moveClock(sandbox, quiet.shop, "9d");
    expect((await quiet.shop.stripe.disputes.retrieve(quiet.dispute.id)).status).toBe("warning_closed");
    expect(await nets(quiet.shop)).not.toContain(-6500);
  });

  it("may be announced by a warning of the bank's", async () => {
    const shop = await openShop(sandbox);
    const intent = await pay(shop, "4000000000005423");
    await moveClock(sandbox, shop, "10s");
    const [warning] = (await shop.stripe.radar.earlyFraudWarnings.list({ payment_intent: intent.id })).data;
    expect(warning).toMatchObject({ actionable: true, charge: intent.latest_charge });
  });
});

describe("a refund", () => {
  it("of 7726 is pending at first and succeeds an hour later", async () => {
    const shop = await openShop(sandbox);
    const intent = await pay(shop, "4000000000007726");
    const refund = await shop.stripe.refunds.create({ payment_intent: intent.id });
    expect(refund.status).toBe("pending");
    await moveClock(sandbox, shop, "1h");
    expect((await shop.stripe.refunds.retrieve(refund.id)).status).toBe("succeeded");
    expect((await eventsOf(shop, "refund.updated"))[0]?.data.previous_attributes).toMatchObject({
      status: "pending",
    });
  });

  it("of 5126 succeeds at first and comes back an hour later, money and all", async () => {
    const shop = await openShop(sandbox);
    const intent = await pay(shop, "4000000000005126");
    await moveClock(sandbox, shop, "10s");
    const refund = await shop.stripe.refunds.create({ payment_intent: intent.id, amount: 2000 });
    expect(refund.status).toBe("succeeded");
    await moveClock(sandbox, shop, "1h");
    const failed = await shop.stripe.refunds.retrieve(refund.id, { expand: ["failure_balance_transaction"] });
    expect(failed).toMatchObject({
      status: "failed",
      failure_reason: "expired_or_canceled_card",
      failure_balance_transaction: { net: 2000, type: "refund_failure" },
    });
    const charge = await shop.stripe.charges.retrieve(String(intent.latest_charge));
    expect(charge.amount_refunded).toBe(0);
    expect(await nets(shop)).toEqual([2000, -2000, 5000 - 175]);
    expect(await eventsOf(shop, "refund.failed")).toHaveLength(1);
  });
});
