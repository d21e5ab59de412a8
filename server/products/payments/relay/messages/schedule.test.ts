import { expect, test } from "vitest";
import { addressFault } from "../endpoints/endpoint.ts";
import { nextAttemptAt, readRetryAfter } from "./schedule.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const wait = (attempts: number, random = 0.5, retryAfterMs: number | null = null) => {
  const at = nextAttemptAt(NOW, attempts, { random, retryAfterMs });
  return at && (at.getTime() - NOW.getTime()) / 1000;
};

test("ten attempts: at once, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h, each give or take a tenth", () => {
  const hours = 3_600;
  const waits = [5, 300, 1_800, 2 * hours, 5 * hours, 10 * hours, 14 * hours, 20 * hours, 24 * hours];
  expect(waits.map((_, index) => wait(index + 1))).toEqual(waits);
  expect(wait(10)).toBeNull();
  expect([wait(2, 0), wait(2, 0.999_999)]).toEqual([270, 330]);
});

test("a receiver may ask for more time, not for less, and for a day at most", () => {
  expect(wait(1, 0.5, 60_000)).toBe(60);
  expect(wait(2, 0.5, 60_000)).toBe(300);
  expect(wait(1, 0.5, 10 * 86_400_000)).toBe(86_400);
  expect(readRetryAfter("120", NOW)).toBe(120_000);
  expect(readRetryAfter("Sun, 01 Mar 2026 12:01:00 GMT", NOW)).toBe(60_000);
  expect(readRetryAfter("soon", NOW)).toBeNull();
  expect(readRetryAfter(null, NOW)).toBeNull();
});

test("an address is https and names no machine inside a network, unless the installation says so", () => {
  const none = new Set<string>();
  expect(addressFault("https://hooks.example.com/in?a=1", none)).toBeNull();
  expect(addressFault("https://1.1.1.1/", none)).toBeNull();
  for (const url of [
    "http://hooks.example.com/",
    "https://me:secret@hooks.example.com/",
    "https://127.0.0.1/",
    "https://10.0.0.7/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://2130706433/",
  ])
    expect([url, addressFault(url, none)]).toEqual([url, expect.any(String)]);
  expect(addressFault("http://127.0.0.1:4010/x", new Set(["127.0.0.1:4010"]))).toBeNull();
  expect(addressFault("http://127.0.0.1:4011/x", new Set(["127.0.0.1:4010"]))).not.toBeNull();
});
