import { sealCursor } from "../../platform/http/index.ts";

/** One row more than asked tells whether there are more. */
export function page<T, A>(
  rows: readonly T[],
  limit: number,
  present: (row: T) => A,
  position: (row: T) => [Date, string],
) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(present),
    has_more: last !== undefined,
    next_cursor: last === undefined ? null : sealCursor(...position(last)),
  };
}
