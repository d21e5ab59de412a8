import { addMs } from "../../clock.ts";
import { withSystemTx } from "../../db/index.ts";
import { newId, type OrgId } from "../../ids.ts";
import { claimJobs } from "../queue/claim.ts";
import type { Defined, JobId } from "../kind.ts";
import type { Loop, Loops } from "../loops.ts";
import { listClaims, renewLeases } from "../queue/queue-store.ts";
import { runJob, type RunDeps, type Running } from "./run.ts";
import { sweepQueue } from "./sweep.ts";

/** A dead process's jobs restart within this and one sweep. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const POLL_MS = 1_000;
const SWEEP_MS = 1_000;
/** How often a process asks whether its jobs are to be cancelled, should it not have been told. */
const LOOK_MS = 1_500;

export type Worker = {
  /** Claims as soon as possible. */
  wake(): void;
  /** Looks at once whether jobs that run here are to be cancelled. */
  look(): void;
  /** Stops claiming, tells what runs to end, hands back what did not within `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
};

/** Starts claiming and running; `places` is how many jobs this process runs at once. */
export function startWorker(
  deps: RunDeps,
  loops: Loops,
  kinds: ReadonlyMap<string, Defined>,
  places: number,
): Worker {
  const { db, clock } = deps;
  const running = new Map<JobId, Running>();
  let stopping = false;
  const claims = () => [...new Set([...running.values()].map(({ claim }) => claim))];
  const here = () => {
    const counts = new Map<OrgId, number>();
    for (const { job } of running.values()) counts.set(job.org, (counts.get(job.org) ?? 0) + 1);
    return counts;
  };
  const begin = async (): Promise<boolean> => {
    const free = places - running.size;
    if (free <= 0 || stopping) return false;
    const claim = newId("run");
    const jobs = await claimJobs(deps, { kinds, free, here: here(), claim, leaseMs: LEASE_MS });
    for (const job of jobs) {
      const run = runJob(deps, kinds.get(job.kind) as Defined, job, claim);
      running.set(job.id, run);
      if (stopping) run.stop("stopping");
      void run.ended.finally(() => {
        running.delete(job.id);
        loop.wake();
      });
    }
    return jobs.length > 0;
  };
  const loop: Loop = loops.every("jobs.claim", POLL_MS, begin);
  const check = async (renew: boolean) => {
    if (running.size === 0) return;
    const asked = [...running.values()];
    const standing = await withSystemTx(db, (tx) =>
      renew ? renewLeases(tx, claims(), addMs(clock.now(), LEASE_MS)) : listClaims(tx, claims()),
    );
    const byId = new Map(standing.map((row) => [row.id, row]));
    for (const run of asked) {
      const row = byId.get(run.job.id);
      if (row?.claim !== run.claim) run.stop("lease_lost");
      else if (row.cancel) run.stop("cancelled");
    }
  };
  loops.every("jobs.renew", RENEW_MS, () => check(true));
  const looks = loops.every("jobs.look", LOOK_MS, () => check(false));
  loops.every("jobs.sweep", SWEEP_MS, () => sweepQueue(deps, () => loop.wake()));
  return {
    wake: () => loop.wake(),
    look: () => looks.wake(),
    async stop(timeoutMs) {
      stopping = true;
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      for (const run of running.values()) run.stop("stopping");
      await Promise.race([Promise.all([...running.values()].map(({ ended }) => ended)), late]);
      clearTimeout(timer);
    },
  };
}
