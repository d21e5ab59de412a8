import { expect, test } from "vitest";
import { retryAt, waitUntil } from "./retry.ts";

const now = new Date("2026-03-01T00:00:00Z");
const minutes = (at: Date | null) => ((at?.getTime() ?? 0) - now.getTime()) / 60_000;

test("counted failures wait 1, 2, 4 … 60 minutes, spread by a quarter", () => {
  expect([1, 2, 3, 6, 7, 12].map((n) => minutes(retryAt(now, n, 0.5)))).toEqual([1, 2, 4, 32, 60, 60]);
  expect(minutes(retryAt(now, 2, 0))).toBe(1.5);
  expect(minutes(retryAt(now, 2, 1))).toBe(2.5);
});

test("waiting for a company starts at 5 s, grows to 10 minutes and ends after 3 days", () => {
  const after = (ms: number) => waitUntil(now, new Date(now.getTime() - ms), 0.5);
  expect(minutes(after(0)) * 60).toBe(5);
  expect(minutes(after(120_000))).toBe(1);
  expect(minutes(after(3_600_000 * 24))).toBe(10);
  expect(after(3 * 24 * 3_600_000)).toBeNull();
  const ours = waitUntil(now, new Date(now.getTime() - 30 * 24 * 3_600_000), 0.5, true);
  expect(minutes(ours)).toBe(10);
});
