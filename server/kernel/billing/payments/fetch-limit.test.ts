import { expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import { createFetchLimit } from "./fetch-limit.ts";

const take = (limit: { take(): boolean }, times: number) =>
  Array.from({ length: times }, () => limit.take()).filter(Boolean).length;

test("a second's worth is taken at once, and no more until time has passed", () => {
  const clock = manualClock(new Date(0));
  const limit = createFetchLimit(clock, 4);
  expect(take(limit, 10)).toBe(4);
  clock.advance(249);
  expect(take(limit, 10)).toBe(0);
  clock.advance(1);
  expect(take(limit, 10)).toBe(1);
});

test("what is not taken is not saved up beyond a second, and a clock set back gives nothing", () => {
  const clock = manualClock(new Date(0));
  const limit = createFetchLimit(clock, 4);
  clock.advance(60_000);
  expect(take(limit, 10)).toBe(4);
  clock.advance(-60_000);
  expect(take(limit, 10)).toBe(0);
  clock.advance(1_000);
  expect(take(limit, 10)).toBe(4);
});
