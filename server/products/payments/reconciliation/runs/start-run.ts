import { audit, INSTALLATION } from "../../../../kernel/identity/index.ts";
import { addMs } from "../../../../platform/clock.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import { newId } from "../../../../platform/ids.ts";
import { Problem, common } from "../../../../platform/problem.ts";
import { paymentsProblems } from "../../problems.ts";
import { DAY_MS, daysOf, startOfDay } from "./days.ts";
import type { ReconciliationDeps } from "../deps.ts";
import type { ProviderBooks } from "../books/provider-books.ts";
import { failLostRuns, findLastNight, insertRun, type RunRow } from "./run-store.ts";

/** A day and its parts; a company's reporting takes no more at once. */
const MOST_DAYS = 31;
/** After midnight UTC. */
const NIGHTLY_MS = 5 * 3_600_000;
/** Longer than all attempts of a run together. */
const LOST_MS = 6 * 3_600_000;

export const RECONCILE_JOB = "payments.reconcile";

export type NewRun = { accountId: string; mode: "test" | "live"; from: Date; to: Date; actorId: string };

/**
 * Starts comparing an account's books of [from, to), by a durable job. 422 for an account we do not have in this mode or a
 * time that is empty, in the future or over 31 days; 409 `run_in_progress`.
 */
export function startRun(deps: ReconciliationDeps, input: NewRun): Promise<RunRow> {
  const { clock, db } = deps;
  const books = deps.books.find(
    ({ accountId, mode }) => accountId === input.accountId && mode === input.mode,
  );
  if (!books) throw invalid("/account_id", "is not an account of ours");
  if (input.from >= input.to) throw invalid("/to", "must be after from");
  if (input.to.getTime() - input.from.getTime() > MOST_DAYS * DAY_MS)
    throw invalid("/to", `must be at most ${MOST_DAYS} days after from`);
  if (input.from > clock.now()) throw invalid("/from", "must not be in the future");
  return withSystemTx(db, async (tx) => {
    const run = await insert(deps, tx, books, { ...input, night: null });
    if (!run) throw new Problem(paymentsProblems.run_in_progress);
    await audit(tx, clock.now(), {
      orgId: INSTALLATION,
      actorId: input.actorId,
      action: "reconciliation.started",
      targetId: run.id,
      detail: { account: input.accountId, from: input.from.toISOString(), to: input.to.toISOString() },
    });
    return run;
  });
}

/**
 * Once after 05:00 UTC: every account's days since its last complete night, at most 31. A night whose run is under way, or
 * was started before, is left alone. Returns how many were started.
 */
export async function startNightly(deps: ReconciliationDeps): Promise<number> {
  const { clock, db } = deps;
  const now = clock.now();
  const midnight = startOfDay(now);
  await withSystemTx(db, (tx) => failLostRuns(tx, addMs(now, -LOST_MS), now));
  if (now.getTime() - midnight.getTime() < NIGHTLY_MS) return 0;
  let started = 0;
  for (const books of deps.books) {
    const run = await withSystemTx(db, async (tx) => {
      const last = await findLastNight(tx, books.accountId);
      const earliest = addMs(midnight, (last ? -MOST_DAYS : -1) * DAY_MS);
      const from = last && last > earliest ? last : earliest;
      const night = midnight.toISOString().slice(0, 10);
      if (from >= midnight) return null;
      return insert(deps, tx, books, { from, to: midnight, night, actorId: null });
    });
    if (run) started += 1;
  }
  return started;
}

async function insert(
  { clock, jobs }: ReconciliationDeps,
  tx: Parameters<typeof insertRun>[0],
  books: ProviderBooks,
  { from, to, night, actorId }: { from: Date; to: Date; night: string | null; actorId: string | null },
): Promise<RunRow | null> {
  const run = await insertRun(tx, books, {
    id: newId("run"),
    from_at: from,
    to_at: to,
    night,
    days: daysOf(from, to).length,
    created_by: actorId,
    created_at: clock.now(),
  });
  if (run)
    await jobs.enqueue(tx, {
      kind: RECONCILE_JOB,
      orgId: null,
      payload: { run_id: run.id },
      createdBy: actorId,
      dedupeKey: run.id,
    });
  return run;
}

const invalid = (pointer: string, detail: string) =>
  new Problem(common.invalid_input, { errors: [{ pointer, detail }] });
