import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import type { Json } from "../../../test/harness/client.ts";
import { manualClock } from "../clock.ts";
import { newId, type OrgId } from "../ids.ts";

let app: TestApp;
let org: OrgId;
const clock = manualClock(new Date());

beforeAll(async () => {
  app = await startTestApp({ clock });
  const me = await app.owner.call<{ organization: { id: OrgId } }>("GET", "/api/auth/me");
  org = me.body.organization.id;
});
afterAll(() => app.close());

type Made = { state?: string; kind?: string; orgId?: OrgId; createdBy?: string | null; endedAgoMs?: number };

/** A job of a kind that no worker knows. */
async function make({ state = "queued", kind = "test.kind", createdBy = null, ...more }: Made = {}) {
  const id = newId("job");
  const ended = more.endedAgoMs === undefined ? null : new Date(clock.now().getTime() - more.endedAgoMs);
  await app.sql(
    `with made as (
       insert into platform.jobs (org_id, id, kind, state, priority, payload, max_attempts, created_by, created_at, due_at,
         started_at, finished_at, total, done, failed, error_code, error_detail)
       values ($1, $2, $3, $4, 3, '{"secret":"hunter2"}', 3, $5, $6, $6, $7, $7, 8, 2, 1,
         case when $4 = 'failed' then 'timeout' end, case when $4 = 'failed' then 'The job took too long' end)
       returning org_id, id, kind, priority, state, due_at)
     insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at)
     select id, org_id, kind, priority, 'queued', due_at from made where state = 'queued'`,
    [more.orgId ?? org, id, kind, state, createdBy, clock.now(), ended],
  );
  return id;
}

test("jobs are listed newest first, by state and kind, page by page; no answer holds a payload", async () => {
  const kind = "list.kind";
  const ids = [
    await make({ kind }),
    await make({ kind, state: "failed", endedAgoMs: 0 }),
    await make({ kind }),
  ];
  await make({ kind, orgId: newId("org") });
  const list = async (query: string) =>
    (await app.owner.call<{ data: Json[]; next_cursor: string | null }>("GET", `/api/jobs?${query}`)).body;
  const first = await list(`kind=${kind}&limit=2`);
  expect(first.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
  const rest = await list(`kind=${kind}&limit=2&cursor=${first.next_cursor}`);
  expect(rest).toMatchObject({ data: [{ id: ids[0] }], has_more: false, next_cursor: null });
  const failed = await list(`kind=${kind}&state=failed`);
  expect(failed.data).toMatchObject([
    { id: ids[1], percent: 37, error: { code: "timeout", detail: "The job took too long" } },
  ]);
  const one = await app.owner.call("GET", `/api/jobs/${ids[1]}`);
  expect(one.body).toMatchObject({ id: ids[1], failures: [] });
  expect(JSON.stringify(first) + one.text).not.toContain("hunter2");
});

test("200 for an admin or who made it, 403 for others; 409 for a job that has ended", async () => {
  const [agent, viewer, admin] = [
    await app.member("agent"),
    await app.member("viewer"),
    await app.member("admin"),
  ];
  const me = await agent.call<{ user: { id: string } }>("GET", "/api/auth/me");
  const own = await make({ createdBy: me.body.user.id });
  const cancel = (who: typeof agent, id: string) => who.call("DELETE", `/api/jobs/${id}`);
  expect((await cancel(viewer, own)).status).toBe(403);
  expect((await cancel(agent, await make())).status).toBe(403);
  expect(await cancel(agent, own)).toMatchObject({ status: 200, body: { state: "cancelled" } });
  expect(await cancel(admin, own)).toMatchObject({ status: 409, body: { code: "job_finished" } });
  expect(await cancel(admin, await make())).toMatchObject({ status: 200, body: { state: "cancelled" } });
});

test("202 for what failed, ended in part or was cancelled; 409 for any other job, and for the second of two at once", async () => {
  for (const state of ["failed", "partial", "cancelled"]) {
    const id = await make({ state, endedAgoMs: 0 });
    const answers = await Promise.all(
      [1, 2].map(() => app.owner.call("POST", `/api/jobs/${id}/retry`, { idempotencyKey: null })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    expect(await app.sql("select state from platform.job_queue where job_id = $1", [id])).toEqual([
      { state: "queued" },
    ]);
  }
  for (const state of ["completed", "queued"]) {
    const id = await make({ state, ...(state === "completed" ? { endedAgoMs: 0 } : {}) });
    expect(await app.owner.call("POST", `/api/jobs/${id}/retry`)).toMatchObject({
      status: 409,
      body: { code: "job_not_retryable" },
    });
  }
});

test("admins see their organization's counts and times, operators those of all", async () => {
  const kind = "stats.kind";
  await make({ kind });
  await make({ kind, orgId: newId("org") });
  await make({ kind, state: "failed", endedAgoMs: 60_000 });
  await make({ kind, state: "completed", endedAgoMs: 25 * 3_600_000 });
  clock.advance(90_000);
  const stats = async (who: typeof app.owner) => {
    const { body } = await who.call<{ of: string; data: Json[] }>("GET", "/api/jobs/stats");
    return { of: body.of, ...body.data.find((row) => row.kind === kind) };
  };
  expect(await stats(await app.member("admin"))).toMatchObject({
    of: "organization",
    counts: { queued: 1, failed: 1, completed: 0 },
    oldest_seconds: 90,
    per_minute: 0.02,
    run_ms: { p50: 0, p95: 0 },
  });
  expect(await stats(app.owner)).toMatchObject({ of: "installation", counts: { queued: 2, failed: 1 } });
});

test("a page that asks by itself does not keep its session alive: idle for 30 min it ends", async () => {
  const person = await app.signIn();
  const headers = { "x-holdfast-background": "1" };
  const ask = async () => (await person.call("GET", "/api/jobs/stats", { headers })).status;
  for (const minutes of [10, 10, 9]) {
    clock.advance(minutes * 60_000);
    expect(await ask()).toBe(200);
  }
  clock.advance(2 * 60_000);
  expect(await ask()).toBe(401);
});

test("the metrics tell unfinished jobs by kind and state", async () => {
  await make({ kind: "metric.kind" });
  const { text } = await app.anonymous.call("GET", "/metrics");
  expect(text).toContain('holdfast_jobs{kind="metric.kind",state="queued"} 1');
  expect(text).toContain("# TYPE holdfast_job_wait_seconds histogram");
});
