import { expect, test } from "vitest";
import { judge, ratioOf } from "./drift.ts";

test.each([
  ["100", "ok", 0],
  ["102", "ok", 0.02],
  ["102.000000000000000001", "drifting", 0.02],
  ["97.9", "drifting", -0.021],
  ["120", "drifting", 0.2],
  ["120.000000000000000001", "paused", 0.2],
  ["79", "paused", -0.21],
])("a bill of %s where the table says 100 is %s", (billed_usd, state, ratio) => {
  const sums = { billed_usd, table_usd: "100" };
  expect([judge(sums), ratioOf(sums)]).toEqual([state, ratio]);
});
