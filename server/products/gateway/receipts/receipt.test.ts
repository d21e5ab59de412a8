import fc from "fast-check";
import { expect, test } from "vitest";
import { ATTO_PER_MICRO, formatAtto, parseAtto } from "../../../platform/money.ts";
import { markUp } from "../models/price.ts";
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
  },
  tiers: [
    { above_prompt_tokens: 100, from_utc: null, to_utc: null, prices: { input: "0.0000003" } },
    { above_prompt_tokens: null, from_utc: "23:00", to_utc: "01:00", prices: { output: "0.0000003" } },
  ],
  markup_percent: 10,
};
const count = fc.integer({ min: 0, max: 1_000_000 });
const counts = fc
  .record({
    input_tokens: count,
    cache_read_tokens: count,
    cache_write_tokens: count,
    cache_write_1h_tokens: count,
    output_tokens: count,
    reasoning_tokens: count,
    audio_ms: count,
  })
  .filter((each) => each.cache_write_1h_tokens <= each.cache_write_tokens)
  .filter((each) => each.reasoning_tokens <= each.output_tokens);
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
  ["the version", (receipt) => void (receipt.version = 4)],
])("%s that was changed is found", (_name, change) => {
  const receipt = receiptOf({
    input_tokens: 10,
    cache_read_tokens: 5,
    cache_write_tokens: 3,
    cache_write_1h_tokens: 1,
    output_tokens: 7,
    reasoning_tokens: 2,
    audio_ms: 0,
  });
  expect(faultsOf(receipt)).toEqual([]);
  change(receipt);
  expect(faultsOf(receipt).length).toBeGreaterThan(0);
});

const some = {
  cache_read_tokens: 40,
  cache_write_tokens: 1,
  cache_write_1h_tokens: 0,
  output_tokens: 7,
  reasoning_tokens: 0,
  audio_ms: 0,
};

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

test("tokens within others are in lines of their own, each token once", () => {
  const receipt = receiptOf({
    ...some,
    input_tokens: 0,
    cache_write_tokens: 10,
    cache_write_1h_tokens: 4,
    reasoning_tokens: 2,
  });
  expect(receipt.lines.map(({ line, quantity }) => [line, quantity])).toEqual([
    ["request", 1],
    ["cache_read", 40],
    ["cache_write", 6],
    ["cache_write_1h", 4],
    ["output", 5],
    ["reasoning", 2],
  ]);
});

test("a receipt from before written tokens were told apart is still recomputed", () => {
  const { cache_write_1h: _hour, reasoning: _reasoning, ...before } = prices.prices;
  const current = receiptOf({ ...some, input_tokens: 10, cache_write_1h_tokens: 0 });
  const attempts = current.attempts.map(({ cache_write_1h_tokens: _none, ...rest }) => rest);
  const made = arithmeticOf(current, { ...prices, prices: before });
  const counts = { ...made.counts } as Partial<Counts>;
  delete counts.cache_write_1h_tokens;
  const old = { ...current, ...made, version: 2, attempts, counts } as Receipt;
  expect(faultsOf(old)).toEqual([]);
});
