import fc from "fast-check";
import { expect, test } from "vitest";
import { ATTEMPTS, afterFault, WAIT_LIMIT_MS, whenAway } from "./retry.ts";

const createdAt = new Date("2026-03-01T00:00:00Z");
const at = (ms: number) => new Date(createdAt.getTime() + ms);
const within = fc.integer({ min: 0, max: WAIT_LIMIT_MS - 1 });
const dice = fc.double({ min: 0, max: 0.999, noNaN: true });

test("five tries 2, 4, 8, 16 seconds apart, ±25 %", () => {
  const waits = [1, 2, 3, 4].map(
    (n) => (afterFault(n, createdAt, 0.5)?.getTime() ?? 0) - createdAt.getTime(),
  );
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000]);
  expect(afterFault(ATTEMPTS, createdAt, 0.5)).toBeNull();
  expect(afterFault(1, createdAt, 0)?.getTime()).toBe(createdAt.getTime() + 1_500);
});

test("a mail to a company that is away is tried until a day has passed, and never after", () => {
  fc.assert(
    fc.property(
      within,
      fc.integer({ min: 1, max: 200 }),
      dice,
      fc.option(fc.integer({ min: 0, max: 3_600_000 })),
      (ageMs, attempts, random, askedMs) => {
        const now = at(ageMs);
        const next = whenAway({ createdAt, attempts }, now, random, askedMs);
        if (next === null) return false;
        const waitMs = next.getTime() - now.getTime();
        const last = next.getTime() === createdAt.getTime() + WAIT_LIMIT_MS;
        return (
          next > now &&
          (last || waitMs >= (askedMs ?? 0)) &&
          waitMs <= Math.max(20_000 * 60, askedMs ?? 0) &&
          next <= at(WAIT_LIMIT_MS)
        );
      },
    ),
  );
  expect(whenAway({ createdAt, attempts: 9 }, at(WAIT_LIMIT_MS), 0)).toBeNull();
});
