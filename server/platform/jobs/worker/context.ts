import { withTx, type Db, type Tx } from "../../db/index.ts";
import { assert, type ProblemKind } from "../../problem.ts";
import type { OrgId } from "../../ids.ts";
import { LeaseLost, orgOf, type JobContext } from "../kind.ts";
import { holdClaim, listDone, markItem, type Run, type Started } from "../store.ts";

const ITEM_CHARS = 200;
const MAX_ITEMS = 10_000;

export type Counts = { done: number; failed: number; total: number | null };

export type RunState = {
  db: Db;
  org: OrgId;
  run: Run;
  job: Started;
  payload: unknown;
  signal: AbortSignal;
  counts: Counts;
  /** Called whenever the counts have changed. */
  changed(): void;
};

/** What a running job is given. Nothing that it writes through here outlives the loss of its claim. */
export function createJobContext(state: RunState): JobContext {
  const { db, org, run, job, counts } = state;
  const mark = async (tx: Tx, item: string, errorCode: string | null): Promise<boolean> => {
    assert(item.length > 0 && item.length <= ITEM_CHARS, "an item's name has 1 to 200 characters");
    if (!(await holdClaim(tx, run))) throw new LeaseLost();
    return markItem(tx, org, run.id, item, errorCode);
  };
  const counted = (field: "done" | "failed") => {
    counts[field] += 1;
    state.changed();
  };
  const listUndone = async (items: readonly string[]) => {
    assert(items.length <= MAX_ITEMS, "at most 10,000 items are asked for at once");
    const done = await withTx(db, org, (tx) => listDone(tx, org, run.id, items));
    return items.filter((item) => !done.has(item));
  };
  return {
    id: run.id,
    orgId: orgOf(org),
    kind: job.kind,
    payload: state.payload,
    attempt: job.attempts,
    createdBy: job.created_by,
    signal: state.signal,
    progress(done, total) {
      counts.done = done;
      counts.total = total;
      state.changed();
    },
    async once(item, fn) {
      if ((await listUndone([item])).length === 0) return false;
      const won = await withTx(db, org, async (tx) => {
        // First, so that of two at once the second waits here and then finds it done.
        if (!(await mark(tx, item, null))) return false;
        await fn(tx);
        return true;
      });
      if (won) counted("done");
      return won;
    },
    async markDone(item, tx) {
      const won = tx ? await mark(tx, item, null) : await withTx(db, org, (own) => mark(own, item, null));
      if (!won) return;
      if (tx) tx.afterCommit(() => counted("done"));
      else counted("done");
    },
    async markFailed(item, problem: ProblemKind) {
      if (await withTx(db, org, (tx) => mark(tx, item, problem.code))) counted("failed");
    },
    isDone: async (item) => (await listUndone([item])).length === 0,
    undone: listUndone,
  };
}
