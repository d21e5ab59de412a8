import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contentOf, eventsOf, startAlone, type Alone } from "./alone.ts";

type Bill = { state: string; cost: string; completion_tokens: number; prompt_tokens: number };

let box: Alone;
beforeAll(async () => {
  box = await startAlone();
});
beforeEach(async () => {
  await box.control("POST", "/reset", {});
  await box.control("PATCH", "/openrouter/settings", { first_token_ms: 0, tokens_per_second: 0 });
});
afterAll(() => box.close());

const fault = (name: string, params: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) =>
  box.control("POST", "/faults", { company: "openrouter", fault: name, params, times: 1, ...rest });
const body = (model: string, stream: boolean) => ({
  model,
  stream,
  messages: [{ role: "user", content: 'Say "one two three four five six seven"' }],
});
const ask = (model: string, stream = true, signal?: AbortSignal) =>
  box.call("/chat/completions", body(model, stream), {}, signal);

async function bills(): Promise<Bill[]> {
  const books = (await box.control("GET", "/books")) as { openrouter: { generations: Bill[] } };
  return books.openrouter.generations;
}

/** What arrives before the connection breaks, and whether it broke. */
async function readAll(answer: Response): Promise<{ text: string; broke: boolean }> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const part of answer.body ?? []) text += decoder.decode(part as Uint8Array, { stream: true });
    return { text, broke: false };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return { text, broke: true };
  }
}

/** Each way to go wrong in the middle, as a fault and as a model. */
const mid: [string, () => Promise<Response>][] = [
  ["a fault", () => fault("error_mid", { after: 3 }).then(() => ask("openai/gpt-4o"))],
  ["sandbox/error-mid", () => ask("sandbox/error-mid")],
];

describe("streams that fail", () => {
  it.each(mid)("error after three contents, by %s", async (_, call) => {
    const { chunks, done } = eventsOf(await (await call()).text());
    expect(contentOf(chunks)).toBe("one two three");
    expect(chunks.at(-1)).toMatchObject({ error: { code: 502 }, choices: [{ finish_reason: "error" }] });
    expect(done).toBe(false);
    expect(await bills()).toMatchObject([{ state: "failed", completion_tokens: 3 }]);
  });

  it.each(["error_first", "sandbox/error-first"])("error as the first event, free: %s", async (name) => {
    if (name === "error_first") await fault(name);
    const answer = await ask(name === "error_first" ? "openai/gpt-4o" : name);
    expect(answer.status).toBe(200);
    const { chunks } = eventsOf(await answer.text());
    expect(chunks).toHaveLength(1);
    expect(chunks[0]?.error?.code).toBe(502);
    expect(await bills()).toMatchObject([{ state: "failed", cost: "0" }]);
  });

  it("error after the role preamble", async () => {
    await fault("error_after_role");
    const { chunks } = eventsOf(await (await ask("openai/gpt-4o")).text());
    expect(chunks).toHaveLength(2);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
    expect(chunks[1]?.error?.code).toBe(502);
  });

  it.each(["cut_stream", "sandbox/cut"])(
    "broken connection after three contents, billed so far: %s",
    async (name) => {
      if (name === "cut_stream") await fault(name, { after: 3 });
      const { text, broke } = await readAll(await ask(name === "cut_stream" ? "openai/gpt-4o" : name));
      expect(broke).toBe(true);
      expect(contentOf(eventsOf(text).chunks)).toBe("one two three");
      expect(await bills()).toMatchObject([{ state: "cancelled", completion_tokens: 3 }]);
    },
  );

  it("cut before usage: everything came but the usage, and all of it is billed", async () => {
    await fault("cut_before_usage");
    const { text, broke } = await readAll(await ask("openai/gpt-4o"));
    const { chunks, done } = eventsOf(text);
    expect(broke).toBe(true);
    expect(done).toBe(false);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true);
    expect(await bills()).toMatchObject([{ state: "finished", completion_tokens: 7 }]);
  });

  it.each(["stall", "sandbox/stall"])(
    "silence after three contents until the caller goes: %s",
    async (name) => {
      if (name === "stall") await fault(name, { after: 3 });
      const gone = new AbortController();
      const answer = await ask(name === "stall" ? "openai/gpt-4o" : name, true, gone.signal);
      const reader = answer.body?.getReader();
      const first = new TextDecoder().decode((await reader?.read())?.value as Uint8Array);
      expect(contentOf(eventsOf(first).chunks)).toBe("one two three");
      expect(await bills()).toEqual([]);
      gone.abort();
      await expect.poll(bills).toMatchObject([{ state: "cancelled", completion_tokens: 3 }]);
    },
  );

  it.each(["broken_json", "sandbox/bad-json"])("a chunk that is not JSON: %s", async (name) => {
    if (name === "broken_json") await fault(name, { after: 2 });
    const text = await (await ask(name === "broken_json" ? "openai/gpt-4o" : name)).text();
    expect(() => eventsOf(text)).toThrow(SyntaxError);
  });

  it("slow_stream: fewer tokens a second", async () => {
    await fault("slow_stream", { tokens_per_second: 50 });
    const started = performance.now();
    await (await ask("openai/gpt-4o")).text();
    expect(performance.now() - started).toBeGreaterThan(110);
  });

  it("split_utf8: torn characters join to whole ones", async () => {
    await fault("split_utf8");
    const answer = await ask("openai/gpt-4o");
    let torn = 0;
    let text = "";
    const decoder = new TextDecoder();
    for await (const part of answer.body ?? []) {
      if (((part as Uint8Array).at(-1) ?? 0) >= 0x80) torn++;
      text += decoder.decode(part as Uint8Array, { stream: true });
    }
    expect(torn).toBeGreaterThan(0);
    expect(contentOf(eventsOf(text).chunks)).toBe("Voilà ✓ 日本語 🎉 one two three four five six seven");
  });

  it("big_chunk: one content of a mebibyte", async () => {
    await fault("big_chunk");
    const { chunks } = eventsOf(await (await ask("openai/gpt-4o")).text());
    expect(contentOf(chunks).length).toBeGreaterThan(1024 * 1024);
  });
});

