import { addMs } from "../../../platform/clock.ts";
import { openCursor, personIn, pageOf, type Http } from "../../../platform/http/index.ts";
import { Problem } from "../../../platform/problem.ts";
import { sendDocument } from "../../../platform/report/index.ts";
import { paymentsProblems } from "../problems.ts";
import type { ReconciliationDeps } from "./deps.ts";
import { readBreaks, readReport, readRun, readRuns, readSummary } from "./read.ts";
import { reportDocument } from "./runs/report-document.ts";
import { resolveBreak } from "./breaks/resolve.ts";
import * as schemas from "./schemas.ts";
import { startRun } from "./runs/start-run.ts";

const HOUR_MS = 3_600_000;
const RESOLVE_TIMEOUT_MS = 50_000;
const operator = { tag: "Reconciliation", access: { least: "operator" } } as const;

/** The three sides, runs, breaks and what is done about them, for operators. */
export function reconciliationRoutes(http: Http, deps: ReconciliationDeps): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/reconciliation/summary",
    id: "getReconciliationSummary",
    summary: "Company, inbox and ledger side by side, over the last hours",
    query: schemas.summaryQuery,
    answer: { status: 200, schema: schemas.summary },
    handle: async ({ actor, query }) =>
      schemas.presentSummary(await readSummary(deps, { mode: actor.mode, hoursBack: query.hours_back })),
  });
  runRoutes(http, deps);
  reportRoute(http, deps);
  breakRoutes(http, deps);
}

function runRoutes(http: Http, deps: ReconciliationDeps): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/reconciliation/runs",
    id: "listReconciliationRuns",
    summary: "Comparisons of an account's books, newest first",
    query: schemas.runsQuery,
    answer: { status: 200, schema: schemas.runs },
    async handle({ actor, query }) {
      const rows = await readRuns(deps, {
        mode: actor.mode,
        accountId: query.account_id,
        limit: query.limit + 1,
        cursor: openCursor(query.cursor),
      });
      return pageOf(rows, query.limit, schemas.presentRun, (row) => [row.created_at, row.id]);
    },
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/reconciliation/runs",
    id: "startReconciliationRun",
    summary: "Compares an account's books of at most 31 days",
    idempotent: true,
    body: schemas.runInput,
    answer: { status: 202, schema: schemas.run },
    handle: async ({ actor, body }) =>
      schemas.presentRun(
        await startRun(deps, {
          accountId: body.account_id,
          mode: actor.mode,
          from: body.from,
          to: body.to,
          actorId: personIn(actor),
        }),
      ),
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/reconciliation/runs/:id",
    id: "getReconciliationRun",
    summary: "One comparison: how far it is, and its totals",
    params: schemas.runParams,
    answer: { status: 200, schema: schemas.run },
    handle: async ({ actor, params }) => schemas.presentRun(await readRun(deps, params.id, actor.mode)),
  });
}

function reportRoute(http: Http, deps: ReconciliationDeps): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/reconciliation/runs/:id/report",
    id: "getReconciliationReport",
    summary: "Totals and breaks of a run, as JSON, CSV or PDF",
    params: schemas.runParams,
    query: schemas.reportQuery,
    answer: { status: 200, schema: schemas.report },
    async handle({ actor, params, query: { format }, reply }) {
      const now = deps.clock.now();
      const report = schemas.presentReport(await readReport(deps, params.id, actor.mode), now);
      if (format === "json") return report;
      return sendDocument(reply, format, reportDocument(report), { name: params.id, now });
    },
  });
}

function breakRoutes(http: Http, deps: ReconciliationDeps): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/reconciliation/breaks",
    id: "listReconciliationBreaks",
    summary: "What the three sides do not agree on, newest first",
    query: schemas.breaksQuery,
    answer: { status: 200, schema: schemas.breaks },
    async handle({ actor, query }) {
      const now = deps.clock.now();
      const { min_age_hours: age } = query;
      const rows = await readBreaks(deps, {
        mode: actor.mode,
        kind: query.kind,
        state: query.state,
        before: age === undefined ? undefined : addMs(now, -age * HOUR_MS),
        limit: query.limit + 1,
        cursor: openCursor(query.cursor),
      });
      return pageOf(
        rows,
        query.limit,
        (row) => schemas.presentBreak(row, now),
        (row) => [row.occurred_at, row.id],
      );
    },
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/reconciliation/breaks/:id/resolve",
    id: "resolveReconciliationBreak",
    summary: "Does what the break asks for by the normal path and compares again, or accepts it",
    idempotent: true,
    proof: true,
    params: schemas.breakParams,
    body: schemas.resolveInput,
    answer: { status: 200, schema: schemas.breakAnswer },
    async handle({ actor, params, body }) {
      const input = { id: params.id, mode: actor.mode, ...body, actorId: personIn(actor) };
      try {
        const row = await resolveBreak(deps, input, AbortSignal.timeout(RESOLVE_TIMEOUT_MS));
        return schemas.presentBreak(row, deps.clock.now());
      } catch (cause) {
        if (cause instanceof Problem) throw cause;
        throw new Problem(paymentsProblems.company_unavailable, { cause, retryAfter: 60 });
      }
    },
  });
}
