import type { Report } from "../../api/types.ts";
import { formatCredits, formatDay, formatInteger, formatMoney, humanize } from "../../lib/format.ts";
import { balanceByDay, type DayRow, daysBetween, stackByDay } from "../../lib/series.ts";

export const REPORTS = [
  { value: "revenue", label: "Revenue" },
  { value: "mrr", label: "MRR" },
  { value: "fees", label: "Fees" },
  { value: "refunds", label: "Refunds" },
  { value: "tax", label: "Tax" },
  { value: "credits", label: "Credits" },
  { value: "failed-payments", label: "Failed payments" },
  { value: "receivables", label: "Receivables" },
] as const satisfies readonly { value: Report["report"]; label: string }[];

/** `net_minor` → `Net`. */
export const columnName = (column: string): string =>
  column === "mrr_minor" ? "MRR" : humanize(column.replace(/_(minor|micros)$/, ""));

/** A figure as its column says what it is: minor units, micro-credits or a count. */
export function formatFigure(column: string, unit: string, value: number): string {
  if (column.endsWith("_minor")) return formatMoney(value, unit);
  return column.endsWith("_micros") ? formatCredits(value) : formatInteger(value);
}

/** Which of a report's columns is drawn. */
const DRAWN: Partial<Record<Report["report"], string>> = {
  revenue: "net_minor",
  credits: "used_micros",
  mrr: "mrr_minor",
};

export type Drawn = {
  kind: "bars" | "line";
  column: string;
  series: string;
  rows: readonly DayRow[];
  formatRow(group: string): string;
};

/** One unit of a report as a plot, gaps as 0; null for one that has no course. */
export function drawnOf(report: Report, unit: string): Drawn | null {
  const column = DRAWN[report.report] ?? report.columns[0];
  const at = report.columns.findIndex((name) => name === column);
  const mine = report.rows.filter((row) => row.unit === unit);
  if (column === undefined) return null;
  const days = daysBetween(report.from.slice(0, 10), report.to.slice(0, 10));
  if (report.report === "mrr") return standing(report, unit, days);
  if (mine.length === 0) return null;
  const series = columnName(column);
  const points = mine.map(({ group, values }) => ({
    day: report.report === "failed-payments" ? group : group.slice(0, 10),
    series,
    value: values[at] ?? 0,
  }));
  if (report.report === "failed-payments")
    return {
      kind: "bars",
      column,
      series,
      rows: points.map(({ day, value }) => ({ day, [series]: value })),
      formatRow: humanize,
    };
  // Beyond a quarter the API sums by month.
  const known = new Set(points.map(({ day }) => day));
  const shown = days.length > 93 ? days.filter((day) => day.endsWith("-01") || known.has(day)) : days;
  return { kind: "bars", column, series, rows: stackByDay(points, shown).rows, formatRow: formatDay };
}

/** What stood at the end of each day, walked back from the end of the time by what moved. */
function standing({ columns, rows, totals }: Report, unit: string, days: readonly string[]): Drawn | null {
  const of = (values: readonly number[], column: string) => values[columns.indexOf(column)] ?? 0;
  const end = totals.find((total) => total.unit === unit);
  if (!end) return null;
  const movements = rows
    .filter((row) => row.unit === unit)
    .map(({ group, values }) => ({
      day: group.slice(0, 10),
      delta:
        of(values, "started_minor") +
        of(values, "raised_minor") -
        of(values, "lowered_minor") -
        of(values, "ended_minor"),
    }));
  return {
    kind: "line",
    column: "mrr_minor",
    series: "balance",
    rows: balanceByDay(of(end.values, "mrr_minor"), movements, days),
    formatRow: formatDay,
  };
}
