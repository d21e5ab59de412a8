import fc from "fast-check";
import { expect, test } from "vitest";
import type { Problem } from "../../../../platform/problem.ts";
import { scanBody } from "./body-scan.ts";

test("members of the outermost object are counted, whatever is inside strings and below", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
      expect(scanBody(Buffer.from(JSON.stringify(value)))).toEqual({
        outermostMembers: Object.keys(value).length,
      });
    }),
  );
});

test("depth and number of members are bounded before anything is parsed", () => {
  const refusal = (text: string) => {
    try {
      return scanBody(Buffer.from(text));
    } catch (error) {
      return (error as Problem).options.errors?.[0]?.detail;
    }
  };
  expect(refusal("[".repeat(65))).toBe("is nested deeper than 64");
  expect(refusal("[".repeat(64))).toEqual({ outermostMembers: 0 });
  expect(refusal(`[${"1,".repeat(200_001)}`)).toBe("has more than 200000 members");
});
