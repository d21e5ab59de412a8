import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { microsCeil, parseAtto } from "../../../../platform/money.ts";
import { createProvider } from "../../../../vendors/llm/index.ts";
import { buildCatalogue, type Candidate } from "../../models/catalogue.ts";
import { linesOf, modelRows, readPriceList } from "../../models/price-list.ts";
import { costOf, worstCost } from "../../models/price.ts";
import { Health } from "../../routing/health/health.ts";
import { readEmbedding } from "../../dialects/embeddings.ts";
import { boundCost, fitBound, tightenBound } from "./bound.ts";
import { readChat } from "../read-chat.ts";
import { droppedFields, upstreamBody } from "../upstream-body.ts";

const NOW = new Date("2031-01-01T12:00:00Z");
const list = readPriceList();
const llm = createProvider({
  id: "openrouter",
  kind: "openrouter",
  apiKey: "none",
  baseUrl: "http://127.0.0.1:9",
  maxConnections: 1,
  publicOnly: false,
});
const { models } = buildCatalogue(
  { models: modelRows(list), lines: linesOf(list, "openrouter").lines },
  new Map([
    [
      "openrouter",
      {
        id: "openrouter",
        kind: "openrouter",
        llm,
        enabled: true,
        costBasis: "provider",
        onDisconnect: "abort",
        timeouts: null,
      },
    ],
  ]),
  () => new Health(),
);
const candidateOf = (id: string) => models.get(id)?.candidates[0] as Candidate;
const candidate = candidateOf("openai/gpt-4o-mini");
const { model } = candidate;
const read = (body: unknown) => readChat(Buffer.from(JSON.stringify(body)));
const messages = [{ role: "user", content: "Hello" }];

