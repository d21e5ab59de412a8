/** Reports say what the ledger's entries sum up to, as JSON, CSV and PDF alike, and name the seal. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer } from "../../../../test/harness/buyer.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { REPORTS } from "./report.ts";

const HASH = "ab".repeat(32);
let t: TestApp;
let buyer: ReturnType<typeof createBuyer>;
let declined: Awaited<ReturnType<typeof buyer.buy>>;
beforeAll(async () => {
  t = await startTestApp();
  buyer = createBuyer(t);
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  const row = await buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
  await buyer.stripe("/refunds", { charge: String(row.charge_id), amount: "250" });
  await buyer.until(bought.payment_id, { refunded_minor: 250 });
  declined = await buyer.buy();
  await buyer.pay(declined.url, "4000000000000002");
  await buyer.until(declined.payment_id, { failure_code: "generic_decline" });
});
afterAll(() => t.close());

const read = async (name: string, query = ""): Promise<Json> => {
  const { body, status, text } = await t.owner.call("GET", `/api/reports/${name}${query}`);
  expect(status, text).toBe(200);
  return body;
};
const sum = async (account: string): Promise<number> => {
  const [row] = await t.sql<{ sum: string }>(
    "select coalesce(sum(amount), 0)::text as sum from ledger.entries where account = $1",
    [account],
  );
  return Number(row?.sum);
};

test.each([
  ["revenue", "usd", [1000, 250, 0, 59, 691]],
  ["fees", "usd", [59]],
  ["refunds", "usd", [250]],
])("%s is what the entries sum up to", async (name, unit, values) => {
  const report = await read(name);
  expect(report).toMatchObject({ sealed: false });
  expect(report.totals).toEqual([{ group: "total", unit, values }]);
  expect(report.rows).toEqual([{ group: expect.stringMatching(/^\d{4}-\d\d-\d\d/), unit, values }]);
});

test("credits are what was issued, used, expired and taken back", async () => {
  const { totals } = await read("credits");
  const taken = await Promise.all(["issued", "used", "expired", "clawback"].map(sum));
  expect(totals).toEqual([
    { group: "total", unit: "credit", values: [-(taken[0] ?? 0), taken[1], taken[2], taken[3]] },
  ]);
  expect(taken[3]).toBe(250_000_000);
});

test("failed payments are counted by why they failed, until they are paid after all", async () => {
  const failed = await read("failed-payments");
  expect(failed.rows).toEqual([{ group: "generic_decline", unit: "usd", values: [1, 1000, 0] }]);
  expect(failed.totals).toEqual([{ group: "total", unit: "usd", values: [1, 1000, 0] }]);
  await buyer.pay(declined.url, "4000000000009995");
  await buyer.until(declined.payment_id, { failure_code: "insufficient_funds" });
  // Once, whatever it fails for again.
  expect((await read("failed-payments")).rows).toEqual(failed.rows);
  await buyer.pay(declined.url);
  await buyer.until(declined.payment_id, { status: "succeeded" });
  expect((await read("failed-payments")).totals).toEqual([
    { group: "total", unit: "usd", values: [1, 1000, 1000] },
  ]);
});

test.each(REPORTS)("%s: CSV and PDF say what JSON says", async (name) => {
  const report = await read(name);
  const csv = (await t.owner.call("GET", `/api/reports/${name}?format=csv`)).text.split("\r\n");
  expect(csv).toContain(["group", "unit", ...(report.columns as string[])].join(","));
  for (const { group, unit, values } of [...(report.rows as Json[]), ...(report.totals as Json[])])
    expect(csv).toContain([group, unit, ...(values as number[])].join(","));
  const pdf = await t.owner.call("GET", `/api/reports/${name}?format=pdf`);
  expect([pdf.headers.get("content-type"), pdf.text.slice(0, 5)]).toEqual(["application/pdf", "%PDF-"]);
});

test("the newest seal of the time is named, and whether it covers all of it", async () => {
  await t.sql(
    `insert into ledger.seals (number, sealed_before, previous_hash, hash, transaction_count, entry_count, sealed_at)
     values (1000, '2020-01-02', decode($1, 'hex'), decode($1, 'hex'), 0, 0, '2020-01-02T00:30:00Z')`,
    [HASH],
  );
  const seal = { number: 1000, hash: HASH };
  for (const name of REPORTS) {
    const day = await read(name, "?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z");
    expect(day).toMatchObject({ seal, sealed: true, rows: [] });
  }
  const more = await read("revenue", "?from=2020-01-01T00:00:00Z&to=2020-01-05T00:00:00Z");
  expect(more).toMatchObject({ seal, sealed: false });
  expect(await read("revenue", "?from=2020-02-01T00:00:00Z&to=2020-02-05T00:00:00Z")).toMatchObject({
    seal: null,
    sealed: false,
  });
});

test.each([
  ["a year and more", "?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 400],
  ["an end before its start", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400],
])("%s: %s is %i", async (_name, query, status) => {
  expect((await t.owner.call("GET", `/api/reports/revenue${query}`)).status).toBe(status);
});
