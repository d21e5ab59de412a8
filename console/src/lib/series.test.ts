import { expect, it } from "vitest";
import { balanceByDay, daysAgo, daysBetween, stackByDay } from "./series.ts";

it("lists UTC days, both ends included", () => {
  expect(daysBetween("2026-02-27", "2026-03-02")).toEqual([
    "2026-02-27",
    "2026-02-28",
    "2026-03-01",
    "2026-03-02",
  ]);
  expect(daysAgo(1, Date.parse("2026-03-01T05:00:00Z"))).toBe("2026-02-28");
});

it("stacks series by day, with gaps as zero and the small ones together", () => {
  const points = [
    { day: "2026-01-01", series: "a", value: 5 },
    { day: "2026-01-02", series: "a", value: 1 },
    { day: "2026-01-02", series: "b", value: 3 },
    { day: "2026-01-02", series: "c", value: 1 },
    { day: "2025-12-31", series: "a", value: 99 },
  ];
  expect(stackByDay(points, ["2026-01-01", "2026-01-02"], 1)).toEqual({
    series: ["a", "Other"],
    rows: [
      { day: "2026-01-01", a: 5, Other: 0 },
      { day: "2026-01-02", a: 1, Other: 4 },
    ],
  });
});

it("walks a balance back from today", () => {
  const movements = [
    { day: "2026-01-02", delta: 100 },
    { day: "2026-01-03", delta: -30 },
  ];
  expect(balanceByDay(80, movements, ["2026-01-01", "2026-01-02", "2026-01-03"])).toEqual([
    { day: "2026-01-01", balance: 10 },
    { day: "2026-01-02", balance: 110 },
    { day: "2026-01-03", balance: 80 },
  ]);
});
