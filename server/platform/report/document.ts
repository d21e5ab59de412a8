/** Cells are texts, or numbers that no spreadsheet may take for anything else. */
export type Cell = string | bigint | number | null;

export type ReportTable = { title: string; columns: readonly string[]; rows: readonly (readonly Cell[])[] };

export type ReportDocument = {
  title: string;
  /** What the report is about, line by line. */
  facts: readonly (readonly [name: string, value: Cell])[];
  tables: readonly ReportTable[];
};
