/** Disputes: money moves with each line of the company, credits follow what is lost, and no refund gives it away again. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import { createClient, type Json } from "../../../../test/harness/client.ts";

const CREDITS = 1_000_000_000;
let t: TestApp;
let buyer: Buyer;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

const settled = async (): Promise<Json> => {
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  return buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
};
/** Paid with the card whose holder goes to the bank at once. */
const disputed = async (): Promise<Json> => {
  const bought = await buyer.buy();
  await buyer.pay(bought.url, "4000000000000259");
  return buyer.until(bought.payment_id, { status: "disputed", refundable_minor: 0 });
};
const get = async (path: string): Promise<Json[]> =>
  (await t.owner.call<{ data: Json[] }>("GET", path)).body.data;
const dispute = async ({ id }: Json): Promise<Json> =>
  (await get("/api/admin/disputes?limit=100")).find((row) => row.payment_id === id) ?? {};
/** The holder of the card goes to the bank. */
const openAt = async ({ charge_id: charge }: Json): Promise<void> => {
  const made = await createClient(t.sandbox.url).call("POST", "/_sandbox/stripe/disputes", {
    body: { charge },
  });
  expect(made.status, made.text).toBe(202);
};
const answer = async (row: Json, text: string) =>
  buyer.stripe(`/disputes/${String((await dispute(row)).id)}`, { "evidence[uncategorized_text]": text });
const refund = (id: unknown, body: Json = {}) =>
  t.owner.call("POST", "/api/admin/refunds", {
    body: { payment_id: id, kind: "full", reason: "requested", ...body },
  });
const cash = async (name: string, unit = "usd"): Promise<number> => {
  const [row] = await t.sql<{ sum: string }>(
    "select coalesce(sum(amount), 0)::text as sum from ledger.entries where account = $1 and unit = $2",
    [name, unit],
  );
  return Number(row?.sum);
};
const change = async (name: string, act: () => Promise<unknown>, unit?: string): Promise<number> => {
  const before = await cash(name, unit);
  await act();
  return (await cash(name, unit)) - before;
};
const idle = () =>
  expect
    .poll(
      () =>
        t.sql(
          "select type, error_code from webhooks.events where state in ('received', 'processing', 'waiting_retry')",
        ),
      { timeout: 20_000 },
    )
    .toEqual([]);

test("opened: the organization is flagged, the money is gone, nothing of it can be refunded", async () => {
  let row: Json = {};
  expect(await change("disputes", async () => void (row = await disputed()))).toBe(1000);
  expect(await dispute(row)).toMatchObject({
    provider: "stripe",
    charge_id: row.charge_id,
    amount_minor: 1000,
    withdrawn_minor: 1000,
    fee_minor: 1500,
    clawed_back_micros: 0,
    status: "needs_response",
    closed_at: null,
  });
  const [flagged] = await get("/api/admin/customers?disputed=true");
  expect(flagged).toMatchObject({ flagged: true, open_disputes: expect.any(Number) });
  const refused = await refund(row.id);
  expect([refused.status, refused.body.code, refused.body.refundable_minor]).toEqual([
    409,
    "exceeds_refundable",
    0,
  ]);
});

test("won: the money comes back under a reference of its own, and the payment is as it was", async () => {
  const row = await disputed();
  expect(
    await change("disputes", async () => {
      await answer(row, "winning_evidence");
      await buyer.until(String(row.id), { status: "succeeded", refundable_minor: 1000 });
    }),
  ).toBe(-1000);
  const won = await dispute(row);
  expect(won).toMatchObject({ status: "won", withdrawn_minor: 0, clawed_back_micros: 0 });
  const { timeline } = await buyer.payment(String(row.id));
  expect((timeline as Json[]).slice(2)).toMatchObject([
    { kind: "dispute", id: won.id, status: "opened", amount_minor: 1000, detail: won.reason },
    { kind: "dispute", id: won.id, status: "won", at: won.closed_at },
  ]);
  const references = await t.sql<{ reference: string }>(
    `select x.reference from ledger.transactions x where x.kind in ('dispute.withdrawn', 'dispute.returned')
       and split_part(x.reference, ':', 3) = any((select lines from billing.disputes where payment_id = $1)::text[])`,
    [row.id],
  );
  expect(new Set(references.map(({ reference }) => reference)).size).toBe(2);
  expect((await refund(row.id)).status).toBe(202);
});

test("lost: reversed, and the credits go back", async () => {
  const row = await disputed();
  expect(
    await change(
      "clawback",
      async () => {
        await answer(row, "losing_evidence");
        await buyer.until(String(row.id), { status: "reversed", refundable_minor: 0 });
      },
      "credit",
    ),
  ).toBe(CREDITS);
  expect(await dispute(row)).toMatchObject({
    status: "lost",
    withdrawn_minor: 1000,
    clawed_back_micros: CREDITS,
    closed_at: expect.any(String),
  });
});

test("refund with dispute: what was refunded is not disputed, and neither takes the other's credits", async () => {
  const row = await settled();
  expect((await refund(row.id, { kind: "partial", amount_minor: 250 })).status).toBe(202);
  await buyer.until(String(row.id), { refunded_minor: 250 });
  await openAt(row);
  await buyer.until(String(row.id), { status: "disputed", refundable_minor: 0 });
  expect(await dispute(row)).toMatchObject({ amount_minor: 750, withdrawn_minor: 750 });
  expect((await refund(row.id, { kind: "partial", amount_minor: 1 })).body.code).toBe("exceeds_refundable");
  expect(
    await change(
      "clawback",
      async () => {
        await answer(row, "losing_evidence");
        await buyer.until(String(row.id), { status: "reversed" });
      },
      "credit",
    ),
  ).toBe((CREDITS * 3) / 4);
});

test("every delivery twice and shuffled ends in the same books", async () => {
  await buyer.fault({ on: "webhook", fault: "duplicate", times: 20 });
  let row: Json = {};
  expect(await change("disputes", async () => void (row = await disputed()))).toBe(1000);
  await idle();
  expect(await cash("suspense")).toBe(0);
  expect(await dispute(row)).toMatchObject({ withdrawn_minor: 1000, fee_minor: 1500 });
});

test("a customer's timeline tells of payments, refunds, disputes and grants, page by page", async () => {
  const [customer] = await get("/api/admin/customers?limit=1");
  const path = `/api/admin/customers/${String(customer?.org_id)}`;
  const first = (await t.owner.call("GET", `${path}?limit=3`)).body;
  const rest = (await t.owner.call("GET", `${path}?limit=100&cursor=${String(first.next_cursor)}`)).body;
  const all = [...(first.data as Json[]), ...(rest.data as Json[])];
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["payment", "refund", "dispute", "grant"]));
  expect(first.customer).toMatchObject({ paid: [{ currency: "usd" }] });
  expect(
    (await t.owner.call("GET", "/api/admin/customers/org_01890000000070008000000000000000")).status,
  ).toBe(404);
});
