import fc from "fast-check";
import { expect, test } from "vitest";
import { createLimiter, personSubject, policyText, stateText, type Rule } from "./index.ts";
import { manualClock } from "../clock.ts";

const startAt = new Date("2026-03-01T00:00:00Z");
const tries: Rule = {
  name: "tries",
  windows: [
    { limit: 5, seconds: 60 },
    { limit: 10, seconds: 300 },
  ],
};
const of = (...subjects: string[]) => subjects.map((subject) => ({ rule: tries, subject }));

test("the sixth within a minute is refused, and waiting as told suffices", async () => {
  const clock = manualClock(startAt);
  const limiter = createLimiter({ clock });
  for (let i = 0; i < 5; i += 1) {
    expect(await limiter.take(of("ip"))).toMatchObject({ allowed: true, remaining: 4 - i });
    clock.advance(2_000);
  }
  const refused = await limiter.take(of("ip"));
  expect(refused).toEqual({ allowed: false, name: "tries", limit: 5, remaining: 0, resetSeconds: 50 });
  clock.advance(49_999);
  expect((await limiter.take(of("ip"))).allowed).toBe(false);
  clock.advance(1);
  expect((await limiter.take(of("ip"))).allowed).toBe(true);
});

test("the eleventh within five minutes is refused by the longer window", async () => {
  const clock = manualClock(startAt);
  const limiter = createLimiter({ clock });
  for (let i = 0; i < 10; i += 1) {
    expect((await limiter.take(of("ip"))).allowed).toBe(true);
    clock.advance(13_000);
  }
  expect(await limiter.take(of("ip"))).toMatchObject({
    allowed: false,
    name: "tries-300s",
    resetSeconds: 170,
  });
});

test("all subjects or none: a refused request counts for nobody", async () => {
  const limiter = createLimiter({ clock: manualClock(startAt) });
  for (let i = 0; i < 5; i += 1) await limiter.take(of(`ip${i}`, "a@example.com"));
  for (let i = 0; i < 9; i += 1) expect((await limiter.take(of("ip9", "a@example.com"))).allowed).toBe(false);
  expect(await limiter.take(of("ip9", "b@example.com"))).toMatchObject({ allowed: true, remaining: 4 });
});

test("no window ever holds more than its limit and a wait as told always suffices, whatever the rhythm", async () => {
  const rhythm = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(rhythm, async (gaps) => {
      const clock = manualClock(startAt);
      const limiter = createLimiter({ clock });
      const allowed: number[] = [];
      let free = 0;
      for (const gap of gaps) {
        clock.advance(gap);
        const at = clock.now().getTime();
        const verdict = await limiter.take(of("s"));
        if (at >= free && free > 0) expect(verdict.allowed).toBe(true);
        if (verdict.allowed) allowed.push(at);
        free = verdict.allowed ? 0 : at + verdict.resetSeconds * 1_000;
      }
      for (const at of allowed) {
        expect(allowed.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(5);
        expect(allowed.filter((other) => other > at - 300_000 && other <= at).length).toBeLessThanOrEqual(10);
      }
    }),
  );
});

test("looking takes nothing and tells when the next is given back", async () => {
  const clock = manualClock(startAt);
  const limiter = createLimiter({ clock });
  await limiter.take(of("s"));
  clock.advance(10_000);
  for (let i = 0; i < 2; i += 1)
    expect(await limiter.look(of("s"))).toEqual([
      { class: "tries", limit: 5, windowSeconds: 60, remaining: 4, resetsInSeconds: 50 },
      { class: "tries", limit: 10, windowSeconds: 300, remaining: 9, resetsInSeconds: 290 },
    ]);
});

test("the headers name every window once, and the state of the tightest", async () => {
  const limiter = createLimiter({ clock: manualClock(startAt) });
  expect(policyText(of("a", "b"))).toBe('"tries";q=5;w=60, "tries-300s";q=10;w=300');
  expect(stateText(await limiter.take(of("a", "b")))).toBe('"tries";r=4;t=60');
});

test("an address counts the same in any letter case, and is not to be read from its subject", () => {
  expect(personSubject("Ann@Example.com")).toBe(personSubject("ann@example.com"));
  expect(personSubject("ann@example.com")).toMatch(/^email_[0-9a-f]{24}$/);
});

test("tests may leave sign-in and ceilings out, and nothing else", async () => {
  const limiter = createLimiter({ relaxed: true });
  const once = (kind?: "auth" | "ceiling") => [
    {
      rule: { name: `k${kind}`, windows: [{ limit: 1, seconds: 60 }], ...(kind ? { kind } : {}) },
      subject: "s",
    },
  ];
  for (const kind of ["auth", "ceiling"] as const)
    for (let i = 0; i < 3; i += 1) expect((await limiter.take(once(kind))).allowed).toBe(true);
  await limiter.take(once());
  expect((await limiter.take(once())).allowed).toBe(false);
});
