import type { Hub } from "../../realtime/index.ts";
import type { OrgId } from "../../ids.ts";
import { orgOf, type JobId, type JobState } from "../kind.ts";

/** Realtime topic: `{id, state, percent}` of a job, or `{id: null}` when many of an organization changed at once. */
export const JOB_UPDATED = "job.updated";
const EVERY_MS = 1_000;
const GATHER_MS = 100;
/** More changes of one organization than this within `GATHER_MS` are told as one. */
const MANY = 20;

type Change = { id: JobId; state: JobState; percent: number | null };

export type News = {
  /** Tells pages that the job changed: at once, or a second after it was told last. */
  tell(
    job: { id: JobId; org: OrgId },
    state: JobState,
    counts: { done: number; failed: number; total: number | null } | null,
  ): void;
  stop(): void;
};

/** Percent of the items that are behind; null while their number is unknown. */
export function percentOf(
  state: JobState,
  counts: { done: number; failed: number; total: number | null } | null,
): number | null {
  if (state === "completed") return 100;
  if (!counts?.total) return null;
  return Math.min(100, Math.floor((100 * (counts.done + counts.failed)) / counts.total));
}

export function createNews(hub: Hub): News {
  const pending = new Map<JobId, Change & { org: OrgId; dueAt: number }>();
  const told = new Map<JobId, number>();
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    timer = undefined;
    const now = performance.now();
    const due = [...pending.values()].filter(({ dueAt }) => dueAt <= now);
    const byOrg = Map.groupBy(due, ({ org }) => org);
    for (const [org, changes] of byOrg) {
      if (changes.length > MANY) hub.publish(JOB_UPDATED, orgOf(org), { id: null });
      else
        for (const { id, state, percent } of changes)
          hub.publish(JOB_UPDATED, orgOf(org), { id, state, percent }, id);
    }
    for (const { id } of due) {
      pending.delete(id);
      told.set(id, now);
    }
    for (const [id, at] of told) if (now - at > EVERY_MS && !pending.has(id)) told.delete(id);
    if (pending.size > 0) timer = setTimeout(flush, GATHER_MS);
  };
  return {
    tell({ id, org }, state, counts) {
      const last = told.get(id);
      const dueAt = last === undefined ? performance.now() : last + EVERY_MS;
      pending.set(id, { id, org, state, percent: percentOf(state, counts), dueAt });
      timer ??= setTimeout(flush, GATHER_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
