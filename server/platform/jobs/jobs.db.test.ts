import { expect, test } from "vitest";
import { START, useJobs } from "../../../test/harness/job-tests.ts";
import { withSystemTx, withTx } from "../db/index.ts";
import { newId } from "../ids.ts";
import { problems } from "../problem.ts";
import { GiveUp } from "./index.ts";
import { soon } from "../../../test/harness/soon.ts";

const words = problems({ letter_refused: [422, "The letter was refused"] });
const { owner, org, begin, enqueue, rowOf, becomes } = useJobs();

test("a job is there with its transaction's commit, and never was without it", async () => {
  const ran: number[] = [];
  const process = begin(async ({ payload: { n } }) => void ran.push(n));
  process.work();
  const refused = withTx(process.db, org, async (tx) => {
    await process.jobs.enqueue(tx, { kind: "t", orgId: org, payload: { n: 1 } });
    throw new Error("rolled back");
  });
  await expect(refused).rejects.toThrow("rolled back");
  const id = await enqueue(process, { payload: { n: 2 } });
  await becomes(id, "completed");
  expect(ran).toEqual([2]);
  expect((await owner().query("select from platform.job_queue")).rowCount).toBe(0);
});

test("the installation's jobs belong to no organization, and are enqueued in any transaction", async () => {
  const seen: unknown[] = [];
  const process = begin(async ({ orgId }) => void seen.push(orgId));
  process.work();
  const id = await withSystemTx(process.db, (tx) =>
    process.jobs.enqueue(tx, { kind: "t", orgId: null, payload: { n: 1 } }),
  );
  await becomes(id, "completed");
  const other = await withSystemTx(process.db, (tx) =>
    process.jobs.enqueue(tx, { kind: "t", orgId: org, payload: { n: 1 } }),
  );
  await becomes(other, "completed");
  expect(seen).toEqual([null, org]);
});

test("a payload of another shape is refused where it is enqueued", async () => {
  const process = begin(async () => undefined);
  await expect(enqueue(process, { payload: { n: "one" } })).rejects.toThrow();
  expect((await owner().query("select from platform.jobs")).rowCount).toBe(0);
});

test("a failed job is tried three times, 2 s and 4 s apart ±25 %, then fails with public words", async () => {
  const attempts: number[] = [];
  const process = begin(async ({ attempt }) => {
    attempts.push(attempt);
    throw new Error("a secret reason");
  });
  process.work();
  const id = await enqueue(process);
  for (const [tried, baseMs] of [
    [1, 2_000],
    [2, 4_000],
  ] as const) {
    await becomes(id, "retrying");
    const waits = Number((await rowOf(id)).due_at) - process.clock.now().getTime();
    expect(waits).toBeGreaterThanOrEqual(baseMs * 0.75);
    expect(waits).toBeLessThanOrEqual(baseMs * 1.25);
    expect(attempts.length).toBe(tried);
    process.clock.advance(waits);
    await soon(() => expect(attempts.length).toBe(tried + 1));
  }
  await becomes(id, "failed");
  expect(attempts).toEqual([1, 2, 3]);
  expect(await rowOf(id)).toMatchObject({
    error_code: "internal",
    error_detail: "Something went wrong on our side",
  });
});

test("a job that gives up fails at once, with its problem's words", async () => {
  let runs = 0;
  const process = begin(async () => {
    runs += 1;
    throw new GiveUp(words.letter_refused);
  });
  process.work();
  const id = await enqueue(process);
  await becomes(id, "failed");
  expect(await rowOf(id)).toMatchObject({ error_code: "letter_refused", attempts: 1 });
  expect(runs).toBe(1);
});

test("a job that is due later waits until then", async () => {
  let runs = 0;
  const process = begin(async () => void (runs += 1));
  process.work();
  const id = await enqueue(process, { runAt: new Date(START.getTime() + 60_000) });
  expect(await rowOf(id)).toMatchObject({ state: "scheduled" });
  await becomes(await enqueue(process), "completed");
  expect(runs).toBe(1);
  process.clock.advance(60_000);
  await becomes(id, "completed");
});

test("one job per key: for as long as it is kept, or until it ends", async () => {
  const process = begin(async () => undefined);
  const kept = { dedupeKey: "a" };
  const [first, second] = await Promise.all([enqueue(process, kept), enqueue(process, kept)]);
  expect(first).toBe(second);
  const other = await enqueue(process, { ...kept, orgId: newId("org") });
  expect(other).not.toBe(first);
  const open = await enqueue(process, { dedupeKey: "b", dedupe: "unfinished" });
  expect(await enqueue(process, { dedupeKey: "b", dedupe: "unfinished" })).toBe(open);
  process.work();
  for (const id of [first, open]) await becomes(id, "completed");
  expect(await enqueue(process, kept)).toBe(first);
  expect(await enqueue(process, { dedupeKey: "b", dedupe: "unfinished" })).not.toBe(open);
});

test("a job out of time is told to end and tried again", async () => {
  const signals: AbortSignal[] = [];
  const process = begin(
    async ({ signal }) => {
      signals.push(signal);
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    { timeoutMs: 20 },
  );
  process.work();
  const id = await enqueue(process);
  await becomes(id, "retrying");
  expect(signals[0]?.aborted).toBe(true);
  expect(await rowOf(id)).toMatchObject({ error_code: "timeout", error_detail: "The job took too long" });
});
