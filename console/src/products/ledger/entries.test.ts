import { expect, it } from "vitest";
import { sizeOf, sumsOf } from "./entries.ts";

const entries = [
  { account: "held", unit: "credit", amount: -100 },
  { account: "used", unit: "credit", amount: 60 },
  { account: "wallet", unit: "credit", amount: 40 },
];

it("measures a transaction by what came in", () => {
  expect(sizeOf(entries)).toEqual({ amount: 100, unit: "credit" });
  expect(sizeOf([])).toBeNull();
});

it("sums per unit, so that an unsound one shows", () => {
  expect(sumsOf(entries)).toEqual([{ unit: "credit", sum: 0 }]);
  expect(sumsOf([...entries, { account: "fees", unit: "usd", amount: 5 }])).toContainEqual({
    unit: "usd",
    sum: 5,
  });
});
