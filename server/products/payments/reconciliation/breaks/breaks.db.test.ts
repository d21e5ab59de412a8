/** Every kind of break, seeded, is listed with its kind, amount and action; CSV and PDF say what the API says. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBuyer, type Buyer } from "../../../../../test/harness/buyer.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { startReconciling, type Reconciling } from "../../../../../test/harness/reconciling.ts";

let at: Reconciling;
let buyer: Buyer;
let found: Json[] = [];
let run: Json = {};

const settled = async (client = buyer): Promise<Json> => {
  const bought = await client.buy();
  await client.pay(bought.url);
  return client.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
};
const sideOf = (row: Json) => `provider:${String(row.fee_transaction_id)}`;
const line = async (row: Json): Promise<Json> => {
  const [known] = await at.t.sql<Json>(
    "select fee_transaction_id, charge_id, id from billing.payments where id = $1",
    [row.id],
  );
  return known ?? {};
};
const of = (kind: string) => found.filter((row) => row.kind === kind);

beforeAll(async () => {
  at = await startReconciling("stripe");
  buyer = createBuyer(at.t);
});
afterAll(() => at.close());

test("what agrees on all three sides is no break", async () => {
  const row = await line(await settled());
  await at.idle();
  await buyer.stripe("/refunds", { charge: String(row.charge_id), amount: "250" });
  await buyer.until(String(row.id), { refunded_minor: 250 });
  await at.idle();
  const done = await at.reconcile();
  expect(done).toMatchObject({
    complete: true,
    days_done: done.days,
    totals: [
      {
        currency: "usd",
        provider: { count: 2, net_minor: 691 },
        events: { count: 2, net_minor: 691 },
        ledger: { count: 2, net_minor: 691 },
        matched: 2,
      },
    ],
  });
  expect(await at.breaks()).toEqual([]);
});

test("each kind that is seeded is found, with its amount and action", { timeout: 60_000 }, async () => {
  const rows = await Promise.all(Array.from({ length: 7 }, async () => line(await settled())));
  const [untold, twice, amount, fee, currency, state, paidTwice] = rows as [
    Json,
    Json,
    Json,
    Json,
    Json,
    Json,
    Json,
  ];
  await at.t.sql("delete from webhooks.events where object_id = $1", [untold.charge_id]);
  await at.cash(await at.nextDoor(), at.reference(twice.charge_id, "captured"));
  await at.cash(at.home, at.reference("ch_ghost", "captured"));
  await at.tamper("amount = sign(amount) * 900", at.reference(amount.charge_id, "captured"));
  await at.tamper("amount = sign(amount) * 50", at.reference(fee.fee_transaction_id, "fee"));
  await at.tamper("unit = 'eur'", at.reference(currency.charge_id, "captured"));
  await at.t.sql("update billing.payments set status = 'requires_payment_method' where id = $1", [state.id]);
  const intent = (metadata: Record<string, string>, value: string) =>
    buyer.stripe("/payment_intents", {
      amount: value,
      currency: "usd",
      confirm: "true",
      payment_method: "pm_card_visa",
      "automatic_payment_methods[enabled]": "true",
      "automatic_payment_methods[allow_redirects]": "never",
      ...metadata,
    });
  await intent({ "metadata[holdfast_id]": String(paidTwice.id) }, "1000");
  await intent({}, "2000");
  await at.staleHold(77);
  await buyer.fault({
    match: { method: "POST", path: "*/checkout/sessions" },
    fault: "status",
    params: { status: 500 },
  });
  await at.cutOff();
  await expect
    .poll(
      () =>
        at.t.sql(
          "select distinct error_code from webhooks.events where object_id like 'ch_%' and state = 'dead'",
        ),
      { timeout: 15_000 },
    )
    .toEqual([{ error_code: "second_charge" }]);
  await at.idle();
  await at.advance(2);
  run = await at.reconcile();
  found = await at.breaks("&state=open");
  const [strange] = of("missing_ledger");
  expect(strange).toMatchObject({ amount: 2000, action: "replay", ledger: [] });
  expect(of("missing_event")).toMatchObject([
    { side: sideOf(untold), amount: 1000, action: "backfill", event: null },
  ]);
  expect(of("duplicate_ledger")).toMatchObject([{ side: sideOf(twice), amount: 1000, action: "reverse" }]);
  expect(of("missing_provider")).toMatchObject([
    { amount: 1000, action: "reverse", provider: null, org_id: at.home },
  ]);
  expect(of("amount_mismatch")).toMatchObject([{ side: sideOf(amount), amount: 100, action: "adjust" }]);
  expect(of("fee_mismatch")).toMatchObject([{ side: sideOf(fee), amount: 9, action: "adjust" }]);
  expect(of("currency_mismatch")).toMatchObject([{ side: sideOf(currency), amount: 1000, action: "adjust" }]);
  expect(of("state_mismatch")).toMatchObject([
    {
      side: sideOf(state),
      amount: 1000,
      action: "replay",
      row: { id: state.id, status: "requires_payment_method" },
    },
  ]);
  expect(of("duplicate_payment")).toMatchObject([
    { amount: 1000, action: "refund", event: { state: "dead", error_code: "second_charge" } },
  ]);
  expect(of("expired_hold")).toMatchObject([{ amount: 77, currency: "credit", action: "ask_company" }]);
  expect(of("unknown_outcome")).toMatchObject([
    { amount: 1000, action: "ask_company", row: { status: "creating" } },
  ]);
  expect(found).toHaveLength(11);
  expect((await at.breaks("&kind=fee_mismatch")).map(({ kind }) => kind)).toEqual(["fee_mismatch"]);
  expect(await at.breaks("&min_age_hours=5")).toEqual([]);
});

