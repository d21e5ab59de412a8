/** PayPal's books beside ours: what agrees is no break, disputes included; what is seeded is found, late at first. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createClient, type Client, type Json } from "../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../test/harness/paypal.ts";
import { post } from "../../../kernel/ledger/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

const HOUR_MS = 3_600_000;
let offsetMs = 0;
let t: TestApp;
let buyer: PaypalBuyer;
let db: Db;
let home: OrgId;
let operator: Client;
const clock = { now: () => new Date(Date.now() + offsetMs) };

beforeAll(async () => {
  t = await startTestApp({ clock });
  buyer = createPaypalBuyer(t);
  operator = t.owner;
  db = createDb({ url: t.database.url, max: 2 });
  const [org] = await t.sql<{ org_id: OrgId }>(
    "select org_id from tenancy.organizations order by org_id limit 1",
  );
  home = org?.org_id as OrgId;
});
afterAll(async () => {
  await db.close();
  await t.close();
});

const reference = (object: unknown, what: string) => `paypal:paypal_default:${String(object)}:${what}`;
const settled = async (): Promise<Json> => {
  const bought = await buyer.buy();
  await buyer.approve(bought.url);
  return buyer.until(bought.payment_id, { status: "succeeded" });
};
const control = async (what: string, body: Json): Promise<Json> => {
  const made = await createClient(t.sandbox.url).call("POST", `/_sandbox/paypal/${what}`, { body });
  expect(made.status, made.text).toBeLessThan(300);
  return made.body;
};
const idle = () =>
  expect
    .poll(
      () =>
        t.sql("select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      { timeout: 15_000 },
    )
    .toEqual([]);
const tamper = (set: string, name: string) =>
  t.sql(
    `update ledger.entries e set ${set} from ledger.transactions x
     where x.org_id = e.org_id and x.id = e.transaction_id and x.reference = $1`,
    [name],
  );
const cash = (name: string) =>
  withTx(db, home, (tx) => {
    const entries = [
      { account: "clearing:paypal_default", unit: "usd", amount: 1000n },
      { account: "revenue", unit: "usd", amount: -1000n },
    ];
    return post(
      tx,
      home,
      [{ mode: "test", kind: "payment.captured", reference: name, entries }],
      clock.now(),
    );
  });

async function reconcile(): Promise<Json> {
  const body = {
    account_id: "paypal_default",
    from: addMs(clock.now(), -20 * HOUR_MS).toISOString(),
    to: addMs(clock.now(), 1_000).toISOString(),
  };
  const started = await operator.call("POST", "/api/reconciliation/runs", { body });
  expect(started.status, started.text).toBe(202);
  const path = `/api/reconciliation/runs/${String(started.body.id)}`;
  await expect
    .poll(async () => (await operator.call("GET", path)).body.state, { timeout: 30_000, interval: 200 })
    .toBe("completed");
  return (await operator.call("GET", path)).body;
}
const breaks = async (): Promise<Json[]> => {
  const { body } = await operator.call<{ data: Json[] }>("GET", "/api/reconciliation/breaks?limit=100");
  return body.data.filter(({ account_id: id }) => id === "paypal_default");
};

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
  await idle();
  const done = await reconcile();
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
  for (let count = 0; count < 6; count += 1) rows.push(await settled());
  const [untold, unposted, amount, fee, currency, state] = rows as [Json, Json, Json, Json, Json, Json];
  await idle();
  await t.sql("delete from webhooks.events where object_id = $1", [untold.charge_id]);
  await tamper("amount = sign(amount) * 900", reference(amount.charge_id, "captured"));
  await tamper("amount = sign(amount) * 50", reference(fee.charge_id, "fee"));
  await tamper("unit = 'eur'", reference(currency.charge_id, "captured"));
  await t.sql("update ledger.transactions set reference = reference || '_gone' where reference = any($1)", [
    [reference(unposted.charge_id, "captured"), reference(unposted.charge_id, "fee")],
  ]);
  await t.sql("update billing.payments set status = 'requires_payment_method' where id = $1", [state.id]);
  await cash(reference("GHOST1", "captured"));
  await reconcile();
  expect(new Set((await breaks()).map((row) => row.state))).toEqual(new Set(["late"]));
  offsetMs = 5 * HOUR_MS;
  operator = await t.signIn();
  await reconcile();
  const found = await breaks();
  const shown = (kind: string) =>
    found
      .filter((row) => row.kind === kind)
      .map(({ state: is, action, amount: at, currency: unit, side }) => [is, action, at, unit, side]);
  const side = (row: Json) => `provider:${String(row.charge_id)}`;
  expect(shown("missing_event")).toEqual([["open", "backfill", 1000, "usd", side(untold)]]);
  expect(shown("missing_ledger")).toEqual([["open", "replay", 1000, "usd", side(unposted)]]);
  expect(shown("amount_mismatch")).toEqual([["open", "adjust", 100, "usd", side(amount)]]);
  expect(shown("fee_mismatch")).toEqual([["open", "adjust", 34, "usd", side(fee)]]);
  expect(shown("currency_mismatch")).toEqual([["open", "adjust", 1000, "usd", side(currency)]]);
  expect(shown("state_mismatch")).toEqual([["open", "replay", 1000, "usd", side(state)]]);
  // The one that nobody booked, and what stands under names of its own now.
  expect(shown("missing_provider").map(([is, action, at]) => [is, action, at])).toEqual(
    expect.arrayContaining([["open", "reverse", 1000]]),
  );
  const backfill = found.find(({ kind }) => kind === "missing_event");
  const resolved = await operator.call("POST", `/api/reconciliation/breaks/${String(backfill?.id)}/resolve`, {
    body: { action: "backfill", note: "Read its events again" },
  });
  expect([resolved.status, resolved.body.state], resolved.text).toEqual([200, "resolved"]);
});
