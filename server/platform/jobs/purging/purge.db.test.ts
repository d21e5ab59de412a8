import { expect, test } from "vitest";
import { useJobs } from "../../../../test/harness/job-tests.ts";
import { addMs, manualClock } from "../../clock.ts";
import { newId, type OrgId } from "../../ids.ts";
import { purgeJobs } from "./purge.ts";

const { owner, org, begin } = useJobs();
const DAY_MS = 86_400_000;

async function make(orgId: OrgId, state: string, jobs: number, endedAt: Date): Promise<void> {
  await owner().query(
    `with made as (
       insert into platform.jobs (org_id, id, kind, state, priority, payload, max_attempts, created_at, due_at, finished_at)
       select $1::text, 'job_' || lpad(to_hex(n), 32, '0'), 't', $2, 3, '{}', 3, $3, $3, $3
       from generate_series($4::int, $4::int + $5::int - 1) n returning org_id, id)
     insert into platform.job_items (org_id, job_id, item, done) select org_id, id, 'a', true from made`,
    [orgId, state, endedAt, (made += 10_000), jobs],
  );
}
let made = 0;

test("ended jobs are kept 7 days, failed ones 30, and the last 100 and 1,000 of an organization however old", async () => {
  const clock = manualClock(new Date());
  const { db } = begin(async () => undefined, {}, clock);
  const other = newId("org");
  const ago = (days: number) => addMs(clock.now(), -days * DAY_MS);
  await make(org, "completed", 150, ago(8));
  await make(org, "completed", 60, ago(6));
  await make(org, "failed", 1_500, ago(31));
  await make(org, "partial", 50, ago(29));
  await make(other, "completed", 100, ago(400));
  let after: string | null = "";
  while (after !== null) after = await purgeJobs({ db, clock }, after);
  const { rows } = await owner().query(
    "select org_id, state, count(*)::int as kept from platform.jobs group by 1, 2 order by 1, 2",
  );
  const kept = Object.fromEntries(
    rows.map((row) => [`${row.org_id === org ? "ours" : "theirs"} ${String(row.state)}`, row.kept]),
  );
  expect(kept).toEqual({
    "ours completed": 100,
    "ours failed": 950,
    "ours partial": 50,
    "theirs completed": 100,
  });
  const { rows: items } = await owner().query("select count(*)::int as items from platform.job_items");
  expect(items).toEqual([{ items: 1_200 }]);
});