test("no prompt of any script costs more than its bound", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 200 }), { minLength: 1, maxLength: 5 }),
      (texts) => {
        const chat = read({
          model: model.id,
          max_tokens: 7,
          messages: texts.map((content) => ({ role: "user", content })),
        });
        const bound = boundCost(chat, model, NOW);
        const tokens = texts.reduce((sum, text) => sum + countTokens(text) + 4, 3);
        const usage = {
          inputTokens: tokens,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          outputTokens: 7,
          reasoningTokens: 0,
          costAtto: null,
        };
        expect(bound.micros * 10n ** 10n >= costOf(model.price, usage, NOW)).toBe(true);
        expect(tightenBound(bound, model, tokens).micros <= bound.micros).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

test("the bound is bytes of all text and 16 per message, and the caller's maximum times n", () => {
  const bound = boundCost(read({ model: model.id, messages, max_tokens: 100, n: 3 }), model, NOW);
  expect(bound).toMatchObject({ promptTokens: 5 + 16, maxTokens: 100, outputTokens: 300 });
  const atto = 21n * parseAtto("0.00000015") + 300n * parseAtto("0.0000006");
  expect(bound.micros).toBe((atto + 10n ** 10n - 1n) / 10n ** 10n);
});

test("tools and schemas count, images count the model's cap and not their bytes", () => {
  const plain = boundCost(read({ model: model.id, messages }), model, NOW).promptTokens;
  const tool = {
    type: "function",
    function: { name: "f", parameters: { type: "object", description: "d".repeat(500) } },
  };
  expect(
    boundCost(read({ model: model.id, messages, tools: [tool] }), model, NOW).promptTokens,
  ).toBeGreaterThan(plain + 500);
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}` } };
  const seen = boundCost(
    read({ model: model.id, messages: [{ role: "user", content: [image] }] }),
    model,
    NOW,
  );
  expect(seen.promptTokens).toBe(50_000 + 16);
});

test("without a maximum the smaller of the model's cap and 16,384 is held and sent", () => {
  for (const [each, expected] of [
    [candidate, 16_384],
    [candidateOf("sandbox/echo"), 8_192],
  ] as const) {
    const chat = read({ model: each.model.id, messages });
    const bound = boundCost(chat, each.model, NOW);
    expect(bound.maxTokens).toBe(expected);
    expect(JSON.parse(upstreamBody(chat, each, bound).toString())).toMatchObject({ max_tokens: expected });
  }
});

const sent = (body: Record<string, unknown>) => {
  const chat = read(body);
  return upstreamBody(chat, candidate, boundCost(chat, model, NOW)).toString();
};

test("the caller's bytes are kept where no field has to be replaced", () => {
  const body = { model: model.id, messages, max_tokens: 5, odd: { "": [1e2, " "] } };
  expect(sent(body).startsWith(JSON.stringify(body).slice(0, -1))).toBe(true);
});

test("usage is always asked for, our own options never leave, the price is limited", () => {
  const body = JSON.parse(
    sent({
      model: model.id,
      messages,
      stream: true,
      stream_options: { include_usage: false },
      usage: { include: false },
      holdfast: { secret: 1 },
      provider: { only: ["OpenAI"], max_price: { prompt: 0.01, completion: 99 } },
    }),
  );
  expect(body).toMatchObject({
    stream_options: { include_usage: true },
    usage: { include: true },
    provider: { only: ["OpenAI"], max_price: { prompt: 0.01, completion: 0.6 } },
  });
  expect(body).not.toHaveProperty("holdfast");
});

test("a field named twice is sent once, as we read it", () => {
  const twice = Buffer.from(
    `{"model":"openai/o1-pro","model":"${model.id}","messages":[{"role":"user","content":"x"}]}`,
  );
  const chat = readChat(twice);
  expect(chat).toMatchObject({ model: model.id, repeatsFields: true });
  expect(upstreamBody(chat, candidate, boundCost(chat, model, NOW)).toString()).not.toContain("o1-pro");
});

test("what is kept for an hour is bounded by its price, and kept as long as usual where it has none", () => {
  const marked = (ttl?: string) => {
    const mark = { cache_control: { type: "ephemeral", ...(ttl && { ttl }) } };
    return {
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", ...mark }] }],
      tools: [{ type: "function", function: { name: "f", parameters: { ttl: "1d" } }, ...mark }],
      max_tokens: 1,
    };
  };
  const claude = candidateOf("anthropic/claude-haiku-4.5");
  const boundOf = (each: Candidate, ttl?: string) =>
    boundCost(read({ model: each.model.id, ...marked(ttl) }), each.model, NOW);
  const atto = (usd: string, bound: { promptTokens: number }) =>
    (BigInt(bound.promptTokens) * parseAtto(usd) + parseAtto("0.000005") + 10n ** 10n - 1n) / 10n ** 10n;
  const [usual, hour] = [boundOf(claude), boundOf(claude, "1h")];
  expect(usual.micros).toBe(atto("0.00000125", usual));
  expect(hour.micros).toBe(atto("0.000002", hour));
  expect(microsCeil(worstCost(claude.model.price, hour, NOW))).toBe(hour.micros);

  for (const [each, ttl] of [
    [claude, "1h"],
    [candidate, undefined],
  ] as const) {
    const chat = read({ model: each.model.id, ...marked("1h") });
    const bound = boundCost(chat, each.model, NOW);
    expect(JSON.parse(upstreamBody(chat, each, bound).toString())).toMatchObject(marked(ttl));
    expect(upstreamBody(chat, each, bound).includes('"ttl":"1h"')).toBe(ttl === "1h");
    expect(droppedFields(chat, each, bound)).toBe(ttl === "1h" ? null : "cache_control.ttl");
  }
});

test("embeddings are bounded by their texts, or by the tokens they are given as", () => {
  const { model: embedding } = candidateOf("openai/text-embedding-3-small");
  const bound = (input: unknown) =>
    boundCost(readEmbedding(Buffer.from(JSON.stringify({ model: embedding.id, input }))), embedding, NOW);
  expect(bound(["Hello", "you"])).toMatchObject({ promptTokens: 8, maxTokens: 0, outputTokens: 0 });
  expect(bound([[1, 2], [3]])).toMatchObject({ promptTokens: 3 });
  expect(fitBound(bound("Hello"), embedding, 0n)).toBeNull();
});