test("CSV and PDF say what the API says", async () => {
  const path = `/api/reconciliation/runs/${String(run.id)}/report`;
  const { body } = await at.operator().call<{ run: Json; breaks: Json[] }>("GET", path);
  const listed = body.breaks.filter(({ kind }) => kind !== "unknown_outcome" && kind !== "expired_hold");
  expect(body.run).toEqual(run);
  const csv = await at.operator().call("GET", `${path}?format=csv`);
  expect(csv.headers.get("content-type")).toContain("text/csv");
  const lines = csv.text.split("\r\n").map((text) => text.split(","));
  const pdf = await at.operator().call("GET", `${path}?format=pdf`);
  expect(pdf.text.slice(0, 5)).toBe("%PDF-");
  // Each run of letters between kernings is written as hexadecimal digits.
  const drawn = [...pdf.text.matchAll(/\[([^\]]*)\] TJ/g)]
    .map(([, shown = ""]) =>
      [...shown.matchAll(/<([0-9a-f]+)>/g)]
        .map(([, hex = ""]) => Buffer.from(hex, "hex").toString("latin1"))
        .join(""),
    )
    .join("\n");
  for (const row of [...listed, ...body.breaks]) {
    const cells = [row.id, row.side, row.kind, row.state, row.action, row.amount, row.currency].map(String);
    expect(lines.map((cells) => cells.slice(0, 7))).toContainEqual(cells);
    for (const cell of cells) expect(drawn.split("\n")).toContain(cell);
  }
  expect(lines.filter(([id]) => id?.startsWith("brk_"))).toHaveLength(body.breaks.length);
  const [totals] = (body.run as { totals: Record<string, Json>[] }).totals;
  expect(lines).toContainEqual(
    [
      totals?.currency,
      totals?.provider?.count,
      totals?.provider?.net_minor,
      totals?.events?.count,
      totals?.events?.net_minor,
      totals?.ledger?.count,
      totals?.ledger?.net_minor,
      totals?.matched,
    ].map(String),
  );
});
