/**
 * Jobs: a burst on a table that stood drained and was vacuumed and analysed beside the same burst on a fresh one, and how
 * long another organization's jobs wait behind a backlog of one.
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { migrate } from "../../../db/migrate.ts";
import { appRole } from "../../../db/roles.ts";
import { withTx } from "../../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../../server/platform/ids.ts";
import { startJobProcess, type JobProcess } from "../../harness/jobs.ts";

export type JobsBench = {
  freshPerSecond: number;
  /** The same burst after the first was drained and the tables vacuumed and analysed. */
  afterIdlePerSecond: number;
  /** From enqueued to running, of an organization that enqueues one job at a time behind the backlog. */
  delayP95Ms: number;
};

const APP_PASSWORD = "bench";
const PER_TRANSACTION = 50;
const ORGS = 20;
const PLACES = 20;
/** Each job of the backlog takes that long. */
const WORK_MS = 20;
const PROBE_EVERY_MS = 50;

export async function benchJobs(options: {
  ownerUrl: string;
  burst: number;
  backlog: number;
  probes: number;
}): Promise<JobsBench> {
  const name = `jobs_${newId("run").slice(-12)}`;
  const admin = new pg.Client({ connectionString: options.ownerUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const ownerUrl = rename(options.ownerUrl, name);
  const appUrl = new URL(ownerUrl);
  appUrl.username = appRole;
  appUrl.password = APP_PASSWORD;
  await migrate({ ownerUrl, appPassword: APP_PASSWORD });
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const freshPerSecond = await burst(appUrl.href, options.burst);
    await owner.query("vacuum analyze platform.jobs, platform.job_items, platform.job_queue");
    const afterIdlePerSecond = await burst(appUrl.href, options.burst);
    const delayP95Ms = await wait(appUrl.href, owner, options);
    return { freshPerSecond, afterIdlePerSecond, delayP95Ms };
  } finally {
    await owner.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}

function rename(url: string, database: string): string {
  const renamed = new URL(url);
  renamed.pathname = `/${database}`;
  return renamed.href;
}

async function burst(url: string, jobs: number): Promise<number> {
  const worker = startJobProcess(url);
  const drained = Promise.withResolvers<void>();
  let left = jobs;
  worker.jobs.define({
    kind: "bench.burst",
    payload: z.null(),
    async run() {
      left -= 1;
      if (left === 0) drained.resolve();
    },
  });
  worker.work(PLACES);
  const orgs = Array.from({ length: ORGS }, () => newId("org"));
  const startedAt = performance.now();
  for (let made = 0; made < jobs; made += PER_TRANSACTION)
    await enqueue(
      worker,
      orgs[(made / PER_TRANSACTION) % ORGS] as OrgId,
      Math.min(PER_TRANSACTION, jobs - made),
    );
  await drained.promise;
  const seconds = (performance.now() - startedAt) / 1_000;
  await worker.stop();
  return jobs / seconds;
}

function enqueue({ db, jobs }: JobProcess, orgId: OrgId, count: number): Promise<void> {
  return withTx(db, orgId, async (tx) => {
    for (let n = 0; n < count; n += 1) await jobs.enqueue(tx, { kind: "bench.burst", orgId, payload: null });
  });
}

async function wait(
  url: string,
  owner: pg.Client,
  { backlog, probes }: { backlog: number; probes: number },
): Promise<number> {
  await owner.query(
    `with made as (
       insert into platform.jobs (org_id, id, kind, state, priority, payload, max_attempts, created_at, due_at)
       select $1::text, 'job_' || lpad(to_hex(n), 32, '0'), 'bench.backlog', 'queued', 3, 'null', 3, now(), now()
       from generate_series(1, $2::int) n returning org_id, id, kind, priority, due_at)
     insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at)
     select id, org_id, kind, priority, 'queued', due_at from made`,
    [newId("org"), backlog],
  );
  const worker = startJobProcess(url);
  worker.jobs.define({ kind: "bench.backlog", payload: z.null(), run: () => delay(WORK_MS) });
  const delays: number[] = [];
  const done = Promise.withResolvers<void>();
  worker.jobs.define({
    kind: "bench.probe",
    payload: z.strictObject({ at: z.number() }),
    async run({ payload }) {
      delays.push(performance.now() - payload.at);
      if (delays.length === probes) done.resolve();
    },
  });
  worker.work(PLACES);
  const orgId = newId("org");
  for (let probe = 0; probe < probes; probe += 1) {
    const at = performance.now();
    await withTx(worker.db, orgId, (tx) =>
      worker.jobs.enqueue(tx, { kind: "bench.probe", orgId, payload: { at } }),
    );
    await delay(PROBE_EVERY_MS);
  }
  await done.promise;
  await worker.stop();
  delays.sort((a, b) => a - b);
  return delays[Math.floor(delays.length * 0.95)] ?? Number.NaN;
}
