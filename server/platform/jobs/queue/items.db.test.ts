import { expect, test } from "vitest";
import { useJobs } from "../../../../test/harness/job-tests.ts";
import { problems } from "../../problem.ts";

const words = problems({ letter_refused: [422, "The letter was refused"] });
const { owner, org, begin, enqueue, rowOf, becomes } = useJobs();
const ITEMS = ["a", "b", "c"];

test("a job whose items are all done is completed, one with some left is partial, one with none done fails", async () => {
  const process = begin(async ({ payload: { n }, markDone, markFailed }) => {
    for (const [i, item] of ITEMS.entries())
      await (i < n ? markDone(item) : markFailed(item, words.letter_refused));
  });
  process.work();
  for (const [n, state, done] of [
    [3, "completed", 3],
    [1, "partial", 1],
    [0, "failed", 0],
  ] as const) {
    const id = await enqueue(process, { payload: { n } });
    await becomes(id, state);
    expect(await rowOf(id)).toMatchObject({ done, failed: 3 - done });
  }
});

test("a later attempt, and a retry by hand, leave done items alone", async () => {
  const did: string[] = [];
  let broken = 2;
  const process = begin(
    async ({ undone, once, markFailed }) => {
      for (const item of await undone(ITEMS)) {
        if (item === "c" && (broken -= 1) === 1) throw new Error("away");
        if (item === "c" && broken === 0) await markFailed(item, words.letter_refused);
        else await once(item, async () => void did.push(item));
      }
    },
    { backoff: () => 1_000 },
  );
  process.work();
  const id = await enqueue(process);
  await becomes(id, "retrying");
  process.clock.advance(1_250);
  await becomes(id, "partial");
  expect(did).toEqual(["a", "b"]);
  const again = await Promise.allSettled([process.jobs.retry(org, id), process.jobs.retry(org, id)]);
  expect(again.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  await becomes(id, "completed");
  expect(did).toEqual(["a", "b", "c"]);
  expect(await rowOf(id)).toMatchObject({ done: 3, failed: 0, retries: 1, attempts: 1 });
});

test("what is done under `once` is kept with its mark or not at all, and two at once do it once", async () => {
  let tries = 0;
  const ends: boolean[] = [];
  const process = begin(async ({ once }) => {
    tries += 1;
    const mark = (n: number) =>
      once("a", async (tx) => {
        await tx.query("mark", "insert into platform.job_pauses (org_id) values ($1)", [`org_mark_${n}`]);
        if (tries === 1) throw new Error("after the effect");
      });
    ends.push(...(await Promise.all([mark(tries), mark(tries)])));
  });
  process.work();
  const id = await enqueue(process);
  await becomes(id, "retrying");
  process.clock.advance(10_000);
  await becomes(id, "completed");
  expect(ends.toSorted()).toEqual([false, true]);
  const { rows } = await owner().query("select org_id from platform.job_pauses");
  expect(rows).toEqual([{ org_id: "org_mark_2" }]);
});

test("progress is kept, and shows as percent of the items", async () => {
  const reached = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const process = begin(async ({ progress }) => {
    progress(30, 120);
    reached.resolve();
    await end.promise;
  });
  process.work();
  const told: unknown[] = [];
  process.hub.subscribe(
    { wants: ({ topic }) => topic === "job.updated", send: ({ data }) => told.push(data) },
    null,
  );
  const id = await enqueue(process);
  await reached.promise;
  await expect.poll(() => told).toEqual([{ id, state: "running", percent: 25 }]);
  expect(await rowOf(id)).toMatchObject({ done: 30, total: 120 });
  end.resolve();
  await becomes(id, "completed");
  await expect.poll(() => told.at(-1)).toEqual({ id, state: "completed", percent: 100 });
  expect(told.length).toBe(2);
});
