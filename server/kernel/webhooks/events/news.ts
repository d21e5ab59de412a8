/** Columns that tell when, and by which question, a company's object was last read; nothing of what was read. */
export const READING_MARKS: ReadonlySet<string> = new Set(["fetch_seq", "as_of"]);

/** False when two versions of a row say the same, whenever each was read. */
export function isNews(before: object | null, after: object): boolean {
  if (before === null) return true;
  const text = (row: object) =>
    JSON.stringify(row, (name, value: unknown) =>
      READING_MARKS.has(name) ? undefined : typeof value === "bigint" ? String(value) : value,
    );
  return before !== after && text(before) !== text(after);
}
