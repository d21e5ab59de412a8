/** What tests of durable jobs share: a database per file, processes that know a kind `t`, and looks at their rows. */
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { z } from "zod";
import { manualClock, type Clock } from "../../server/platform/clock.ts";
import { withTx } from "../../server/platform/db/index.ts";
import { newId } from "../../server/platform/ids.ts";
import type { JobContext, JobId, JobKind, NewJob } from "../../server/platform/jobs/index.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { startJobProcess, type JobProcess } from "./jobs.ts";

export const START = new Date("2026-11-28T10:00:00Z");
const payload = z.strictObject({ n: z.int() });
type Run = (ctx: JobContext<{ n: number }>) => Promise<void>;
type Row = Record<string, unknown>;

/** Call it once, at the top of a file. Processes end and rows go after each test. */
export function useJobs() {
  const org = newId("org");
  let database: TestDatabase;
  let pool: pg.Pool;
  let processes: JobProcess[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  });
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    processes = [];
    await pool.query("truncate platform.jobs, platform.job_items, platform.job_queue, platform.job_pauses");
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });
  const rowOf = async (id: JobId): Promise<Row> =>
    (await pool.query<Row>("select * from platform.jobs where id = $1", [id])).rows[0] ?? {};
  return {
    org,
    owner: () => pool,
    url: () => database.url,
    /** A process whose clock moves only when told, unless it is given another. */
    begin<C extends Clock = ReturnType<typeof manualClock>>(
      run: Run,
      kind: Partial<JobKind<typeof payload>> = {},
      clock: C = manualClock(START) as unknown as C,
    ) {
      const one = startJobProcess(database.url, clock);
      one.jobs.define<typeof payload>({ kind: "t", payload, run, ...kind });
      processes.push(one);
      return { ...one, clock };
    },
    enqueue({ jobs, db }: JobProcess, job: Partial<NewJob> = {}): Promise<JobId> {
      const orgId = job.orgId ?? org;
      return withTx(db, orgId, (tx) => jobs.enqueue(tx, { kind: "t", orgId, payload: { n: 1 }, ...job }));
    },
    rowOf,
    becomes: (id: JobId, state: string) =>
      vi.waitFor(async () => expect(await rowOf(id)).toMatchObject({ state }), { timeout: 15_000 }),
  };
}
