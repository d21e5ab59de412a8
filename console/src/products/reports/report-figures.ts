import type { Report } from "../../api/types.ts";
import { formatCredits, formatDay, formatInteger, formatMoney, humanize } from "../../lib/format.ts";
import { type DayRow, daysBetween, stackByDay } from "../../lib/series.ts";

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
export const columnName = (column: string): string => humanize(column.replace(/_(minor|micros)$/, ""));

/** A figure as its column says what it is: minor units, micro-credits or a count. */
export function formatFigure(column: string, unit: string, value: number): string {
  if (column.endsWith("_minor")) return formatMoney(value, unit);
  return column.endsWith("_micros") ? formatCredits(value) : formatInteger(value);
}

/** Which of a report's columns is drawn. */
const DRAWN: Partial<Record<Report["report"], string>> = { revenue: "net_minor", credits: "used_micros" };

export type Drawn = { column: string; rows: readonly DayRow[]; formatRow(group: string): string };

/** One unit of a report as a plot, gaps as 0; null for one that has no course. */
export function drawnOf(report: Report, unit: string): Drawn | null {
  if (report.report === "mrr") return null;
  const column = DRAWN[report.report] ?? report.columns[0];
  const at = report.columns.findIndex((name) => name === column);
  const mine = report.rows.filter((row) => row.unit === unit);
  if (column === undefined || mine.length === 0) return null;
  const series = columnName(column);
  const points = mine.map(({ group, values }) => ({
    day: report.report === "failed-payments" ? group : group.slice(0, 10),
    series,
    value: values[at] ?? 0,
  }));
  if (report.report === "failed-payments")
    return { column, rows: points.map(({ day, value }) => ({ day, [series]: value })), formatRow: humanize };
  const days = daysBetween(report.from.slice(0, 10), report.to.slice(0, 10));
  // Beyond a quarter the API sums by month.
  const known = new Set(points.map(({ day }) => day));
  const shown = days.length > 93 ? days.filter((day) => day.endsWith("-01") || known.has(day)) : days;
  return { column, rows: stackByDay(points, shown).rows, formatRow: formatDay };
}
