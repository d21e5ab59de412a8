import { z } from "zod";
import { idParam } from "../../../platform/http/index.ts";
import type { Jobs } from "../../../platform/jobs/index.ts";
import type { Inbox } from "../inbox.ts";
import { ATTEMPTS } from "./backfill.ts";

export const BACKFILL_JOB = "webhooks.backfill";
const TIMEOUT_MS = 5 * 60_000;
const FIRST_MS = 60_000;

/** The kind of job that reads a company's list; defined in every role, since any may enqueue one. One runs at a time. */
export function defineBackfillJobs(jobs: Pick<Jobs, "define">, inbox: Inbox): void {
  jobs.define({
    kind: BACKFILL_JOB,
    payload: z.object({ backfill_id: idParam("bfl") }),
    attempts: ATTEMPTS,
    backoff: (failures) => FIRST_MS * 2 ** (failures - 1),
    timeoutMs: TIMEOUT_MS,
    atOnce: 1,
    run: ({ payload, attempt, signal }) => inbox.runBackfill(payload.backfill_id, { attempt, signal }),
  });
}
