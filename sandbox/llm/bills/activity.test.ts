import { afterAll, beforeAll, expect, it } from "vitest";
import { startAlone, type Alone } from "../alone.ts";

let box: Alone;
beforeAll(async () => {
  box = await startAlone();
});
afterAll(() => box.close());

it("tells the management key what was used on a day that has ended, and nobody else", async () => {
  const { openrouter } = (await box.control("POST", "/worlds", { name: "days", clock: "manual" })) as {
    openrouter: { api_key: string; management_key: string };
  };
  const as = (key: string) => ({ authorization: `Bearer ${key}`, "x-sandbox-first-token-ms": "0" });
  const body = { model: "openai/gpt-4o", messages: [{ role: "user", content: "Say 'hello'" }] };
  const costs: number[] = [];
  for (let calls = 0; calls < 2; calls += 1) {
    const answer = await box.call("/chat/completions", body, as(openrouter.api_key));
    costs.push(((await answer.json()) as { usage: { cost: number } }).usage.cost);
  }
  const { now } = (await box.control("GET", "/clock?world=days")) as { now: string };
  const path = `/activity?date=${now.slice(0, 10)}`;
  const ask = async (key: string, rest = "") => {
    const answer = await box.call(`${path}${rest}`, undefined, as(key));
    return [answer.status, (await answer.json()) as { data: Record<string, unknown>[] }] as const;
  };
  expect((await ask(openrouter.api_key))[0]).toBe(403);
  expect((await ask(openrouter.management_key))[0]).toBe(400);
  await box.control("POST", "/clock", { world: "days", advance: "1d" });
  const [status, { data }] = await ask(openrouter.management_key);
  expect(status).toBe(200);
  expect(data).toMatchObject([{ date: now.slice(0, 10), model: "openai/gpt-4o", requests: 2 }]);
  expect(data[0]?.["usage"]).toBeCloseTo((costs[0] ?? 0) + (costs[1] ?? 0), 12);
  expect((await ask(openrouter.management_key, "&api_key_hash=another"))[1].data).toEqual([]);
});
