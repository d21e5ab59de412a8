import fc from "fast-check";
import { expect, test } from "vitest";
import { createSealer } from "./seal.ts";

const OLD = "an old secret of at least 32 characters";
const NEW = "a new secret of at least 32 characters!";

test("what was sealed opens in its place and is told apart from its plain text", () => {
  const sealer = createSealer([OLD]);
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (bytes, place) => {
      const sealed = sealer.seal(Buffer.from(bytes), place);
      expect(sealer.open(sealed, place)).toEqual(Buffer.from(bytes));
      expect(() => sealer.open(sealed, `${place}!`)).toThrow();
    }),
  );
});

test("one altered bit anywhere does not open", () => {
  const sealer = createSealer([OLD]);
  const sealed = sealer.seal(Buffer.from("secret"), "row 1");
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] as number) ^ 1;
    expect(() => sealer.open(altered, "row 1")).toThrow();
  }
});

test("a rotated key opens what the old one sealed; the old one alone does not open the new", () => {
  const before = createSealer([OLD]).seal(Buffer.from("a"), "row");
  const both = createSealer([OLD, NEW]);
  expect(both.open(before, "row").toString()).toBe("a");
  expect(() => createSealer([OLD]).open(both.seal(Buffer.from("b"), "row"), "row")).toThrow(/not configured/);
});
