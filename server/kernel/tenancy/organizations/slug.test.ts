import fc from "fast-check";
import { expect, test } from "vitest";
import { isReserved, SLUG_SHAPE, slugFor } from "./slug.ts";

test("whatever the name, its slug has the shape, is not reserved, and differs each time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (name) => {
      const slug = slugFor(name);
      expect(slug).toMatch(SLUG_SHAPE);
      expect(isReserved(slug)).toBe(false);
      expect(slugFor(name)).not.toBe(slug);
    }),
  );
});

test.each([
  ["Ona Owner", /^ona-owner-[a-z0-9]{6}$/],
  ["Großmüller & Söhne", /^gro-mu-ller-so-hne-[a-z0-9]{6}$/],
  ["東京", /^org-[a-z0-9]{6}$/],
])("%s reads as %s", (name, shape) => expect(slugFor(name)).toMatch(shape));

test.each(["api", "admin", "sign-in", "www", "holdfast"])("%s is reserved", (word) =>
  expect(isReserved(word)).toBe(true),
);
