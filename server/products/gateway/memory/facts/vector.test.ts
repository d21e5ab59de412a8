import fc from "fast-check";
import { expect, test } from "vitest";
import { nearness, read, vectorOf, written } from "./vector.ts";

const of = (...floats: number[]) => vectorOf("m", floats) ?? expect.fail("no vector");

test("as near as their directions are, whatever their lengths", () => {
  expect(nearness(of(1, 0), of(20, 0))).toBe(1);
  expect(nearness(of(1, 0), of(0, 1))).toBe(0);
  expect(nearness(of(1, 0), of(-1, 0))).toBe(0);
  expect(nearness(of(1, 1), of(1, 0))).toBeCloseTo(Math.SQRT1_2, 2);
  expect(nearness(of(1, 0), of(1, 0, 0))).toBe(0);
  expect(nearness(of(1), { ...of(1), model: "another" })).toBe(0);
});

test("what has no direction is none", () => {
  for (const floats of [[], [0, 0], [Number.NaN], [Infinity], Array.from({ length: 8_193 }, () => 1)])
    expect(vectorOf("m", floats)).toBeNull();
});

test("what was written is read, and near to what it was made of", () => {
  const float = fc.float({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(float, { minLength: 8, maxLength: 64 }), (floats) => {
      const vector = vectorOf("vendor/model", floats);
      if (vector === null) return;
      expect(read(written(vector))).toEqual(vector);
      const exact = floats.reduce((sum, value) => sum + value * value, 0);
      const [dot, length] = floats.reduce(
        ([dot, length], value, at) => {
          const kept = vector.values[at] ?? 0;
          return [dot + value * kept, length + kept * kept];
        },
        [0, 0] as [number, number],
      );
      expect(dot / Math.sqrt(exact * length)).toBeGreaterThan(0.99);
    }),
  );
});
