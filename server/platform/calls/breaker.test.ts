import { expect, test } from "vitest";
import { createBreaker } from "./index.ts";

function breaker() {
  let now = 0;
  const one = createBreaker(() => now);
  const end = (count: number, ok: boolean) => {
    for (let i = 0; i < count; i += 1) one.ended(ok);
  };
  return { one, end, pass: (ms: number) => void (now += ms) };
}

test("half of twenty calls failed opens it; nineteen do not", () => {
  const { one, end } = breaker();
  end(9, true);
  end(10, false);
  expect(one.allows()).toBe(true);
  end(1, true);
  expect(one.allows()).toBe(false);
});

test("failures older than thirty seconds are forgotten", () => {
  const { one, end, pass } = breaker();
  end(19, false);
  pass(30_001);
  end(1, false);
  expect(one.allows()).toBe(true);
});

test("open, one call each five seconds is let through, and the first that works closes it", () => {
  const { one, end, pass } = breaker();
  end(20, false);
  pass(4_999);
  expect(one.allows()).toBe(false);
  pass(1);
  expect([one.allows(), one.allows()]).toEqual([true, false]);
  end(1, false);
  expect(one.allows()).toBe(false);
  pass(5_000);
  expect(one.allows()).toBe(true);
  end(1, true);
  end(19, false);
  expect(one.allows()).toBe(true);
});

test("a clock that is set back neither holds calls off nor counts what lies ahead of it", () => {
  const { one, end, pass } = breaker();
  pass(3_600_000);
  end(19, false);
  pass(-3_600_000);
  end(1, false);
  expect(one.allows()).toBe(true);
  end(19, false);
  expect(one.allows()).toBe(false);
  pass(-60_000);
  expect(one.allows()).toBe(true);
});
