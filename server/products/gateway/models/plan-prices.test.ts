import { expect, test } from "vitest";
import { planLines } from "./plan-prices.ts";
import type { LineRow } from "./store.ts";

const line = (provider: string): LineRow => ({
  version: `${provider}-1`,
  model: "m",
  provider,
  upstream_model: null,
  input_usd: "0.000001",
  output_usd: "0.000002",
  cache_read_usd: "0",
  cache_write_usd: "0",
  cache_write_1h_usd: null,
  reasoning_usd: null,
  request_usd: "0",
  audio_second_usd: "0",
  image_usd: null,
  image_token_usd: null,
  audio_in_usd: null,
  audio_out_usd: null,
  web_search_usd: null,
  tiers: [],
  markup_percent: 10,
  context_length: 1,
  max_output_tokens: 1,
});

test("a plan pays its own markup at the providers that have one for it, and everybody's at the others", () => {
  const byPlan = planLines(
    [line("a"), line("b")],
    [
      { id: "a", plan_markups: { pro: 0, team: 25 } },
      { id: "b", plan_markups: {} },
    ],
  );
  expect([...byPlan.keys()]).toEqual(["pro", "team"]);
  expect(byPlan.get("team")).toEqual([
    { ...line("a"), version: "a-1+team@25", markup_percent: 25 },
    line("b"),
  ]);
  expect(byPlan.get("pro")?.[0]).toMatchObject({ version: "a-1+pro@0", markup_percent: 0 });
});
