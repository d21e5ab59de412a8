/** Every kind of break, seeded, is listed with its kind, amount and action; CSV and PDF say what the API says. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { post } from "../../../kernel/ledger/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";

const HOUR_MS = 3_600_000;
let offsetMs = 0;
let t: TestApp;
let operator: Client;
let buyer: Buyer;
let db: Db;
let home: OrgId;
let found: Json[] = [];
let run: Json = {};

const clock = { now: () => new Date(Date.now() + offsetMs) };
const reference = (object: unknown, what: string) => `stripe:acct_default:${String(object)}:${what}`;
const settled = async (client = buyer): Promise<Json> => {
  const bought = await client.buy();
  await client.pay(bought.url);
  return client.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
};
const idle = () =>
  expect
    .poll(
      () =>
        t.sql("select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      { timeout: 15_000 },
    )
    .toEqual([]);
const at = (row: Json) => `provider:${String(row.fee_transaction_id)}`;
const line = async (row: Json): Promise<Json> => {
  const [known] = await t.sql<Json>(
    "select fee_transaction_id, charge_id, id from billing.payments where id = $1",
    [row.id],
  );
  return known ?? {};
};
/** As the database's owner: what no code of ours can do. */
const tamper = (set: string, name: string) =>
  t.sql(
    `update ledger.entries e set ${set} from ledger.transactions x
     where x.org_id = e.org_id and x.id = e.transaction_id and x.reference = $1`,
    [name],
  );

async function reconcile(): Promise<Json> {
  const body = {
    account_id: "acct_default",
    from: addMs(clock.now(), -20 * HOUR_MS).toISOString(),
    to: clock.now().toISOString(),
  };
  const started = await operator.call("POST", "/api/reconciliation/runs", { body });
  expect(started.status, started.text).toBe(202);
  const path = `/api/reconciliation/runs/${String(started.body.id)}`;
  await expect
    .poll(async () => (await operator.call("GET", path)).body.state, { timeout: 30_000, interval: 200 })
    .toBe("completed");
  return (await operator.call("GET", path)).body;
}

const breaks = async (query = ""): Promise<Json[]> =>
  (await operator.call<{ data: Json[] }>("GET", `/api/reconciliation/breaks?limit=100${query}`)).body.data;
const of = (kind: string) => found.filter((row) => row.kind === kind);

beforeAll(async () => {
  t = await startTestApp({ clock });
  buyer = createBuyer(t);
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

test("what agrees on all three sides is no break", async () => {
  const row = await line(await settled());
  await idle();
  await buyer.stripe("/refunds", { charge: String(row.charge_id), amount: "250" });
  await buyer.until(String(row.id), { refunded_minor: 250 });
  await idle();
  const done = await reconcile();
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
  expect(await breaks()).toEqual([]);
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
  await t.sql("delete from webhooks.events where object_id = $1", [untold.charge_id]);
  await t.neighbour();
  const [next] = await t.sql<{ org_id: OrgId }>(
    "select org_id from tenancy.organizations where org_id <> $1",
    [home],
  );
  const cash = (org: OrgId, name: string) =>
    withTx(db, org, (tx) =>
      post(
        tx,
        org,
        [
          {
            mode: "test",
            kind: "payment.captured",
            reference: name,
            entries: [
              { account: "clearing:acct_default", unit: "usd", amount: 1000n },
              { account: "revenue", unit: "usd", amount: -1000n },
            ],
          },
        ],
        clock.now(),
      ),
    );
  await cash(next?.org_id as OrgId, reference(twice.charge_id, "captured"));
  await cash(home, reference("ch_ghost", "captured"));
  await tamper("amount = sign(amount) * 900", reference(amount.charge_id, "captured"));
  await tamper("amount = sign(amount) * 50", reference(fee.fee_transaction_id, "fee"));
  await tamper("unit = 'eur'", reference(currency.charge_id, "captured"));
  await t.sql("update billing.payments set status = 'requires_payment_method' where id = $1", [state.id]);
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
  await t.sql(
    `insert into ledger.holds (org_id, id, mode, unit, owner, amount, state, deadline_at, created_at)
     values ($1, $2, 'test', 'credit', 'seed', 77, 'expired', $3, $3)`,
    [home, newId("hold"), clock.now()],
  );
  await buyer.fault({
    match: { method: "POST", path: "*/checkout/sessions" },
    fault: "status",
    params: { status: 500 },
  });
  const cut = await (
    await t.member("owner")
  ).call("POST", "/api/credits/purchase", {
    body: { pack_key: "starter" },
  });
  expect(cut.status).toBe(503);
  await expect
    .poll(
      () =>
        t.sql(
          "select distinct error_code from webhooks.events where object_id like 'ch_%' and state = 'dead'",
        ),
      { timeout: 15_000 },
    )
    .toEqual([{ error_code: "second_charge" }]);
  await idle();
  // Everything is older than what may be late.
  offsetMs = 2 * HOUR_MS;
  operator = await t.signIn();
  run = await reconcile();
  found = await breaks("&state=open");
  const [strange] = of("missing_ledger");
  expect(strange).toMatchObject({ amount: 2000, action: "replay", ledger: [] });
  expect(of("missing_event")).toMatchObject([
    { side: at(untold), amount: 1000, action: "backfill", event: null },
  ]);
  expect(of("duplicate_ledger")).toMatchObject([{ side: at(twice), amount: 1000, action: "reverse" }]);
  expect(of("missing_provider")).toMatchObject([
    { amount: 1000, action: "reverse", provider: null, org_id: home },
  ]);
  expect(of("amount_mismatch")).toMatchObject([{ side: at(amount), amount: 100, action: "adjust" }]);
  expect(of("fee_mismatch")).toMatchObject([{ side: at(fee), amount: 9, action: "adjust" }]);
  expect(of("currency_mismatch")).toMatchObject([{ side: at(currency), amount: 1000, action: "adjust" }]);
  expect(of("state_mismatch")).toMatchObject([
    {
      side: at(state),
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
  expect((await breaks("&kind=fee_mismatch")).map(({ kind }) => kind)).toEqual(["fee_mismatch"]);
  expect(await breaks("&min_age_hours=5")).toEqual([]);
});

test("CSV and PDF say what the API says", async () => {
  const path = `/api/reconciliation/runs/${String(run.id)}/report`;
  const { body } = await operator.call<{ run: Json; breaks: Json[] }>("GET", path);
  const listed = body.breaks.filter(({ kind }) => kind !== "unknown_outcome" && kind !== "expired_hold");
  expect(body.run).toEqual(run);
  const csv = await operator.call("GET", `${path}?format=csv`);
  expect(csv.headers.get("content-type")).toContain("text/csv");
  const lines = csv.text.split("\r\n").map((text) => text.split(","));
  const pdf = await operator.call("GET", `${path}?format=pdf`);
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
