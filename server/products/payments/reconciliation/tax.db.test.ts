/** Taxed sales at both companies: revenue and tax apart, both back in proportion, and the books still agree three ways. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBuyer } from "../../../../test/harness/buyer.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { createPaypalBuyer } from "../../../../test/harness/paypal.ts";
import { startReconciling, type Reconciling } from "../../../../test/harness/reconciling.ts";

let at: Reconciling;
beforeAll(async () => {
  at = await startReconciling("paypal", { STRIPE_TAX: "on" });
});
afterAll(() => at.close());

/** What the books hold of what was sold through an account, all organizations together. */
async function sold(account: string): Promise<Json> {
  const rows = await at.t.sql<{ account: string; sum: string }>(
    `select e.account, sum(e.amount)::text as sum from ledger.entries e
       join ledger.transactions x on x.org_id = e.org_id and x.id = e.transaction_id
     where e.unit = 'usd' and e.account in ('revenue', 'tax', 'refunds', 'receivable')
       and (x.reference like '%:' || $1 || ':%' or x.reference like 'inv_%' or x.reference like 'pay_%:taxed')
     group by 1 having sum(e.amount) <> 0`,
    [account],
  );
  return Object.fromEntries(rows.map((row) => [row.account, Number(row.sum)]));
}
const total = (done: Json) => (done.totals as Json[])[0];
const breaksOf = async (account: string) =>
  (await at.breaks()).filter(({ account_id }) => account_id === account);

test("PayPal's prices include their tax, which nobody tells: all of it is revenue", async () => {
  const buyer = createPaypalBuyer(at.t);
  const bought = await buyer.buy();
  await buyer.approve(bought.url);
  const paid = await buyer.until(bought.payment_id, { status: "succeeded" });
  await buyer.api("POST", `/v2/payments/captures/${String(paid.charge_id)}/refund`, {
    amount: { value: "2.50", currency_code: "USD" },
  });
  await buyer.until(bought.payment_id, { refunded_minor: 250 });
  await at.idle();
  expect(await sold("paypal_default")).toEqual({ revenue: -1000, refunds: 250 });
  const done = await at.reconcile();
  expect(total(done)).toMatchObject({ matched: 2, provider: { count: 2 }, ledger: { count: 2 } });
  expect(await breaksOf("paypal_default")).toEqual([]);
});

test("Stripe's tax: in a pack's price, on top of a plan's; refunds take both back in proportion", async () => {
  const buyer = createBuyer(at.t);
  const pack = await buyer.buy();
  await buyer.pay(pack.url);
  await buyer.until(pack.payment_id, { status: "succeeded", fee_minor: 59, amount_minor: 1_000 });
  await expect.poll(() => sold("acct_default")).toEqual({ revenue: -833, tax: -167 });

  const { call } = at.t.owner;
  const begun = await call("POST", "/api/subscriptions/subscribe", {
    body: { plan_key: "pro", interval: "month" },
  });
  expect(begun.status, begun.text).toBe(201);
  await buyer.pay(String(begun.body.url));
  const invoices = async () => (await call<{ data: Json[] }>("GET", "/api/invoices")).body.data;
  await expect
    .poll(invoices, { timeout: 15_000 })
    .toMatchObject([
      { status: "paid", subtotal_minor: 2_900, tax_minor: 580, total_minor: 3_480, paid_minor: 3_480 },
    ]);
  await expect.poll(() => sold("acct_default")).toEqual({ revenue: -833 - 2_900, tax: -167 - 580 });
  // A change of plan is charged what its preview says, the tax a line of it.
  const wanted = { plan_key: "pro", interval: "month", quantity: 3 };
  const { body: preview } = await call("POST", "/api/subscriptions/preview", { body: wanted });
  const lines = preview.lines as { description: string; amount_minor: number }[];
  const due = Number(preview.due_now_minor);
  expect(lines.reduce((sum, { amount_minor }) => sum + amount_minor, 0)).toBe(due);
  const added = lines.find(({ description }) => description === "Tax")?.amount_minor ?? 0;
  expect(added).toBe(Math.round((due - added) / 5));
  const changed = await call("PUT", "/api/subscriptions/upgrade", {
    body: { ...wanted, preview_id: preview.preview_id },
  });
  expect(changed.status, changed.text).toBe(200);
  const charges = async () =>
    at.t.sql<{ charge_id: string; amount_minor: string; fee_minor: string | null }>(
      "select charge_id, amount_minor::text, fee_minor::text from billing.payments where account_id = 'acct_default' order by id",
    );
  await expect
    .poll(async () => (await charges()).map(({ amount_minor, fee_minor }) => fee_minor && amount_minor), {
      timeout: 15_000,
    })
    .toEqual(["1000", "3480", String(due)]);
  const [first, second] = await charges();
  await buyer.stripe("/refunds", { charge: String(first?.charge_id), amount: "500" });
  await buyer.stripe("/refunds", { charge: String(second?.charge_id) });
  // Of the pack half, its tax rounded down; of the plan all.
  await expect
    .poll(() => sold("acct_default"), { timeout: 15_000 })
    .toEqual({
      revenue: -3_733 - (due - added),
      refunds: 417 + 2_900,
      tax: -747 - added + 83 + 580,
    });
  await at.idle();
  const done = await at.reconcile("acct_default");
  expect(total(done)).toMatchObject({ matched: 5, provider: { count: 5 }, ledger: { count: 5 } });
  expect(await breaksOf("acct_default")).toEqual([]);
});