describe("usage that lies", () => {
  const usages = async (model: string) => {
    const { chunks } = eventsOf(await (await ask(model)).text());
    return chunks.flatMap((chunk) => (chunk.usage === undefined ? [] : [chunk.usage]));
  };

  it.each(["no_usage", "sandbox/no-usage"])("none at all, but the lookup knows: %s", async (name) => {
    if (name === "no_usage") await fault(name);
    const answer = await ask(name === "no_usage" ? "openai/gpt-4o" : name);
    const { chunks, done } = eventsOf(await answer.text());
    expect(done).toBe(true);
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true);
    const { data } = (await (await box.call(`/generation?id=${chunks[0]?.id}`)).json()) as {
      data: { native_tokens_completion: number };
    };
    expect(data.native_tokens_completion).toBe(7);
  });

  it.each(["cumulative_usage", "sandbox/cumulative-usage"])("growing with every chunk: %s", async (name) => {
    if (name === "cumulative_usage") await fault(name);
    const seen = await usages(name === "cumulative_usage" ? "openai/gpt-4o" : name);
    expect(seen.map((usage) => usage.completion_tokens)).toEqual([1, 2, 3, 4, 5, 6, 7, 7]);
    expect(String(seen.at(-1)?.cost)).toBe(String(Number((await bills())[0]?.cost)));
  });

  it("zero while the bill is not", async () => {
    await fault("zero_usage");
    expect(await usages("openai/gpt-4o")).toMatchObject([
      { prompt_tokens: 0, completion_tokens: 0, cost: 0 },
    ]);
    expect(Number((await bills())[0]?.cost)).toBeGreaterThan(0);
  });

  it("reported twice", async () => {
    await fault("doubled_usage");
    const seen = await usages("openai/gpt-4o");
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
  });

  it("a cost unlike the price list", async () => {
    const [honest] = await usages("openai/gpt-4o");
    await fault("cost_unlike_table", { times: 3 });
    const [dear] = await usages("openai/gpt-4o");
    expect(Math.round((dear?.cost ?? 0) * 1e9)).toBe(Math.round((honest?.cost ?? 0) * 3e9));
  });
});

