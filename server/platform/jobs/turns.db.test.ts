import { expect, test, vi } from "vitest";
import { useJobs } from "../../../test/harness/job-tests.ts";
import { newId, type OrgId } from "../ids.ts";
import type { JobContext } from "./index.ts";

const { owner, org, begin, enqueue, becomes } = useJobs();

/** Jobs that wait already, as if enqueued long ago. */
async function backlog(orgId: OrgId, jobs: number, priority = 3): Promise<void> {
  await owner().query(
    `with made as (
       insert into platform.jobs (org_id, id, kind, state, priority, payload, max_attempts, created_at, due_at)
       select $1::text, 'job_' || lpad(to_hex(n), 32, '0'), 't', 'queued', $3::smallint, '{"n":1}', 3, now(), now()
       from generate_series($4::int, $4::int + $2::int - 1) n returning org_id, id, kind, priority, due_at)
     insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at)
     select id, org_id, kind, priority, 'queued', due_at from made`,
    [orgId, jobs, priority, (backlogs += 1) * 1_000_000],
  );
}
let backlogs = 0;

test("behind 100,000 jobs of one organization another's are next, in turns", async () => {
  await backlog(org, 100_000);
  const order: (OrgId | null)[] = [];
  const other = newId("org");
  const process = begin(async ({ orgId }) => void order.push(orgId));
  const ids = await Promise.all(Array.from({ length: 5 }, () => enqueue(process, { orgId: other })));
  process.work(4);
  for (const id of ids) await becomes(id, "completed");
  await process.stop();
  const last = order.lastIndexOf(other);
  // One of theirs for each of ours, and what one claim takes at once.
  expect(last).toBeLessThan(5 * 2 + 4);
  expect(order.slice(0, last).filter((one) => one === org).length).toBeGreaterThan(0);
}, 120_000);

test("however long one organization's jobs take, another's finds a place", async () => {
  const end = Promise.withResolvers<void>();
  const running: (OrgId | null)[] = [];
  const process = begin(async ({ orgId }) => {
    running.push(orgId);
    await end.promise;
  });
  await backlog(org, 50);
  process.work(8);
  await vi.waitFor(() => expect(running.length).toBe(4));
  const others = [newId("org"), newId("org")];
  for (const orgId of others) await enqueue(process, { orgId });
  await vi.waitFor(() => expect(running).toEqual(expect.arrayContaining(others)));
  expect(running.filter((one) => one === org).length).toBe(4);
  end.resolve();
});

test("urgent work goes first, and bulk work goes on beside it", async () => {
  const order: number[] = [];
  const process = begin(async ({ payload: { n } }) => void order.push(n));
  const bulk = newId("org");
  await backlog(org, 200, 1);
  await backlog(bulk, 200, 4);
  const low = await enqueue(process, { orgId: newId("org"), priority: 4, payload: { n: 4 } });
  const critical = await enqueue(process, { orgId: newId("org"), priority: 1, payload: { n: 2 } });
  process.work(2);
  for (const id of [low, critical]) await becomes(id, "completed");
  await process.stop();
  expect(order.indexOf(2)).toBeLessThan(8);
  expect(order.indexOf(4)).toBeLessThan(16);
});

test("a kind runs no more at once than it allows, over all processes and per organization", async () => {
  let running = 0;
  let most = 0;
  const mine = new Map<OrgId | null, number>();
  let mostOfOne = 0;
  const two = Promise.withResolvers<void>();
  const run = async ({ orgId, isDone }: JobContext) => {
    running += 1;
    mine.set(orgId, (mine.get(orgId) ?? 0) + 1);
    most = Math.max(most, running);
    mostOfOne = Math.max(mostOfOne, mine.get(orgId) ?? 0);
    if (running === 2) two.resolve();
    await two.promise;
    await isDone("a look that takes a while");
    mine.set(orgId, (mine.get(orgId) ?? 0) - 1);
    running -= 1;
  };
  const bounds = { atOnce: 2, atOncePerOrg: 1 };
  const [first, second] = [begin(run, bounds), begin(run, bounds)];
  const orgs = [org, newId("org"), newId("org")];
  const ids = await Promise.all(orgs.flatMap((orgId) => [1, 2, 3, 4].map(() => enqueue(first, { orgId }))));
  first.work();
  second.work();
  for (const id of ids) await becomes(id, "completed");
  expect([most, mostOfOne]).toEqual([2, 1]);
});
