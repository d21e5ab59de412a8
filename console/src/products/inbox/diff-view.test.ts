import { expect, test } from "vitest";
import { fieldsOf, summarize } from "./diff-view.tsx";

test("of a changed row only the columns that differ are shown; of a new one those that say something", () => {
  expect(fieldsOf({ before: { id: "a", n: 1, at: null }, after: { id: "a", n: 2, at: null } })).toEqual([
    { name: "n", before: "1", after: "2" },
  ]);
  expect(fieldsOf({ before: null, after: { id: "a", note: null } })).toEqual([
    { name: "id", before: null, after: "a" },
  ]);
});

test("a diff is summed up by what its rows are", () => {
  const row = { table: "t", op: "inserted", key: {}, before: null, after: {} } as const;
  const changes = [
    { ...row, kind: "row" as const },
    { ...row, kind: "entry" as const },
    { ...row, kind: "entry" as const },
  ];
  expect(summarize({ changes })).toBe("2 ledger entries, 1 row");
  expect(summarize({ changes: [] })).toBe("nothing");
});
