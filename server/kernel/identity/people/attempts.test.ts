import fc from "fast-check";
import { expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import { createAttempts } from "./attempts.ts";

const startAt = new Date("2026-03-01T00:00:00Z");

test("the sixth try within a minute is refused, and waiting as told suffices", () => {
  const clock = manualClock(startAt);
  const attempts = createAttempts(clock);
  for (let i = 0; i < 5; i += 1) {
    expect(attempts.take(["ip"])).toMatchObject({ allowed: true, remaining: 4 - i });
    clock.advance(2_000);
  }
  const refused = attempts.take(["ip"]);
  expect(refused).toEqual({ allowed: false, name: "sign-in", remaining: 0, resetSeconds: 50 });
  clock.advance(refused.resetSeconds * 1000);
  expect(attempts.take(["ip"]).allowed).toBe(true);
});

test("the eleventh try within five minutes is refused", () => {
  const clock = manualClock(startAt);
  const attempts = createAttempts(clock);
  for (let i = 0; i < 10; i += 1) {
    expect(attempts.take(["ip"]).allowed).toBe(true);
    clock.advance(13_000);
  }
  expect(attempts.take(["ip"])).toMatchObject({ allowed: false, name: "sign-in-long", resetSeconds: 170 });
});

test("a try counts for the network and for the address; another pair is free", () => {
  const attempts = createAttempts(manualClock(startAt));
  for (let i = 0; i < 5; i += 1) attempts.take([`ip${i}`, "a@example.com"]);
  expect(attempts.take(["ip9", "a@example.com"]).allowed).toBe(false);
  expect(attempts.take(["ip9", "b@example.com"]).allowed).toBe(true);
});

test("subjects are bounded: the quietest is forgotten first", () => {
  const attempts = createAttempts(manualClock(startAt), undefined, 2);
  for (let i = 0; i < 5; i += 1) attempts.take(["a"]);
  attempts.take(["b"]);
  expect(attempts.take(["a"]).allowed).toBe(false);
  attempts.take(["c"]);
  expect(attempts.take(["a"]).allowed).toBe(true);
});

test("no window ever holds more than its limit, whatever the rhythm", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 80 }), (gaps) => {
      const clock = manualClock(startAt);
      const attempts = createAttempts(clock);
      const allowed: number[] = [];
      for (const gap of gaps) {
        clock.advance(gap);
        if (attempts.take(["s"]).allowed) allowed.push(clock.now().getTime());
      }
      for (const at of allowed) {
        expect(allowed.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(5);
        expect(allowed.filter((other) => other > at - 300_000 && other <= at).length).toBeLessThanOrEqual(10);
      }
    }),
  );
});
