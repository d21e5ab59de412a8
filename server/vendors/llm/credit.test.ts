import { describe, expect, test } from "vitest";
import { leastLeft, readAccountLeft, readKeyLeft } from "./credit.ts";

const USD = 10n ** 18n;

describe("a key", () => {
  test.each([
    [{ data: { limit: 100, limit_remaining: 74.5 } }, (745n * USD) / 10n],
    [{ data: { limit: null, limit_remaining: null } }, null],
    [{ data: { limit: 100, limit_remaining: 0 } }, 0n],
    [{ data: {} }, undefined],
    [{ data: { limit_remaining: "much" } }, undefined],
    [null, undefined],
  ])("%j", (body, left) => expect(readKeyLeft(body)).toBe(left));
});

describe("an account", () => {
  test.each([
    [{ data: { total_credits: 100.5, total_usage: 25.75 } }, (7_475n * USD) / 100n],
    [{ data: { total_credits: 1, total_usage: 1.5 } }, -USD / 2n],
    [{ data: { total_credits: 100.5 } }, undefined],
    ["<html>", undefined],
  ])("%j", (body, left) => expect(readAccountLeft(body)).toBe(left));
});

test("the least counts, and nothing is said when one of them said nothing", () => {
  expect(leastLeft([null, 5n, 3n])).toEqual({ state: "found", leftAtto: 3n });
  expect(leastLeft([null])).toEqual({ state: "found", leftAtto: null });
  expect(leastLeft([5n, undefined])).toEqual({ state: "unavailable" });
});
