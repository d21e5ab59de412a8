import { afterEach, expect, test, vi } from "vitest";
import { createLogger, createMetrics, context, type Metrics } from "../telemetry/index.ts";
import { createLoops, type Loops } from "./loops.ts";
import { soon } from "../../../test/harness/soon.ts";

const HOUR_MS = 3_600_000;
let loops: Loops;
let metrics: Metrics;
let lines: string[];

function begin(): void {
  lines = [];
  metrics = createMetrics("0");
  loops = createLoops(createLogger("error", { write: (line) => void lines.push(line) }), metrics);
}
afterEach(async () => {
  vi.useRealTimers();
  await loops.stop(1_000);
});

/** Work that ends when told; `next()` resolves when a run has begun. */
function controlled() {
  const begun: PromiseWithResolvers<void>[] = [];
  let beginnings = Promise.withResolvers<void>();
  const work = () => {
    const run = Promise.withResolvers<void>();
    begun.push(run);
    beginnings.resolve();
    return run.promise;
  };
  const next = async () => {
    await beginnings.promise;
    beginnings = Promise.withResolvers<void>();
    return begun.at(-1) as PromiseWithResolvers<void>;
  };
  return { work, next, begun };
}

test("work runs at once, then every so often, one run at a time", async () => {
  vi.useFakeTimers();
  begin();
  const { work, begun } = controlled();
  loops.every("t", 1_000, work);
  await vi.advanceTimersByTimeAsync(0);
  expect(begun.length).toBe(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(begun.length).toBe(1);
  begun[0]?.resolve();
  await vi.advanceTimersByTimeAsync(999);
  expect(begun.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(begun.length).toBe(2);
  begun[1]?.resolve();
});

test("a loop woken while idle runs at once; woken during a run, however often, it runs once more", async () => {
  begin();
  const { work, next, begun } = controlled();
  const loop = loops.every("t", HOUR_MS, work);
  const first = await next();
  loop.wake();
  loop.wake();
  first.resolve();
  (await next()).resolve();
  await soon(async () => expect(await metrics.text()).toContain('kind="t",outcome="ok"} 2'));
  loop.wake();
  (await next()).resolve();
  expect(begun.length).toBe(3);
});

test("a run that says there is more is followed at once", async () => {
  begin();
  const done = Promise.withResolvers<void>();
  let left = 3;
  loops.every("t", HOUR_MS, async () => {
    left -= 1;
    if (left === 0) done.resolve();
    return left > 0;
  });
  await done.promise;
  expect(left).toBe(0);
});

test("a failed run is logged and counted, and the loop goes on", async () => {
  begin();
  let runs = 0;
  const loop = loops.every("t", HOUR_MS, async () => {
    runs += 1;
    if (runs === 1) throw new Error("the reason");
  });
  await soon(() => expect(lines.join()).toContain("the reason"));
  loop.wake();
  await soon(() => expect(runs).toBe(2));
  await soon(async () => expect(await metrics.text()).toMatch(/outcome="ok"\} 1/));
  expect(await metrics.text()).toContain('kind="t",outcome="failed"} 1');
});

test("each run gathers its own context", async () => {
  begin();
  const seen: unknown[] = [];
  const done = Promise.withResolvers<void>();
  loops.every("t", HOUR_MS, async () => {
    seen.push(context()?.fields.mark);
    context()?.note("mark", true);
    if (seen.length === 2) done.resolve();
    return seen.length < 2;
  });
  await done.promise;
  expect(seen).toEqual([undefined, undefined]);
});

test("stopping tells the run under way, waits for it, and lets no other start", async () => {
  begin();
  const started = Promise.withResolvers<AbortSignal>();
  const end = Promise.withResolvers<void>();
  let runs = 0;
  const loop = loops.every("t", 1, async (signal) => {
    runs += 1;
    started.resolve(signal);
    await end.promise;
    return true;
  });
  const signal = await started.promise;
  let stopped = false;
  const stopping = loops.stop(60_000).then(() => (stopped = true));
  expect(signal.aborted).toBe(true);
  await new Promise(setImmediate);
  expect(stopped).toBe(false);
  loop.wake();
  end.resolve();
  await stopping;
  loop.wake();
  await new Promise(setImmediate);
  expect(runs).toBe(1);
});

test("a run that does not end is waited for no longer than said", async () => {
  begin();
  const { work, next } = controlled();
  loops.every("t", HOUR_MS, work);
  const run = await next();
  const startedAt = performance.now();
  await loops.stop(20);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  run.resolve();
});
