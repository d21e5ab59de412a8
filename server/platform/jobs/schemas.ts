import { z } from "zod";
import { idParam, instant, listAnswer, listQuery } from "../http/index.ts";
import { STATES } from "./kind.ts";
import { percentOf } from "./reading/news.ts";
import type { KindStats } from "./reading/read.ts";
import type { JobRow } from "./store.ts";

const state = z.enum(STATES).meta({ id: "JobState" });

export const jobParams = z.object({ id: idParam("job") });

export const jobsQuery = z.strictObject({
  ...listQuery,
  state: z.enum(STATES).optional(),
  kind: z
    .string()
    .regex(/^[a-z][a-z0-9_.]*$/)
    .max(100)
    .optional(),
});

const jobShape = {
  id: idParam("job"),
  kind: z.string(),
  state,
  priority: z.int().min(1).max(4),
  /** Of the items; null while their number is unknown. */
  percent: z.int().nullable(),
  total: z.int().nullable(),
  done: z.int(),
  failed: z.int(),
  attempts: z.int(),
  max_attempts: z.int(),
  retries: z.int(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  created_by: z.string().nullable(),
  created_at: instant,
  due_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
};
export const job = z.object(jobShape).meta({ id: "Job" });
export const jobs = listAnswer(job).meta({ id: "Jobs" });
export const jobDetail = z
  .object({ ...jobShape, failures: z.array(z.object({ code: z.string(), count: z.int() })) })
  .meta({ id: "JobDetail" });

const millis = z.int().nullable();
export const jobStats = z
  .object({
    /** Whose jobs are counted: those of every organization for operators. */
    of: z.enum(["organization", "installation"]),
    data: z.array(
      z.object({
        kind: z.string(),
        counts: z.object(
          Object.fromEntries(STATES.map((name) => [name, z.int()])) as Record<string, z.ZodInt>,
        ),
        oldest_seconds: z.int().nullable(),
        per_minute: z.number(),
        wait_ms: z.object({ p50: millis, p95: millis }),
        run_ms: z.object({ p50: millis, p95: millis }),
      }),
    ),
  })
  .meta({ id: "JobStats" });

export const presentJob = (row: JobRow) => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  priority: row.priority,
  percent: percentOf(row.state, row),
  total: row.total,
  done: row.done,
  failed: row.failed,
  attempts: row.attempts,
  max_attempts: row.max_attempts,
  retries: row.retries,
  error: row.error_code === null ? null : { code: row.error_code, detail: row.error_detail ?? "" },
  created_by: row.created_by,
  created_at: row.created_at,
  due_at: row.due_at,
  started_at: row.started_at,
  finished_at: row.finished_at,
});

export const presentStats = ({ kind, counts, oldest_seconds, times }: KindStats) => ({
  kind,
  counts: Object.fromEntries(STATES.map((name) => [name, counts[name] ?? 0])),
  oldest_seconds,
  per_minute: Math.round(((times?.ended_per_hour ?? 0) / 60) * 100) / 100,
  wait_ms: { p50: times?.wait_p50_ms ?? null, p95: times?.wait_p95_ms ?? null },
  run_ms: { p50: times?.run_p50_ms ?? null, p95: times?.run_p95_ms ?? null },
});
