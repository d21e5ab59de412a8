import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { useJobs } from "../../../../test/harness/job-tests.ts";
import { offsetClock } from "../../clock.ts";

const { owner, url, begin, enqueue, rowOf, becomes } = useJobs();
const CHILD = resolve(import.meta.dirname, "../../../../test/harness/job-child.ts");
const JOBS = 12;
const ITEMS = 20;

test("a worker killed in the middle of its jobs loses nothing and doubles nothing", async () => {
  await owner().query(
    "create table public.effects (job_id text, item int); grant insert on public.effects to holdfast_app",
  );
  const effects = async () => (await owner().query("select job_id, item from public.effects")).rows;
  // Its clock stands a lease ahead, so that what the dead process held has lapsed.
  const clock = offsetClock(31_000);
  const second = begin(
    async ({ id, payload, once: doOnce }) => {
      for (let item = 0; item < payload.n; item += 1)
        await doOnce(String(item), async (tx) => {
          await tx.query("effect", "insert into effects (job_id, item) values ($1, $2)", [id, item]);
        });
    },
    {},
    clock,
  );
  const child = spawn(process.execPath, [CHILD, url()], { stdio: "ignore" });
  const gone = once(child, "exit");
  const ids = await Promise.all(
    Array.from({ length: JOBS }, () => enqueue(second, { payload: { n: ITEMS }, runAt: new Date() })),
  );
  await vi.waitFor(async () => expect((await effects()).length).toBeGreaterThan(30), { timeout: 20_000 });
  child.kill("SIGKILL");
  await gone;
  const before = await effects();
  expect(before.length).toBeLessThan(JOBS * ITEMS);
  second.work();
  for (const id of ids) await becomes(id, "completed");
  const done = (await effects()).map((row) => `${String(row.job_id)} ${String(row.item)}`);
  expect(done.toSorted()).toEqual(
    ids.flatMap((id) => Array.from({ length: ITEMS }, (_, item) => `${id} ${item}`)).toSorted(),
  );
  const lapsed = await Promise.all(ids.map(async (id) => Number((await rowOf(id)).lapses)));
  expect(Math.max(...lapsed)).toBe(1);
}, 60_000);
