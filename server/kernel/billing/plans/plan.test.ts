import { expect, test } from "vitest";
import defaults from "../../../../config/plans.json" with { type: "json" };
import { priceOf, readPlans, readVersion } from "./plan.ts";

type File = typeof defaults;
const changed = (change: (file: File) => void): string => {
  const file = structuredClone(defaults);
  change(file);
  return JSON.stringify(file);
};

test("the plans that come with it are free, pro and enterprise, at their prices", () => {
  const plans = readPlans();
  expect(
    plans.list.map(({ key, creditsMicros, trial, prices }) => [
      key,
      creditsMicros / 1_000_000n,
      trial?.days ?? null,
      ...prices.map(({ amountMinor }) => amountMinor),
    ]),
  ).toEqual([
    ["free", 100n, null],
    ["pro", 2_000n, 14, 2_900n, 29_000n],
    ["enterprise", 15_000n, null, 19_900n, 199_000n],
  ]);
  expect(plans.free.key).toBe("free");
  expect(priceOf(plans.free, "month", "usd")).toBeNull();
});

test("a change of a plan is another version, and a kept one reads as it was", () => {
  const [, pro] = readPlans().list;
  const dearer = readPlans(
    changed(({ plans }) => {
      for (const price of plans[1]?.prices ?? []) price.amount_minor += 100;
    }),
  ).find("pro");
  expect(dearer?.versionId).not.toBe(pro?.versionId);
  expect(readVersion(JSON.parse(JSON.stringify(pro?.content)))).toEqual(pro);
  expect(readPlans(changed(() => undefined)).find("pro")).toEqual(pro);
});

test.each<[string, (file: File) => void]>([
  ["two plans have one key", ({ plans }) => void (plans[2]!.key = "pro")],
  ["two plans have one rank", ({ plans }) => void (plans[2]!.rank = 10)],
  ["exactly one plan is free", ({ plans }) => void (plans[1]!.prices = [])],
  ["does not say each of the features", ({ features }) => void features.push({ key: "x", name: "X" })],
  ["has a price twice", ({ plans }) => void (plans[1]!.prices![1]!.interval = "month")],
  ["is not a currency we sell in", ({ plans }) => void (plans[1]!.prices![0]!.currency = "xxx")],
  ["expected int", ({ plans }) => void (plans[1]!.credits_per_month = 0.5)],
])("a file is refused at boot: %s", (text, change) => {
  expect(() => readPlans(changed(change))).toThrow(text);
});
