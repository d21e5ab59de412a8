import { asTenant, type Tx } from "../../db/index.ts";
import { INSTALLATION, newId, type OrgId } from "../../ids.ts";
import { assert } from "../../problem.ts";
import { context } from "../../telemetry/index.ts";
import type { Defined, JobId, Priority } from "../kind.ts";
import { insertJob } from "../store.ts";

const PAYLOAD_BYTES = 64 * 1024;

export type NewJob = {
  /** A defined kind. */
  kind: string;
  /** Null: a job of the installation itself. */
  orgId: OrgId | null;
  /** Ids rather than what they name: no secret, no personal text. At most 64 KiB. */
  payload: unknown;
  /** Default: the kind's. */
  priority?: Priority;
  /** Default: now. */
  runAt?: Date;
  /** Who may cancel it besides admins: the person's or key's id. */
  createdBy?: string | null;
  /** While a job of this kind and organization has the key, that one is answered instead of making another. */
  dedupeKey?: string;
  /** How long it has the key: as long as its row is kept (the default; 7 days at least), or only until it ends. */
  dedupe?: "kept" | "unfinished";
};

/** Writes the job, or finds the one that has its dedupe key, in the caller's transaction. */
export async function enqueueJob(tx: Tx, kind: Defined, job: NewJob, now: Date): Promise<JobId> {
  const payload = JSON.stringify(kind.payload.parse(job.payload));
  assert(Buffer.byteLength(payload) <= PAYLOAD_BYTES, `the payload of ${job.kind} is small`);
  const org = job.orgId ?? INSTALLATION;
  const row = {
    id: newId("job"),
    kind: job.kind,
    priority: job.priority ?? kind.priority,
    payload,
    dedupeKey: job.dedupeKey ?? null,
    dedupeUntilEnd: job.dedupe === "unfinished",
    createdBy: job.createdBy ?? null,
    maxAttempts: kind.attempts,
    now,
    dueAt: job.runAt ?? now,
    traceparent: context()?.trace?.traceparent ?? null,
  };
  return asTenant(tx, org, () => insertJob(tx, org, row));
}
