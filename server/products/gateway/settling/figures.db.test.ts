import { afterAll, beforeAll, expect, test } from "vitest";
import { createBuyer } from "../../../../test/harness/buyer.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let g: TestGateway;
beforeAll(async () => {
  g = await startTestGateway();
});
afterAll(() => g.close());

const GROUPS = ["day", "week", "month", "org"] as const;
const minute = (change: number) => new Date(Math.floor(Date.now() / 60_000 + change) * 60_000).toISOString();
const read = async <T>(what: string, query: Record<string, string>): Promise<T> => {
  const { body, text, status } = await g.app.owner.call<T>(
    "GET",
    `/api/admin/${what}?${new URLSearchParams(query)}`,
  );
  if (status !== 200) throw new Error(text);
  return body;
};
/** What moved into the account, behind the walls. */
const moved = async (account: string, unit: string): Promise<number> => {
  const [row] = await g.app.sql<{ sum: string }>(
    "select coalesce(sum(amount), 0) as sum from ledger.entries where account = $1 and unit = $2",
    [account, unit],
  );
  return Number(row?.sum);
};
type Money = Record<"gross_minor" | "refunds_minor" | "disputes_minor" | "fees_minor" | "net_minor", number>;
type Revenue = { data: Money[]; totals: (Money & Record<string, unknown>)[] };
type Used = { calls: number; credits_micros: number; cost_usd: string; charge_usd: string };
type Usage = { data: Used[]; totals: Used; users: { total: number } };

test("an empty system shows zeros, not nothing", async () => {
  const revenue = await read<Revenue>("revenue", { to: minute(-5) });
  expect(revenue).toMatchObject({
    data: [],
    totals: [
      { currency: "usd", gross_minor: 0, refunds_minor: 0, fees_minor: 0, net_minor: 0, arpu_minor: 0 },
    ],
  });
  expect(revenue.totals[0]).toMatchObject({ mrr_minor: 0, arr_minor: 0, churn: null });
  const usage = await read<Usage>("usage-stats", { to: minute(-5) });
  expect(usage).toMatchObject({
    users: { total: 0, new: 0, active: 0 },
    data: [],
    totals: { calls: 0, failures: 0, credits_micros: 0, cost_usd: "0", charge_usd: "0", margin_usd: "0" },
  });
});

test("revenue is the ledger's sums to the minor unit, however it is grouped", async () => {
  const buyer = createBuyer(g.app);
  const paid = async () => {
    const bought = await buyer.buy();
    await buyer.pay(bought.url);
    return buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
  };
  await paid();
  const second = await paid();
  await buyer.stripe("/refunds", { charge: String(second.charge_id), amount: "333" });
  await buyer.until(String(second.id), { status: "partially_refunded" });
  const disputed = await buyer.buy();
  await buyer.pay(disputed.url, "4000000000000259");
  await buyer.until(disputed.payment_id, { status: "disputed", fee_minor: 59 });
  const expected = {
    gross_minor: -(await moved("revenue", "usd")),
    refunds_minor: await moved("refunds", "usd"),
    disputes_minor: await moved("disputes", "usd"),
    fees_minor: await moved("fees", "usd"),
  };
  expect(expected).toMatchObject({ refunds_minor: 333, disputes_minor: 1000, fees_minor: 3 * 59 + 1500 });
  const net_minor =
    expected.gross_minor - expected.refunds_minor - expected.disputes_minor - expected.fees_minor;
  for (const group_by of [...GROUPS, "provider"]) {
    const { data, totals } = await read<Revenue>("revenue", { to: minute(5), group_by });
    expect(totals).toMatchObject([{ ...expected, net_minor, paying_organizations: 1 }]);
    expect(totals[0]?.arpu_minor).toBe(expected.gross_minor - 333 - 1000);
    expect(data.reduce((sum, row) => sum + row.net_minor, 0)).toBe(net_minor);
  }
});

test("usage is what the ledger took and each call cost, however it is grouped", async () => {
  for (const model of ["sandbox/echo", "sandbox/echo", "openai/gpt-4o-mini"]) {
    const body = { model, max_tokens: 50, messages: [{ role: "user", content: "Count to ten" }] };
    expect((await g.key.call("POST", "/v1/chat/completions", { body })).status).toBe(200);
  }
  const taken = await g.until("all settled", async () => {
    const rows = await g.requests();
    return rows.length === 3 && rows.every(({ state }) => state === "settled") && moved("used", "credit");
  });
  for (const group_by of [...GROUPS, "model", "provider"]) {
    const { data, totals, users } = await read<Usage>("usage-stats", { to: minute(5), group_by });
    expect([totals.calls, totals.credits_micros, users.total]).toEqual([3, taken, 1]);
    expect(Number(totals.charge_usd)).toBeCloseTo(taken * 1e-8, 12);
    expect(data.reduce((sum, row) => sum + row.credits_micros, 0)).toBe(taken);
    expect(data.length).toBe(group_by === "model" ? 2 : 1);
  }
});

test("400 for more than 366 days", async () => {
  const query = new URLSearchParams({ from: "2024-01-01T00:00:00Z", to: "2025-01-02T00:00:00Z" });
  for (const what of ["usage-stats", "revenue"])
    expect((await g.app.owner.call("GET", `/api/admin/${what}?${query}`)).status).toBe(400);
});
