/** PayPal's books beside ours: what agrees is no break, disputes included; what is seeded is found, late at first. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type Json } from "../../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../../test/harness/paypal.ts";
import { startReconciling, type Reconciling } from "../../../../../test/harness/reconciling.ts";

let at: Reconciling;
let buyer: PaypalBuyer;
beforeAll(async () => {
  at = await startReconciling("paypal");
  buyer = createPaypalBuyer(at.t);
});
afterAll(() => at.close());

const settled = async (client = buyer): Promise<Json> => {
  const bought = await client.buy();
  await client.approve(bought.url);
  return client.until(bought.payment_id, { status: "succeeded" });
};
const control = async (what: string, body: Json): Promise<Json> => {
  const made = await createClient(at.t.sandbox.url).call("POST", `/_sandbox/paypal/${what}`, { body });
  expect(made.status, made.text).toBeLessThan(300);
  return made.body;
};
const breaks = async (account = "paypal_default"): Promise<Json[]> =>
  (await at.breaks()).filter(({ account_id: id }) => id === account);
/** An order that was made twice, as when the answer to the first was lost, and both were paid. */
async function payTwice({ id }: Json): Promise<string> {
  const { links, id: order } = await buyer.api("POST", "/v2/checkout/orders", {
    intent: "CAPTURE",
    purchase_units: [{ custom_id: id, amount: { currency_code: "USD", value: "10.00" } }],
    application_context: { return_url: `${at.t.url}/back`, cancel_url: `${at.t.url}/no` },
  });
  const approval = (links as { rel: string; href: string }[]).find(({ rel }) => rel === "approve");
  await buyer.approve(String(approval?.href));
  const paid = await buyer.api("POST", `/v2/checkout/orders/${String(order)}/capture`, {});
  const [unit] = paid.purchase_units as { payments: { captures: { id: string }[] } }[];
  return unit?.payments.captures[0]?.id ?? "";
}

test("captures, refunds, a won and a lost dispute agree on all three sides", async () => {
  const [refunded, won, lost] = [await settled(), await settled(), await settled()];
  await control("refunds", { capture_id: refunded.charge_id, amount: "2.50" });
  await buyer.until(String(refunded.id), { refunded_minor: 250 });
  for (const [row, outcome] of [
    [won, "SELLER_FAVOR"],
    [lost, "BUYER_FAVOR"],
  ] as const) {
    const { dispute_id: id } = await control("disputes", { capture_id: row.charge_id });
    await buyer.until(String(row.id), { status: "disputed" });
    await buyer.api("POST", `/v1/customer/disputes/${String(id)}/adjudicate`, {
      adjudication_outcome: outcome,
    });
  }
  await buyer.until(String(won.id), { status: "succeeded" });
  await buyer.until(String(lost.id), { status: "reversed" });
  await at.idle();
  const done = await at.reconcile();
  const net = 3 * (1000 - 84) - 250 - 1000 - 1500;
  expect(await breaks()).toEqual([]);
  // Three captures, a refund, out and back, out and its fee.
  expect(done.totals).toEqual([
    {
      currency: "usd",
      provider: { count: 8, net_minor: net },
      events: { count: 8, net_minor: net },
      ledger: { count: 8, net_minor: net },
      matched: 8,
    },
  ]);
  // PayPal may add to it for three hours.
  expect(done.complete).toBe(false);
});

test("each kind that is seeded is found, late for four hours", { timeout: 60_000 }, async () => {
  const rows: Json[] = [];
  // Ten purchases a minute are each person's limit.
  const other = createPaypalBuyer(at.t, await at.t.member("owner"));
  for (let count = 0; count < 8; count += 1) rows.push(await settled(count < 4 ? buyer : other));
  const [untold, unposted, amount, fee, currency, state, paidTwice, twice] = rows as [
    Json,
    Json,
    Json,
    Json,
    Json,
    Json,
    Json,
    Json,
  ];
  await at.idle();
  await at.t.sql("delete from webhooks.events where object_id = $1", [untold.charge_id]);
  await at.tamper("amount = sign(amount) * 900", at.reference(amount.charge_id, "captured"));
  await at.tamper("amount = sign(amount) * 50", at.reference(fee.charge_id, "fee"));
  await at.tamper("unit = 'eur'", at.reference(currency.charge_id, "captured"));
  await at.t.sql(
    "update ledger.transactions set reference = reference || '_gone' where reference = any($1)",
    [[at.reference(unposted.charge_id, "captured"), at.reference(unposted.charge_id, "fee")]],
  );
  await at.t.sql("update billing.payments set status = 'requires_payment_method' where id = $1", [state.id]);
  await at.cash(at.home, at.reference("GHOST1", "captured"));
  await at.cash(await at.nextDoor(), at.reference(twice.charge_id, "captured"));
  const again = await payTwice(paidTwice);
  await at.staleHold(77);
  await buyer.fault({
    match: { method: "POST", path: "*/checkout/orders" },
    fault: "status",
    params: { status: 500 },
  });
  await at.cutOff();
  await at.idle();
  await at.reconcile();
  expect(new Set((await breaks()).map((row) => row.state))).toEqual(new Set(["late"]));
  await at.advance(5);
  await at.reconcile();
  const found = await breaks();
  const shown = (kind: string) =>
    found
      .filter((row) => row.kind === kind)
      .map(({ state: is, action, amount: of, currency: unit, side }) => [is, action, of, unit, side]);
  const side = (row: Json) => `provider:${String(row.charge_id)}`;
  expect(shown("missing_event")).toEqual([["open", "backfill", 1000, "usd", side(untold)]]);
  expect(shown("missing_ledger")).toEqual([["open", "replay", 1000, "usd", side(unposted)]]);
  expect(shown("amount_mismatch")).toEqual([["open", "adjust", 100, "usd", side(amount)]]);
  expect(shown("fee_mismatch")).toEqual([["open", "adjust", 34, "usd", side(fee)]]);
  expect(shown("currency_mismatch")).toEqual([["open", "adjust", 1000, "usd", side(currency)]]);
  expect(shown("state_mismatch")).toEqual([["open", "replay", 1000, "usd", side(state)]]);
  expect(shown("duplicate_ledger")).toEqual([["open", "reverse", 1000, "usd", side(twice)]]);
  expect(shown("duplicate_payment")).toEqual([["open", "refund", 1000, "usd", `provider:${again}`]]);
  expect(shown("unknown_outcome").map((row) => row.slice(0, 4))).toEqual([
    ["open", "ask_company", 1000, "usd"],
  ]);
  // Holds are of no account: the first one's comparison lists them.
  expect(shown("expired_hold")).toEqual([]);
  await at.reconcile("acct_default");
  const holds = (await breaks("acct_default")).filter(({ kind }) => kind === "expired_hold");
  expect(holds).toMatchObject([{ state: "open", action: "ask_company", amount: 77, currency: "credit" }]);
  // The one that nobody booked, and what stands under names of its own now.
  expect(shown("missing_provider").map(([is, action, of]) => [is, action, of])).toEqual(
    expect.arrayContaining([["open", "reverse", 1000]]),
  );
  const backfill = found.find(({ kind }) => kind === "missing_event");
  const resolved = await at
    .operator()
    .call("POST", `/api/reconciliation/breaks/${String(backfill?.id)}/resolve`, {
      body: { action: "backfill", note: "Read its events again" },
    });
  expect([resolved.status, resolved.body.state], resolved.text).toEqual([200, "resolved"]);
});
