import { Problem, common } from "../problem.ts";

/** A list position `(instant, id)` as an opaque string; stable under inserts. */
export function sealCursor(at: Date, id: string): string {
  return Buffer.from(`${at.getTime()}:${id}`).toString("base64url");
}

/** Reads a cursor back; 400 for one that we did not make. */
export function openCursor(cursor: string | undefined): { at: Date; id: string } | null {
  if (cursor === undefined) return null;
  const match = /^(\d{1,15}):([\w:-]{1,200})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match)
    throw new Problem(common.invalid_parameter, {
      errors: [{ pointer: "/cursor", detail: "is not one of ours" }],
    });
  return { at: new Date(Number(match[1])), id: match[2] as string };
}

/**
 * The answer of a list: of `rows`, read with one more than `limit`, those that fit, and where the next page begins. `place`
 * is what the list is sorted by.
 */
export function pageOf<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Shown,
  place: (row: Row) => [at: Date, id: string],
): { data: Shown[]; has_more: boolean; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const has_more = rows.length > page.length;
  return {
    data: page.map(present),
    has_more,
    next_cursor: has_more && last !== undefined ? sealCursor(...place(last)) : null,
  };
}
