/** Alone: it measures time. */
import { Agent, request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startAlone, type Alone } from "../alone.ts";

let dir: string;
let box: Alone;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "sandbox-llm-"));
  box = await startAlone(dir);
});
afterEach(async () => {
  await box.close();
  rmSync(dir, { recursive: true });
});

const settings = (change: Record<string, unknown>) => box.control("PATCH", "/openrouter/settings", change);
const long = (tokens: number, extra: Record<string, unknown> = {}) => ({
  model: "openai/gpt-4o",
  messages: [{ role: "user", content: `Say "${"word ".repeat(tokens).trim()}"` }],
  ...extra,
});

/** Streams one answer on a socket of its own; when its contents came, in milliseconds since the first. */
function contentTimes(agent: Agent): Promise<number[]> {
  const body = JSON.stringify({
    model: "openai/gpt-4o",
    stream: true,
    messages: [{ role: "user", content: `Say "${"word ".repeat(90).trim()}"` }],
  });
  return new Promise((resolve, reject) => {
    const req = request(`${box.url}/openrouter/api/v1/chat/completions`, {
      method: "POST",
      agent,
      headers: { authorization: `Bearer ${box.key}`, "content-type": "application/json" },
    });
    req.on("error", reject);
    req.on("response", (res) => {
      const times: number[] = [];
      res.on("data", (part: Buffer) => {
        const contents =
          part.toString().split('"content":"').length - 1 - part.toString().split('"content":""').length + 1;
        for (let i = 0; i < contents; i++) times.push(performance.now());
      });
      res.on("end", () => resolve(times));
    });
    req.end(body);
  });
}

it("60 tokens a second stay within 10 % for 50 streams at once", async () => {
  await settings({ first_token_ms: 50, tokens_per_second: 60 });
  const agent = new Agent({ maxSockets: 64 });
  const all = await Promise.all(Array.from({ length: 50 }, () => contentTimes(agent)));
  agent.destroy();
  const rates = all.map((times) => {
    expect(times).toHaveLength(90);
    return (89 * 1_000) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
  });
  const median = rates.toSorted((a, b) => a - b)[25];
  expect(median).toBeGreaterThan(54);
  expect(median).toBeLessThan(66);
});

it("first token after 200 ms by default; a header says otherwise", async () => {
  const timed = async (headers: Record<string, string>): Promise<number> => {
    const started = performance.now();
    await (await box.call("/chat/completions", long(2), headers)).text();
    return performance.now() - started;
  };
  expect(await timed({})).toBeGreaterThan(200);
  const at = { "x-sandbox-first-token-ms": "0", "x-sandbox-tokens-per-second": "0" };
  expect(await timed(at)).toBeLessThan(200);
});

it("sandbox/long takes its length and gap from the prompt", async () => {
  const started = performance.now();
  const body = {
    model: "sandbox/long",
    stream: true,
    messages: [{ role: "user", content: "tokens=50 gap=4" }],
  };
  const text = await (await box.call("/chat/completions", body, { "x-sandbox-first-token-ms": "0" })).text();
  expect(text).toContain('"completion_tokens":50');
  expect(performance.now() - started).toBeGreaterThan(49 * 4);
});
