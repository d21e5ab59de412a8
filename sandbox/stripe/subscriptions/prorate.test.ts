import { describe, expect, it } from "vitest";
import { addIntervals, periodEnd } from "../time/calendar.ts";
import { share } from "../catalog/share.ts";
import { proratedAmount } from "./prorate.ts";

const at = (text: string): number => Date.parse(text) / 1000;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

describe("shares of an amount", () => {
  it.each([
    // amount, seconds left, of so many, worked by hand
    [2900, 20, 30, 1933],
    [19_900, 20, 30, 13_267],
    [2900, 1, 2_592_000, 0],
    [2900, 2_591_999, 2_592_000, 2900],
    [2901, 15, 30, 1450],
    [2903, 15, 30, 1452],
    [-2901, 15, 30, -1450],
    [99_999_999, 31_535_999, 31_536_000, 99_999_996],
    [2900, 0, 30, 0],
  ])("%i × %i ÷ %i = %i", (amount, part, whole, result) => {
    expect(share(amount, part, whole)).toBe(result);
  });

  it("never exceeds the amount outside the period", () => {
    const period = { start: 100, end: 200 };
    expect(proratedAmount(500, period, 50)).toBe(500);
    expect(proratedAmount(500, period, 250)).toBe(0);
  });
});

describe("periods", () => {
  const month = { interval: "month", interval_count: 1 } as const;
  const year = { interval: "year", interval_count: 1 } as const;

  it("end on the last day of a month that lacks the anchor's, and come back to it", () => {
    const anchor = at("2027-01-31T09:00:00Z");
    const ends = [0, 1, 2, 3, 4, 12, 13].map((n) => iso(addIntervals(anchor, month, n)));
    expect(ends).toEqual([
      "2027-01-31",
      "2027-02-28",
      "2027-03-31",
      "2027-04-30",
      "2027-05-31",
      "2028-01-31",
      "2028-02-29",
    ]);
  });

  it("of a year begun on a leap day end on 28 February until the next leap year", () => {
    const anchor = at("2028-02-29T00:00:00Z");
    const ends = [1, 2, 3, 4].map((n) => iso(addIntervals(anchor, year, n)));
    expect(ends).toEqual(["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]);
  });

  it("follow each other without gap: the end of one is the start of the next", () => {
    const anchor = at("2026-10-31T23:59:59Z");
    let start = anchor;
    for (let n = 1; n <= 40; n++) {
      const end = periodEnd(anchor, month, start);
      expect(end).toBe(addIntervals(anchor, month, n));
      expect(periodEnd(anchor, month, end - 1)).toBe(end);
      start = end;
    }
  });
});