describe("answers that are none", () => {
  it.each([true, false])("an empty 200 (stream %s), billed only with effect done", async (stream) => {
    await fault("empty_body");
    const free = await ask("openai/gpt-4o", stream);
    expect([free.status, await free.text()]).toEqual([200, ""]);
    expect(await bills()).toEqual([]);
    await fault("empty_body", {}, { effect: "done" });
    await (await ask("openai/gpt-4o", stream)).text();
    expect(await bills()).toMatchObject([{ state: "finished", completion_tokens: 7 }]);
  });

  it("a proxy's HTML page", async () => {
    await fault("html_502");
    const answer = await ask("openai/gpt-4o", false);
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain("<html>");
  });

  it.each(["broken_json", "sandbox/bad-json"])("JSON that ends in the middle: %s", async (name) => {
    if (name === "broken_json") await fault(name);
    const answer = await ask(name === "broken_json" ? "openai/gpt-4o" : name, false);
    expect(answer.status).toBe(200);
    await expect(answer.json()).rejects.toThrow(SyntaxError);
  });

  it("a JSON answer cut in half", async () => {
    const { text, broke } = await readAll(await ask("sandbox/cut", false));
    expect(broke).toBe(true);
    expect(text.length).toBeGreaterThan(10);
  });

  it("an error instead of a JSON answer", async () => {
    const answer = await ask("sandbox/error-first", false);
    expect(answer.status).toBe(502);
    expect(await bills()).toMatchObject([{ state: "failed", cost: "0" }]);
  });

  it("sandbox/empty: no content, and the prompt is billed", async () => {
    const { chunks } = eventsOf(await (await ask("sandbox/empty")).text());
    expect(contentOf(chunks)).toBe("");
    const [bill] = await bills();
    expect(bill?.completion_tokens).toBe(0);
    expect(Number(bill?.cost)).toBeGreaterThan(0);
  });

  it("sandbox/length, sandbox/echo, sandbox/long, sandbox/unpriced", async () => {
    const length = eventsOf(await (await ask("sandbox/length")).text()).chunks;
    expect(length.at(-2)?.choices[0]?.finish_reason).toBe("length");
    expect(length.at(-1)?.usage?.completion_tokens).toBe(8);
    expect(contentOf(eventsOf(await (await ask("sandbox/echo")).text()).chunks)).toBe(
      body("", true).messages[0]?.content,
    );
    const long = {
      model: "sandbox/long",
      stream: true,
      messages: [{ role: "user", content: "tokens=1000 gap=0" }],
    };
    const { chunks } = eventsOf(await (await box.call("/chat/completions", long)).text());
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(1_000);
    const listed = (await (await box.call("/models?q=unpriced")).json()) as { data: { pricing: object }[] };
    expect(listed.data[0]?.pricing).toEqual({ prompt: "-1", completion: "-1" });
  });
});

describe("faults of the core, in this company's words", () => {
  it("status, rate_limit with and without Retry-After", async () => {
    await fault("status", { status: 503 });
    const down = await ask("openai/gpt-4o");
    expect(down.status).toBe(503);
    expect(await down.json()).toMatchObject({ error: { code: 503 } });
    await fault("rate_limit", { retry_after: 7 });
    expect((await ask("openai/gpt-4o")).headers.get("retry-after")).toBe("7");
    await fault("rate_limit");
    const bare = await ask("openai/gpt-4o");
    expect([bare.status, bare.headers.get("retry-after")]).toEqual([429, null]);
    expect(await bills()).toEqual([]);
  });

  it("timeout with the act done: nothing arrives, the bill stands", async () => {
    await fault("timeout", { ms: 20 }, { effect: "done" });
    await expect(ask("openai/gpt-4o")).rejects.toThrow(TypeError);
    expect(await bills()).toMatchObject([{ state: "finished" }]);
  });

  it("reset before headers", async () => {
    await fault("reset");
    await expect(ask("openai/gpt-4o", false)).rejects.toThrow(TypeError);
    expect(await bills()).toEqual([]);
  });

  it("wrong content type", async () => {
    await fault("wrong_type");
    expect((await ask("openai/gpt-4o", false)).headers.get("content-type")).toContain("text/html");
  });

  it("a lookup that is 404 first and found then", async () => {
    const { id } = (await (await ask("openai/gpt-4o", false)).json()) as { id: string };
    await fault("lookup_404", {}, { match: { path: "/api/v1/generation" }, times: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await box.call(`/generation?id=${id}`)).status);
    expect(statuses).toEqual([404, 404, 200]);
  });
});
