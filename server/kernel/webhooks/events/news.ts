import { isSameRow } from "../../../platform/db/index.ts";

/** Columns that tell when, and by which question, a company's object was last read; nothing of what was read. */
export const READING_MARKS: ReadonlySet<string> = new Set(["fetch_seq", "as_of"]);

/** False when two versions of a row say the same, whenever each was read. */
export const isNews = (before: object | null, after: object): boolean =>
  before === null || !isSameRow(before, after, READING_MARKS);
