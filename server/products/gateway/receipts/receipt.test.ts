import fc from "fast-check";
import { expect, test } from "vitest";
import { ATTO_PER_MICRO, formatAtto, parseAtto } from "../../../platform/money.ts";
import { eachCount, type Count } from "../counts.ts";
import type { OwnLine } from "../models/lines.ts";
import { markUp } from "../models/rates.ts";
import { arithmeticOf, faultsOf, VERSION, type Receipt } from "./receipt.ts";

const prices = {
  prices: {
    input: "0.00000015",
    output: "0.0000006",
    cache_read: "0.000000075",
    cache_write: "0.00000015",
    cache_write_1h: "0.0000003",
    reasoning: "0.0000009",
    request: "0.001",
    audio_second: "0.0001",
    image: "0.004",
    image_token: "0.0000002",
    audio_in: "0.00004",
    audio_out: "0.00008",
    web_search: "0.01",
  },
  tiers: [
    { above_prompt_tokens: 100, from_utc: null, to_utc: null, prices: { input: "0.0000003" } },
    { above_prompt_tokens: null, from_utc: "23:00", to_utc: "01:00", prices: { output: "0.0000003" } },
  ],
  markup_percent: 10,
};
const count = fc.integer({ min: 0, max: 1_000_000 });
const counts = fc
  .record(eachCount(() => count))
  .filter((each) => each.cache_write_1h_tokens <= each.cache_write_tokens)
  .filter((each) => each.reasoning_tokens + each.audio_out_tokens <= each.output_tokens)
  .filter((each) => each.image_tokens + each.audio_in_tokens <= each.input_tokens);
const none = eachCount(() => 0);
type Counts = Receipt["counts"];

function receiptOf(used: Counts, figure: string | null = null): Receipt {
  const attempt = {
    ...used,
    id: "att_1",
    created_at: "2031-01-01T00:00:00.000Z",
    provider: "openrouter",
    model_served: "m",
    price_version: "v",
    basis: "reported",
    outcome: "ok",
    cost_usd: "0",
  };
  const head = { created_at: "2031-01-01T00:00:00.000Z", provider_usd: null };
  const table = arithmeticOf({ ...head, attempts: [attempt] }, prices).table_usd;
  const cost = figure === null ? table : formatAtto(markUp(parseAtto(figure), 10n));
  const attempts = [{ ...attempt, cost_usd: cost }];
  return {
    version: VERSION,
    request_id: "req_1",
    organization_id: "org_1",
    mode: "test",
    key_id: null,
    user_id: null,
    project_id: null,
    endpoint: "chat/completions",
    model: "m",
    provider: "openrouter",
    price_version: "v",
    state: "settled",
    outcome: "ok",
    basis: "reported",
    created_at: "2031-01-01T00:00:00.000Z",
    finished_at: null,
    compression: null,
    attempts,
    ...arithmeticOf({ ...head, attempts, provider_usd: figure }, prices),
    cost_micros: Number(parseAtto(cost) / ATTO_PER_MICRO),
    written_off_micros: 0,
    hold: { id: "hold_1", amount_micros: 1 },
    txn_id: null,
  };
}

test("what is put together adds up, whatever was used", () => {
  fc.assert(
    fc.property(counts, (used) => {
      expect(faultsOf(receiptOf(used))).toEqual([]);
    }),
  );
});

test.each<[string, (receipt: Receipt) => void]>([
  ["a count", (receipt) => void (receipt.counts.output_tokens += 1)],
  ["how long it is kept", (receipt) => void (receipt.counts.cache_write_1h_tokens += 1)],
  ["a line's count", (receipt) => void (receipt.lines[1]!.quantity += 1)],
  ["a price", (receipt) => void (receipt.lines[1]!.price_usd = "0.00000016")],
  ["an amount", (receipt) => void (receipt.lines[1]!.amount_usd = "1")],
  ["the sum of the lines", (receipt) => void (receipt.table_usd = "1")],
  ["the cost", (receipt) => void (receipt.cost_usd = "1")],
  ["what was paid", (receipt) => void (receipt.cost_micros += 3)],
  ["the tier", (receipt) => void (receipt.tier = null)],
  ["a tier's price", (receipt) => void (receipt.tiers[1]!.prices.output = "0.0000004")],
  ["when the call began", (receipt) => void (receipt.created_at = "2031-01-01T12:00:00.000Z")],
  ["an attempt", (receipt) => void (receipt.attempts[0]!.input_tokens += 1)],
  ["how many searches were made", (receipt) => void (receipt.counts.web_searches += 1)],
  ["what of it was sound", (receipt) => void (receipt.attempts[0]!.audio_in_tokens += 1)],
  ["the version", (receipt) => void (receipt.version = 5)],
])("%s that was changed is found", (_name, change) => {
  const receipt = receiptOf({
    ...none,
    input_tokens: 10,
    cache_read_tokens: 5,
    cache_write_tokens: 3,
    cache_write_1h_tokens: 1,
    output_tokens: 7,
    reasoning_tokens: 2,
    audio_in_tokens: 1,
    web_searches: 1,
  });
  expect(faultsOf(receipt)).toEqual([]);
  change(receipt);
  expect(faultsOf(receipt).length).toBeGreaterThan(0);
});

