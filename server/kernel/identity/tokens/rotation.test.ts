import fc from "fast-check";
import { expect, test } from "vitest";
import { addMs } from "../../../platform/clock.ts";
import { judge, REPEAT_MS } from "./rotation.ts";
import { isOver, nextActiveFrom } from "./rotate-keys.ts";

const at = new Date("2026-03-01T00:00:00Z");
const anyAge = fc.integer({ min: 0, max: 10 * REPEAT_MS });

test("the newest token rotates, whatever its age", () => {
  fc.assert(
    fc.property(anyAge, (ms) => {
      expect(judge({ usedAt: null, successorUsed: false, sealed: false }, addMs(at, ms))).toBe("rotate");
    }),
  );
});

test("an exchanged token is repeated within 30 s alone, and only while its successor was neither used nor wiped", () => {
  fc.assert(
    fc.property(anyAge, fc.boolean(), fc.boolean(), (ms, successorUsed, sealed) => {
      const honest = ms <= REPEAT_MS && sealed && !successorUsed;
      expect(judge({ usedAt: at, successorUsed, sealed }, addMs(at, ms))).toBe(honest ? "repeat" : "reuse");
    }),
  );
});

const DAY_MS = 86_400_000;
const days = fc.integer({ min: 0, max: 400 * 24 }).map((hours) => hours * 3_600_000);

test("a signing key is published a day ahead at least, takes over after 90 days, and never before", () => {
  fc.assert(
    fc.property(days, (ms) => {
      const now = addMs(at, ms);
      const next = nextActiveFrom(at, now);
      expect(next === null).toBe(ms < 89 * DAY_MS);
      if (!next) return;
      const activeMs = next.getTime();
      expect(activeMs - now.getTime()).toBeGreaterThanOrEqual(DAY_MS);
      expect(activeMs - at.getTime()).toBeGreaterThanOrEqual(90 * DAY_MS);
    }),
  );
  expect(nextActiveFrom(null, at)).toEqual(at);
});

test("a key outlives the next one's start by the life of its last token", () => {
  expect(isOver(undefined, at)).toBe(false);
  expect(isOver(at, addMs(at, 900_000 + 30_000))).toBe(false);
  expect(isOver(at, addMs(at, 900_000 + 60_000))).toBe(true);
});
