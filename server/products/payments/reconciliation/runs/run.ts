import { withSystemTx } from "../../../../platform/db/index.ts";
import { addMs } from "../../../../platform/clock.ts";
import { checkStanding, checkWindow } from "./check-window.ts";
import { daysOf } from "./days.ts";
import type { ReconciliationDeps } from "../deps.ts";
import type { ProviderBooks } from "../books/provider-books.ts";
import { beginRun, finishRun, touchRun, type RunRow } from "./run-store.ts";
import { sumRecords } from "../store.ts";
import { tellBreaks } from "../breaks/tell-breaks.ts";

export const PROGRESS_TOPIC = "reconciliation.progress";

/**
 * Carries out a run, day by day; begun again it starts from its first day, which finds what it found. `isLast`: nobody
 * tries again after this.
 */
export async function carryOut(
  deps: ReconciliationDeps,
  runId: string,
  { signal, isLast }: { signal: AbortSignal; isLast: boolean },
): Promise<void> {
  const { clock, db, hub } = deps;
  const run = await withSystemTx(db, (tx) => beginRun(tx, runId, clock.now()));
  if (!run) return;
  const tell = () => hub.publish(PROGRESS_TOPIC, null, { run_id: run.id }, run.id);
  const books = deps.books.find(({ accountId, mode }) => accountId === run.account_id && mode === run.mode);
  try {
    if (!books) throw new Error("the account of the run is not configured any more");
    await compare(deps, books, run, signal, tell);
  } catch (error) {
    // A run that was cancelled, or that no attempt is left to, must not hold up the account's next.
    if (isLast)
      await withSystemTx(db, (tx) => finishRun(tx, run.id, { errorCode: "failed", now: clock.now() }));
    throw error;
  } finally {
    tell();
  }
  await tellBreaks(deps);
}

async function compare(
  deps: ReconciliationDeps,
  books: ProviderBooks,
  run: RunRow,
  signal: AbortSignal,
  tell: () => void,
): Promise<void> {
  const { clock, db } = deps;
  const days = daysOf(run.from_at, run.to_at);
  for (const [index, day] of days.entries()) {
    await checkWindow(deps, books, day, signal);
    await withSystemTx(db, (tx) => touchRun(tx, run.id, index + 1, clock.now()));
    tell();
  }
  await checkStanding(deps, books);
  await withSystemTx(db, async (tx) => {
    const totals = await sumRecords(tx, books.accountId, run.from_at, run.to_at);
    const now = clock.now();
    await finishRun(tx, run.id, { totals, complete: isFinal(books, run.to_at, now), now });
  });
}

/** Nothing can be added any more to what the company booked before `to`. */
export const isFinal = ({ listedAfterMs }: ProviderBooks, to: Date, now: Date): boolean =>
  addMs(to, listedAfterMs) <= now;
