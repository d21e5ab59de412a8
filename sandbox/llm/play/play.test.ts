import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAlone, type Alone } from "../alone.ts";

type Bill = { id: string; state: string; cost: string; prompt_tokens: number; completion_tokens: number };

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

async function bills(): Promise<Bill[]> {
  const books = (await box.control("GET", "/books")) as { openrouter: { generations: Bill[] } };
  return books.openrouter.generations;
}
const settings = (change: Record<string, unknown>) => box.control("PATCH", "/openrouter/settings", change);
const long = (tokens: number, extra: Record<string, unknown> = {}) => ({
  model: "openai/gpt-4o",
  messages: [{ role: "user", content: `Say "${"word ".repeat(tokens).trim()}"` }],
  ...extra,
});

describe("a caller who goes away", () => {
  /** Reads until the third content, then hangs up; the completion tokens that had arrived. */
  async function hangUp(): Promise<{ id: string; seen: number }> {
    const gone = new AbortController();
    const answer = await box.call("/chat/completions", long(40, { stream: true }), {}, gone.signal);
    let text = "";
    for await (const part of answer.body ?? []) {
      text += Buffer.from(part as Uint8Array).toString();
      if (text.split("word").length > 3) break;
    }
    gone.abort();
    return { id: /"id":"(gen-[^"]+)"/.exec(text)?.[1] ?? "", seen: text.split("word").length - 1 };
  }

  it("stops the generation: prompt and what was generated are billed, and the lookup says cancelled", async () => {
    await settings({ first_token_ms: 0, tokens_per_second: 100 });
    const { id, seen } = await hangUp();
    await expect.poll(bills).toHaveLength(1);
    await expect.poll(bills).toMatchObject([{ id, state: "cancelled" }]);
    const [bill] = await bills();
    expect(bill?.completion_tokens).toBeGreaterThanOrEqual(seen);
    expect(bill?.completion_tokens).toBeLessThan(40);
    const { data } = (await (await box.call(`/generation?id=${id}`)).json()) as {
      data: Record<string, unknown>;
    };
    expect(data).toMatchObject({ cancelled: true, native_tokens_completion: bill?.completion_tokens });
  });

  it("or, when set to drain, it runs on and all of it is billed; until then the lookup is 404", async () => {
    await settings({ first_token_ms: 0, tokens_per_second: 100, on_disconnect: "drain" });
    const { id } = await hangUp();
    expect((await box.call(`/generation?id=${id}`)).status).toBe(404);
    await expect.poll(bills).toMatchObject([{ id, state: "finished", completion_tokens: 40 }]);
  });

  it("also stops a JSON answer half generated", async () => {
    await settings({ first_token_ms: 0, tokens_per_second: 100 });
    const waiting = box.call("/chat/completions", long(100), {}, AbortSignal.timeout(200));
    await expect(waiting).rejects.toThrow(/timeout/);
    await expect.poll(bills).toMatchObject([{ state: "cancelled" }]);
    const made = (await bills())[0]?.completion_tokens ?? 0;
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(100);
  });
});

describe("holds", () => {
  const waiting = async () =>
    ((await box.control("GET", "/openrouter/holds")) as { waiting: object }).waiting;

  it("keep 1,000 calls open at once until they are released", async () => {
    await settings({ first_token_ms: 0, tokens_per_second: 0 });
    const headers = { "x-sandbox-hold": "crowd" };
    const calls = Array.from(
      { length: 1_000 },
      async () => (await box.call("/chat/completions", long(1), headers)).status,
    );
    await expect.poll(waiting, { timeout: 15_000 }).toEqual({ crowd: 1_000 });
    expect(await bills()).toEqual([]);
    expect(await box.control("POST", "/openrouter/holds/release", { name: "crowd" })).toEqual({
      released: 1_000,
    });
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect(await bills()).toHaveLength(1_000);
  });

  it("can be set for the world or by model; later ones pass when told", async () => {
    await settings({ first_token_ms: 0, tokens_per_second: 0, hold: "all" });
    const held = box.call("/chat/completions", long(1));
    await expect.poll(waiting).toEqual({ all: 1 });
    await box.control("POST", "/openrouter/holds/release", { name: "all", later: true });
    expect((await held).status).toBe(200);
    expect((await box.call("/chat/completions", long(1, { stream: true }))).status).toBe(200);
    await settings({ hold: null });
    const gone = new AbortController();
    const stream = await box.call(
      "/chat/completions",
      long(1, { model: "sandbox/hold", stream: true }),
      {},
      gone.signal,
    );
    expect(stream.status).toBe(200);
    gone.abort();
    await expect
      .poll(async () => (await bills()).at(-1))
      .toMatchObject({ state: "cancelled", completion_tokens: 0 });
    expect(await waiting()).toEqual({});
  });
});

describe("settings and control", () => {
  it.each([{ first_token_ms: -1 }, { speed: 1 }, { on_disconnect: "maybe" }, { credits: 0.5 }])(
    "refuse %j with 422",
    async (change) => {
      await expect(settings(change)).rejects.toThrow("422");
    },
  );

  it("survive a restart together with the bill, whose running rows end as cancelled", async () => {
    await settings({ first_token_ms: 0, tokens_per_second: 0 });
    const { id } = (await (await box.call("/chat/completions", long(3))).json()) as { id: string };
    const before = await bills();
    // Slow enough to be running still, long enough to have been written down once.
    const running = await box.call("/chat/completions", long(40, { stream: true }), {
      "x-sandbox-tokens-per-second": "2",
    });
    const checkpointed = async (): Promise<number> => {
      const { data } = (await box.control("GET", "/objects")) as { data: { state: string }[] };
      return data.filter((object) => object.state === "running").length;
    };
    await expect.poll(checkpointed).toBe(1);
    await box.close();
    await expect(running.text()).rejects.toThrow(TypeError);
    box = await startAlone(dir);
    const after = await bills();
    expect(after.filter((bill) => bill.id === id)).toEqual(before);
    expect(after.find((bill) => bill.id !== id)).toMatchObject({ state: "cancelled" });
    expect((await box.call(`/generation?id=${id}`)).status).toBe(200);
    const next = (await (await box.call("/chat/completions", long(3))).json()) as { id: string };
    expect(after.map((bill) => bill.id)).not.toContain(next.id);
    expect(await box.control("GET", "/openrouter/settings")).toMatchObject({ tokens_per_second: 0 });
  });
});
