/** A call of more than 25 months ago: its sums are there, nothing else is, and whoever asks is told so. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { rollUsage } from "../usage/roll.ts";
import { keepMonths } from "./keep-months.ts";
import { keptFrom } from "./kept.ts";

/** The server begins in the first hour of the last day that is kept no longer, then comes to today. */
const START = keptFrom(new Date()).getTime() - 86_400_000;
const startedAt = Date.now();
let today = false;
const clock = { now: () => new Date(today ? Date.now() : START + Date.now() - startedAt) };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ clock });
});
afterAll(() => gateway.close());

const day = new Date(START).toISOString().slice(0, 10);
const span = { from: `${day}T00:00:00Z`, to: `${day}T23:59:59Z` };
const placed = async () => {
  const rows = await gateway.app.sql<{ at: string }>(
    "select tableoid::regclass::text as at from gateway.attempts",
  );
  return rows.map(({ at }) => at);
};
const call = async () => {
  const body = { model: "sandbox/echo", max_tokens: 20, messages: [{ role: "user", content: "Count" }] };
  const answer = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return answer.headers.get("x-request-id") ?? "";
};

test("after 25 months a receipt is gone and records are empty; usage is what it was", async () => {
  const id = await call();
  // Their session ends long before today.
  let who = gateway.app.owner;
  const month = `gateway.attempts_${day.slice(0, 7).replace("-", "")}`;
  await gateway.until("it lies in its month", async () => (await placed()).every((at) => at === month));
  const read = async <T extends Json>(path: string, query: Record<string, string> = {}) => {
    const answer = await who.call<T>("GET", `${path}?${new URLSearchParams(query)}`);
    return { status: answer.status, body: answer.body };
  };
  const usage = () => read("/api/tokens/usage", { ...span, group_by: "day" });
  const records = () => read<{ data: Json[] }>("/api/tokens/usage/records", span);
  expect((await read(`/api/llm/receipts/${id}`)).status).toBe(200);
  expect((await records()).body.data).toMatchObject([{ request_id: id }]);
  const before = await usage();
  expect(before.body).toMatchObject({ totals: { requests: 1 } });

  today = true;
  const own = { deps: { db: gateway.db, clock } } as never;
  await gateway.until("it is summed up", async () => {
    await rollUsage(own, new AbortController().signal);
    return keepMonths(own).catch(() => null);
  });
  expect(await placed()).toEqual([]);
  who = await gateway.app.signIn();
  const after = await usage();
  expect({ ...after.body, as_of: null }).toEqual({ ...before.body, as_of: null });
  expect((await records()).body.data).toEqual([]);
  const gone = await read(`/api/llm/receipts/${id}`);
  expect([gone.status, gone.body.code]).toEqual([410, "receipt_gone"]);
});
