import { expect, test } from "vitest";
import { emptyTier, rowOf, tiersOf } from "./tiers-form.ts";

const tier = {
  above_prompt_tokens: 200_000,
  from_utc: "16:30",
  to_utc: "00:30",
  prices: { input: "0.0000003", cache_read: "0", audio_in: "0.00004", request: "0.01", web_search: "0.02" },
};

test("a tier is typed per million tokens, or by the piece, and sent as it came", () => {
  const row = rowOf(tier);
  expect(row).toMatchObject({ above: "200000", from: "16:30", input: "0.3", output: "", cache_read: "0" });
  expect(row).toMatchObject({ audio_in: "40", web_search: "0.02", image: "" });
  expect(tiersOf([row])).toEqual([tier]);
});

test("what makes no tier is told by its number", () => {
  expect(() => tiersOf([rowOf(tier), emptyTier()])).toThrow("Tier 2 needs a size of prompt or a time");
  expect(() => tiersOf([{ ...emptyTier(), above: "5", input: "much" }])).toThrow("Tier 1: input is no price");
});
