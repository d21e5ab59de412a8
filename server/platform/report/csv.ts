import type { Cell, ReportDocument } from "./document.ts";

/**
 * RFC 4180: the facts as rows of two cells, then each table under its title and its columns, an empty line between. Texts
 * that a spreadsheet would run as a formula are escaped with an apostrophe; numbers are written bare.
 */
export function writeCsv({ title, facts, tables }: ReportDocument): string {
  const blocks = [
    [["report", title], ...facts],
    ...tables.map(({ title: name, columns, rows }) => [[name], columns, ...rows]),
  ];
  return blocks.map((rows) => rows.map(csvLine).join("")).join("\r\n");
}

/** One line of it, with its end. */
export const csvLine = (row: readonly Cell[]): string => `${row.map(cell).join(",")}\r\n`;

const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
