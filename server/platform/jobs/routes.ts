import { may, openCursor, sealCursor, type Http } from "../http/index.ts";
import type { Jobs } from "./index.ts";
import { readJob, readJobs, readStats } from "./reading/read.ts";
import * as schemas from "./schemas.ts";

const TAG = "Jobs";
const VIEW = { least: "viewer", permission: "jobs.view" } as const;
const MANAGE = { least: "admin", permission: "jobs.manage" } as const;

/** An organization's jobs: what they are doing, never what they were given. */
export function jobRoutes(http: Http, jobs: Jobs): void {
  readRoutes(http, jobs);
  actRoutes(http, jobs);
}

function readRoutes(http: Http, { deps }: Jobs): void {
  http.operation({
    method: "GET",
    path: "/api/jobs",
    id: "listJobs",
    tag: TAG,
    summary: "Jobs of the organization, newest first",
    access: VIEW,
    query: schemas.jobsQuery,
    answer: { status: 200, schema: schemas.jobs },
    async handle({ actor, query }) {
      const rows = await readJobs(deps, actor.orgId, {
        state: query.state ?? null,
        kind: query.kind ?? null,
        before: openCursor(query.cursor)?.id ?? null,
        limit: query.limit + 1,
      });
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      const more = rows.length > query.limit;
      return {
        data: page.map(schemas.presentJob),
        has_more: more,
        next_cursor: more && last ? sealCursor(last.created_at, last.id) : null,
      };
    },
  });
  http.operation({
    method: "GET",
    path: "/api/jobs/stats",
    id: "getJobStats",
    tag: TAG,
    summary: "Per kind: jobs by state (ended ones of 24 hours), oldest wait, rate and times of the last hour",
    access: MANAGE,
    answer: { status: 200, schema: schemas.jobStats },
    async handle({ actor }) {
      const all = actor.operator && actor.kind !== "key";
      const stats = await readStats(deps, all ? null : actor.orgId);
      return {
        of: all ? ("installation" as const) : ("organization" as const),
        data: stats.map(schemas.presentStats),
      };
    },
  });
  http.operation({
    method: "GET",
    path: "/api/jobs/:id",
    id: "getJob",
    tag: TAG,
    summary: "One job and what kept its items from being done",
    access: VIEW,
    params: schemas.jobParams,
    answer: { status: 200, schema: schemas.jobDetail },
    async handle({ actor, params }) {
      const row = await readJob(deps, actor.orgId, params.id);
      return { ...schemas.presentJob(row), failures: row.failures };
    },
  });
}

function actRoutes(http: Http, jobs: Jobs): void {
  http.operation({
    method: "DELETE",
    path: "/api/jobs/:id",
    id: "cancelJob",
    tag: TAG,
    summary:
      "Cancels a job: a waiting one at once, a running one within 5 s; what is done stays. Admins, or who made it",
    access: VIEW,
    params: schemas.jobParams,
    answer: { status: 200, schema: schemas.job },
    async handle({ actor, params }) {
      const own = new Set([actor.userId, actor.keyId].filter((id) => id !== null).map(String));
      const row = await jobs.cancel(
        actor.orgId,
        params.id,
        ({ created_by }) => may(actor, "jobs.manage") || (created_by !== null && own.has(created_by)),
      );
      return schemas.presentJob(row);
    },
  });
  http.operation({
    method: "POST",
    path: "/api/jobs/:id/retry",
    id: "retryJob",
    tag: TAG,
    summary: "Runs what a failed, partial or cancelled job has not done",
    access: MANAGE,
    params: schemas.jobParams,
    answer: { status: 202, schema: schemas.job },
    handle: async ({ actor, params }) => schemas.presentJob(await jobs.retry(actor.orgId, params.id)),
  });
}
