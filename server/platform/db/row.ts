/**
 * A generated row (`db/rows.ts`) whose columns are known better than the database tells: branded ids, words of a list. Only
 * columns that exist can be named, and only to narrow them, so that a migration which changes one breaks the compile.
 */
export type Narrowed<Row, Known extends { [K in keyof Known]: K extends keyof Row ? Row[K] : never }> = Omit<
  Row,
  keyof Known
> &
  Known;

/** True when two versions of a row say the same, whatever stands in the columns `marks`. */
export function isSameRow(before: object, after: object, marks: ReadonlySet<string>): boolean {
  const text = (row: object) =>
    JSON.stringify(row, (name, value: unknown) =>
      marks.has(name) ? undefined : typeof value === "bigint" ? String(value) : value,
    );
  return before === after || text(before) === text(after);
}