const some = { ...none, cache_read_tokens: 40, cache_write_tokens: 1, output_tokens: 7 };

test.each([
  [59, "23:00 to 01:00 UTC"],
  [60, "over 100 prompt tokens; 23:00 to 01:00 UTC"],
])("the size of a prompt of %i tokens beside its 41 cached ones names the tier", (input_tokens, tier) => {
  const receipt = receiptOf({ ...some, input_tokens });
  expect(receipt.tier).toBe(tier);
  expect(faultsOf(receipt)).toEqual([]);
});

test("the provider's figure is named beside its markup, and what both make is recomputed", () => {
  const receipt = receiptOf({ ...some, input_tokens: 10 }, "0.5");
  expect(receipt).toMatchObject({
    cost_from: "provider",
    provider_usd: "0.5",
    cost_usd: "0.55",
    markup_percent: 10,
  });
  expect(faultsOf(receipt)).toEqual([]);
  expect(faultsOf({ ...receipt, markup_percent: 5 })).toEqual(["0.5 USD with 5 % are 0.525 USD"]);
});

test("tokens within others are in lines of their own, each token once; so are images and searches", () => {
  const receipt = receiptOf({
    ...some,
    input_tokens: 10,
    image_tokens: 2,
    audio_in_tokens: 3,
    cache_write_tokens: 10,
    cache_write_1h_tokens: 4,
    reasoning_tokens: 2,
    audio_out_tokens: 1,
    images: 1,
    web_searches: 2,
  });
  expect(receipt.lines.map(({ line, quantity }) => [line, quantity])).toEqual([
    ["request", 1],
    ["input", 5],
    ["image_token", 2],
    ["audio_in", 3],
    ["cache_read", 40],
    ["cache_write", 6],
    ["cache_write_1h", 4],
    ["output", 4],
    ["reasoning", 2],
    ["audio_out", 1],
    ["image", 1],
    ["web_search", 2],
  ]);
});

/** As it was signed before those counts and prices were there. */
function before(version: number, counts: readonly Count[], lines: readonly OwnLine[]): Receipt {
  const without = <T extends object>(from: T, names: readonly string[]): T =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name))) as T;
  const current = receiptOf({ ...some, input_tokens: 10, reasoning_tokens: 2 });
  const made = arithmeticOf(current, { ...prices, prices: without(prices.prices, lines) });
  const cost = { ...made, cost_usd: made.table_usd };
  const attempts = current.attempts.map((each) => ({
    ...without(each, counts),
    cost_usd: made.table_usd,
  }));
  const cost_micros = Number(parseAtto(made.table_usd) / ATTO_PER_MICRO);
  return { ...current, ...cost, version, attempts, cost_micros, counts: without(made.counts, counts) };
}
const NEW = ["images", "image_tokens", "audio_in_tokens", "audio_out_tokens", "web_searches"] as const;
const NEW_LINES = ["image", "image_token", "audio_in", "audio_out", "web_search"] as const;

test.each([
  [
    "written tokens were told apart",
    2,
    [...NEW, "cache_write_1h_tokens"],
    [...NEW_LINES, "cache_write_1h", "reasoning"],
  ],
  ["images, sound and searches were counted", 3, NEW, NEW_LINES],
] as const)("a receipt from before %s is still recomputed", (_when, version, counts, lines) => {
  const old = before(version, counts, lines);
  expect(faultsOf(old)).toEqual([]);
  expect(faultsOf({ ...old, counts: { ...old.counts, output_tokens: 8 } })).not.toEqual([]);
});
