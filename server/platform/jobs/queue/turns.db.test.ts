import { expect, test } from "vitest";
import { z } from "zod";
import { useJobs } from "../../../../test/harness/job-tests.ts";
import { newId, type OrgId } from "../../ids.ts";
import { claimJobs } from "./claim.ts";
import type { JobContext } from "../index.ts";
import { complete } from "../kind.ts";
import { soon } from "../../../../test/harness/soon.ts";

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
  await owner().query("update platform.job_turns set after_org = '', claims = 0");
  const other = newId("org");
  const process = begin(async () => undefined);
  await Promise.all(Array.from({ length: 5 }, () => enqueue(process, { orgId: other })));
  const kind = complete({ kind: "t", payload: z.unknown(), run: async () => undefined });
  const order: string[] = [];
  // One place at a time, each job over before the next claim: nothing but turns decides.
  for (let claims = 0; claims < 12; claims += 1) {
    const request = { kinds: new Map([["t", kind]]), free: 1, here: new Map(), leaseMs: 30_000 };
    const deps = { db: process.db, clock: process.clock };
    for (const job of await claimJobs(deps, { ...request, claim: newId("run") }))
      order.push(job.org === org ? "ours" : "theirs");
  }
  // Urgency and turns each go round by themselves, a place to each: hence two and two.
  const [ours, theirs] = ["ours", "theirs"];
  expect(order).toEqual([ours, ours, theirs, theirs, ours, ours, theirs, theirs, ours, ours, theirs, ours]);
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
  await soon(() => expect(running.length).toBe(4));
  const others = [newId("org"), newId("org")];
  for (const orgId of others) await enqueue(process, { orgId });
  await soon(() => expect(running).toEqual(expect.arrayContaining(others)));
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
