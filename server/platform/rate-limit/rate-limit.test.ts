import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { createLimiter } from "./index.ts";

const redisUrl = process.env["TEST_REDIS_URL"];

async function allowed(urls: (string | null)[], calls: number, connected = true): Promise<number> {
  const limiters = urls.map((url) => createLimiter(url));
  if (connected) await Promise.all(limiters.map(async (limiter) => vi.waitFor(() => limiter.probe())));
  const limit = { name: randomUUID(), perMinute: 50 };
  const verdicts = await Promise.all(
    Array.from({ length: calls }, (_, i) => limiters[i % limiters.length]?.take(limit, "s")),
  );
  for (const limiter of limiters) limiter.close();
  return verdicts.filter((verdict) => verdict?.allowed).length;
}

test("exactly the limit passes at once, and subjects do not share it", async () => {
  expect(await allowed([null], 200)).toBe(50);
  const limiter = createLimiter();
  const limit = { name: "own", perMinute: 1 };
  expect([await limiter.take(limit, "a"), await limiter.take(limit, "b")].map((v) => v.allowed)).toEqual([
    true,
    true,
  ]);
  expect(await limiter.take(limit, "a")).toMatchObject({ allowed: false, remaining: 0 });
  expect(await limiter.probe()).toBe("memory");
});

test("without an answering Redis the process counts for itself", async () => {
  expect(await allowed(["redis://127.0.0.1:1"], 100, false)).toBe(50);
});

test.skipIf(!redisUrl)("two processes share one count in Redis", async () => {
  expect(await allowed([redisUrl as string, redisUrl as string], 200)).toBe(50);
});
