import { describe, expect, it } from "vitest";
import type { Report } from "../../api/types.ts";
import { columnName, drawnOf, formatFigure } from "./report-figures.ts";

const report = (more: Partial<Report>): Report => ({
  report: "revenue",
  mode: "test",
  from: "2026-01-01T00:00:00Z",
  to: "2026-01-03T12:00:00Z",
  columns: ["gross_minor", "net_minor"],
  rows: [
    { group: "2026-01-02", unit: "usd", values: [1000, 941] },
    { group: "2026-01-02", unit: "jpy", values: [5, 4] },
  ],
  totals: [],
  seal: null,
  sealed: false,
  ...more,
});

describe("figures of a report", () => {
  it("are written as their column says", () => {
    expect(formatFigure("net_minor", "usd", 941)).toBe("$9.41");
    expect(formatFigure("net_minor", "jpy", 941)).toBe("¥941");
    expect(formatFigure("used_micros", "credit", 2_500_000)).toBe("2.50");
    expect(formatFigure("payments", "usd", 1_000)).toBe("1,000");
    expect(columnName("clawed_back_micros")).toBe("Clawed back");
  });

  it("are drawn for one unit, silent days as nothing", () => {
    expect(drawnOf(report({}), "usd")?.rows).toEqual([
      { day: "2026-01-01", Net: 0 },
      { day: "2026-01-02", Net: 941 },
      { day: "2026-01-03", Net: 0 },
    ]);
  });

  it("of failures are drawn by their code", () => {
    const failed = report({
      report: "failed-payments",
      columns: ["payments", "amount_minor", "recovered_minor"],
      rows: [{ group: "generic_decline", unit: "usd", values: [3, 3000, 0] }],
    });
    const drawn = drawnOf(failed, "usd");
    expect(drawn?.rows).toEqual([{ day: "generic_decline", Payments: 3 }]);
    expect(drawn?.formatRow("generic_decline")).toBe("Generic decline");
  });

  it("of what subscriptions bring are drawn as what stood at each day's end", () => {
    const columns = ["started_minor", "raised_minor", "lowered_minor", "ended_minor", "mrr_minor"];
    const mrr = report({
      report: "mrr",
      columns,
      rows: [{ group: "2026-01-02T00:00:00.000Z", unit: "usd", values: [2900, 0, 0, 900, 5000] }],
      totals: [{ group: "total", unit: "usd", values: [2900, 0, 0, 900, 5000] }],
    });
    expect(drawnOf(mrr, "usd")).toMatchObject({
      kind: "line",
      rows: [
        { day: "2026-01-01", balance: 3000 },
        { day: "2026-01-02", balance: 5000 },
        { day: "2026-01-03", balance: 5000 },
      ],
    });
    expect(drawnOf(mrr, "eur")).toBeNull();
  });

  it("are not drawn where there is no course, or nothing", () => {
    expect(drawnOf(report({}), "eur")).toBeNull();
  });
});
