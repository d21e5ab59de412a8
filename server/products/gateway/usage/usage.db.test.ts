/** Usage in sums: kept by the hour, exact with what came since, whatever was corrected; and the records as a file. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { systemClock } from "../../../platform/clock.ts";
import { rollUsage } from "./roll.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const call = (body: Json = {}, headers: Record<string, string> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: { model: "sandbox/echo", max_tokens: 20, messages: [{ role: "user", content: "Count" }], ...body },
    headers,
    idempotencyKey: null,
  });
type Sums = { requests: number; cost_micros: number; first_content_p50_ms: number | null };
type Usage = { data: (Sums & { group: Json })[]; totals: Sums; estimated_share: number };
const usage = async (query: Record<string, string> = {}) => {
  const answer = await gateway.app.owner.call<Usage>(
    "GET",
    `/api/tokens/usage?${new URLSearchParams(query)}`,
  );
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const charged = async () => {
  const [row] = await gateway.app.sql<{ n: number; micros: string }>(
    "select count(*)::int as n, coalesce(sum(cost_micros), 0) as micros from gateway.requests",
  );
  return { requests: Number(row?.n), cost_micros: Number(row?.micros) };
};
const roll = () =>
  rollUsage({ deps: { db: gateway.db, clock: systemClock } as never }, new AbortController().signal);
/** Until nothing is left to be summed up. */
const rolled = () =>
  gateway.until("all is summed up", async () => {
    const [row] = await gateway.app.sql<{ left: number }>(
      `select count(*)::int as left from gateway.attempts a left join gateway.usage_rolled r on r.org_id = a.org_id
       where a.xid >= coalesce(r.upto, 0)`,
    );
    if (row?.left === 0) return true;
    await roll();
    return false;
  });

test("sums are what was charged, before and after they are kept, and with what comes later", async () => {
  for (const model of ["sandbox/echo", "sandbox/echo", "openai/gpt-4o-mini"]) await call({ model });
  const before = await charged();
  expect((await usage()).totals).toMatchObject(before);
  await rolled();
  const { totals, data } = await usage({ group_by: "model" });
  expect(totals).toMatchObject(before);
  expect(data.map(({ group, requests }) => [group.model, requests]).toSorted()).toEqual([
    ["openai/gpt-4o-mini", 1],
    ["sandbox/echo", 2],
  ]);
  await call();
  const after = await charged();
  expect(after.requests).toBe(before.requests + 1);
  expect((await usage()).totals).toMatchObject(after);
  const [kept] = await gateway.app.sql<{ n: number }>(
    "select sum(requests)::int as n from gateway.usage_hour",
  );
  expect(kept?.n).toBeGreaterThanOrEqual(before.requests);
});

test("runs at once of several processes add each attempt once", async () => {
  for (let calls = 0; calls < 5; calls += 1) await call();
  await Promise.all([roll(), roll()]);
  await rolled();
  const [kept] = await gateway.app.sql<{ requests: number; micros: string }>(
    "select sum(requests)::int as requests, sum(cost_micros) as micros from gateway.usage_hour",
  );
  const real = await charged();
  expect([kept?.requests, Number(kept?.micros)]).toEqual([real.requests, real.cost_micros]);
});

test("an estimate that is corrected later counts once, and as no estimate any more", async () => {
  await gateway.fault("no_usage");
  await gateway.fault("lookup_404", { match: { path: "/api/v1/generation" } }, 2);
  const answer = await call({ stream: true });
  expect(answer.text).toContain("basis=estimated");
  await rolled();
  await gateway.until("the provider's books have told", async () => {
    const rows = await gateway.requests();
    return rows.every(({ basis }) => basis === "reported" || basis === "reconciled");
  });
  for (const _ of ["with what came since", "all kept"]) {
    const { totals, estimated_share: share } = await usage();
    expect(totals).toMatchObject(await charged());
    expect(share).toBe(0);
    await rolled();
  }
});

test("by project, provider, key and hour, with percentiles of streams", async () => {
  await call({ stream: true }, { "x-holdfast-project": "alpha" });
  await call({ holdfast: { project_id: "beta" } }, { "x-holdfast-project": "alpha" });
  const { data } = await usage({ group_by: "project,provider" });
  const projects = new Map(data.map((row) => [row.group.project, row]));
  expect(projects.get("alpha")).toMatchObject({ requests: 1, group: { provider: "openrouter" } });
  expect(projects.get("alpha")?.first_content_p50_ms).toBeGreaterThanOrEqual(0);
  expect(projects.get("beta")).toMatchObject({ requests: 1 });
  expect((await usage({ project_id: "alpha" })).totals.requests).toBe(1);
  expect((await usage({ provider: "nobody" })).totals.requests).toBe(0);
  const refused = await call({ holdfast: { project_id: "" } });
  expect([refused.status, refused.body.error]).toMatchObject([400, { param: "holdfast.project_id" }]);
  const bill = await gateway.bill();
  expect(JSON.stringify(bill)).not.toContain("beta");
});

test("records come as CSV as well, all of them", async () => {
  const path = "/api/tokens/usage/records";
  const file = await gateway.app.owner.call("GET", path, { headers: { accept: "text/csv" } });
  expect([file.status, file.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  const [head = "", ...lines] = file.text.trimEnd().split("\r\n");
  expect(head.split(",").slice(0, 4)).toEqual(["created_at", "request_id", "endpoint", "model"]);
  const { requests, cost_micros } = await charged();
  expect(lines).toHaveLength(requests);
  const at = head.split(",").indexOf("cost_micros");
  expect(lines.reduce((sum, line) => sum + Number(line.split(",")[at]), 0)).toBe(cost_micros);
  const filtered = await gateway.app.owner.call("GET", `${path}?project_id=beta`, {
    headers: { accept: "text/csv" },
  });
  expect(filtered.text.trimEnd().split("\r\n")).toHaveLength(2);
});

test("operators see the same of all organizations, with what was lost", async () => {
  type Row = { group: string; calls: number; credits_micros: number; loss_usd: string };
  const { body } = await gateway.app.owner.call<{ data: Row[]; totals: Row }>("GET", "/api/admin/llm/usage");
  const { requests, cost_micros } = await charged();
  expect(body.data).toMatchObject([{ group: gateway.org, calls: requests, credits_micros: cost_micros }]);
  expect(body.totals).toMatchObject({ calls: requests, loss_usd: "0" });
});
