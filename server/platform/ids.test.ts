import { expect, test } from "vitest";
import { isId, newId } from "./ids.ts";

test("ids carry their prefix, are unique and sort by time", () => {
  const ids = Array.from({ length: 5_000 }, () => newId("evt"));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every((id) => isId("evt", id))).toBe(true);
});

test.each([
  "org_",
  "org_x",
  `usr_${"0".repeat(32)}`,
  `org_${"0".repeat(31)}'`,
  `org_${"A".repeat(32)}`,
  null,
  7,
])("%j is no organization's id", (value) => expect(isId("org", value)).toBe(false));
