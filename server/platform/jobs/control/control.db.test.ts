import { once } from "node:events";
import { expect, test } from "vitest";
import { useJobs } from "../../../../test/harness/job-tests.ts";
import { withTx } from "../../db/index.ts";
import { newId } from "../../ids.ts";
import { soon } from "../../../../test/harness/soon.ts";

const { owner, org, begin, enqueue, rowOf, becomes } = useJobs();
const anyone = () => true;
/** Ends only when told to, as a job should. */
const untilTold = async ({ signal }: { signal: AbortSignal }): Promise<never> => {
  await once(signal, "abort");
  throw signal.reason;
};

test("a waiting job is cancelled at once and never runs; a second cancel finds it ended", async () => {
  let runs = 0;
  const process = begin(async () => void (runs += 1));
  const id = await enqueue(process, { dedupeKey: "a", dedupe: "unfinished" });
  expect(await process.jobs.cancel(org, id, anyone)).toMatchObject({ state: "cancelled" });
  await expect(process.jobs.cancel(org, id, anyone)).rejects.toMatchObject({
    kind: { code: "job_finished" },
  });
  process.work();
  await becomes(await enqueue(process, { dedupeKey: "a", dedupe: "unfinished" }), "completed");
  expect(runs).toBe(1);
  expect(await rowOf(id)).toMatchObject({ state: "cancelled" });
});

test("a job that runs in another process is cancelled within 5 s; what it did stays", async () => {
  const begun = Promise.withResolvers<void>();
  const worker = begin(async (ctx) => {
    await ctx.markDone("a");
    begun.resolve();
    await untilTold(ctx);
  });
  const other = begin(async () => undefined);
  worker.work();
  const id = await enqueue(other);
  await begun.promise;
  const askedAt = performance.now();
  expect(await other.jobs.cancel(org, id, anyone)).toMatchObject({ state: "cancelling" });
  await becomes(id, "cancelled");
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  expect(await rowOf(id)).toMatchObject({ done: 1 });
  const { rowCount } = await owner().query("select from platform.job_items where done");
  expect(rowCount).toBe(1);
});

test("a job that ignores being cancelled is ended all the same, and can do nothing more that is kept", async () => {
  const release = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const process = begin(async ({ markDone }) => {
    await release.promise;
    late.resolve(await markDone("late").catch((error: unknown) => error));
  });
  process.work();
  const id = await enqueue(process);
  await becomes(id, "running");
  const askedAt = performance.now();
  await process.jobs.cancel(org, id, anyone);
  await becomes(id, "cancelled");
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  release.resolve();
  expect(await late.promise).toBeInstanceOf(Error);
  expect((await owner().query("select from platform.job_items")).rowCount).toBe(0);
});

test("a job whose process is gone is cancelled as well", async () => {
  const process = begin(async () => undefined);
  const id = await enqueue(process);
  await owner().query(
    `update platform.job_queue set state = 'running', claim = 'run_gone', lease_until = $1 where job_id = $2`,
    [new Date(process.clock.now().getTime() + 30_000), id],
  );
  expect(await process.jobs.cancel(org, id, anyone)).toMatchObject({ state: "cancelling" });
  process.work();
  process.clock.advance(4_000);
  await becomes(id, "cancelled");
});

test("cancelling needs the right to, and a job that is one's own", async () => {
  const process = begin(async () => undefined);
  const id = await enqueue(process);
  await expect(process.jobs.cancel(org, id, () => false)).rejects.toMatchObject({ kind: { status: 403 } });
  const elsewhere = process.jobs.cancel(newId("org"), id, anyone);
  await expect(elsewhere).rejects.toMatchObject({ kind: { status: 404 } });
  expect(await rowOf(id)).toMatchObject({ state: "queued" });
});

test("a lapsed lease is taken over, and the process that lost it can keep nothing of its run", async () => {
  const stale = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  const hung = begin(async ({ once: doOnce }) => {
    await stale.promise;
    late.resolve(await doOnce("a", async () => undefined).catch((error: unknown) => error));
  });
  hung.work();
  const id = await enqueue(hung);
  await becomes(id, "running");
  const ran: number[] = [];
  const other = begin(async ({ attempt, once: doOnce }) => {
    await doOnce("b", async () => void ran.push(attempt));
  });
  other.clock.advance(31_000);
  other.work();
  await becomes(id, "completed");
  stale.resolve();
  expect(await late.promise).toBeInstanceOf(Error);
  expect(ran).toEqual([1]);
  const { rows } = await owner().query("select item from platform.job_items");
  expect(rows).toEqual([{ item: "b" }]);
  expect(await rowOf(id)).toMatchObject({ state: "completed", lapses: 1, attempts: 1 });
});

test("a job that kills every process under it ends", async () => {
  const process = begin(async () => undefined);
  const id = await enqueue(process);
  await owner().query("update platform.jobs set lapses = 10, state = 'running', attempts = 1 where id = $1", [
    id,
  ]);
  await owner().query(
    "update platform.job_queue set state = 'running', claim = 'run_gone', lease_until = $1 where job_id = $2",
    [process.clock.now(), id],
  );
  process.work();
  await becomes(id, "failed");
  expect(await rowOf(id)).toMatchObject({ error_code: "lease_lost" });
});

test("a process that is told to stop hands its jobs back, and the attempt does not count", async () => {
  const ran: number[] = [];
  const first = begin(async (ctx) => {
    ran.push(ctx.attempt);
    await untilTold(ctx);
  });
  first.work();
  const id = await enqueue(first);
  await soon(() => expect(ran).toEqual([1]));
  await first.stop();
  expect(await rowOf(id)).toMatchObject({ state: "queued", attempts: 0 });
  const second = begin(async ({ attempt }) => void ran.push(attempt));
  second.work();
  await becomes(id, "completed");
  expect(ran).toEqual([1, 1]);
});

test("jobs of a paused organization wait, also those enqueued meanwhile; others go on", async () => {
  const ran: unknown[] = [];
  const process = begin(async ({ orgId }) => void ran.push(orgId));
  const before = await enqueue(process);
  await withTx(process.db, org, (tx) => process.jobs.pause(tx, org));
  process.work();
  const [during, other] = [await enqueue(process), newId("org")];
  await becomes(await enqueue(process, { orgId: other }), "completed");
  await soon(async () => {
    const { rows } = await owner().query("select distinct state from platform.job_queue");
    expect(rows).toEqual([{ state: "held" }]);
  });
  expect(ran).toEqual([other]);
  await withTx(process.db, org, (tx) => process.jobs.resume(tx, org));
  for (const id of [before, during]) await becomes(id, "completed");
});
