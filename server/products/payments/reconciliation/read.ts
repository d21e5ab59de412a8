import { findSealOf } from "../../../kernel/ledger/index.ts";
import { withOperatorTx, withSystemTx } from "../../../platform/db/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { Problem, common } from "../../../platform/problem.ts";
import {
  countBreaks,
  findBreak,
  listBreaks,
  type BreakCount,
  type BreakFilter,
  type BreakRow,
} from "./breaks/break-store.ts";
import type { ReconciliationDeps } from "./deps.ts";
import { findRun, listRuns, type RunRow } from "./runs/run-store.ts";
import { findReadUntil, sumRecords, type Totals } from "./store.ts";

const HOUR_MS = 3_600_000;
/** Breaks that a report lists. */
const MOST_BREAKS = 10_000;

export type AccountSummary = {
  accountId: string;
  source: string;
  totals: Totals[];
  breaks: BreakCount[];
  oldest: Date | null;
  readUntil: Date | null;
  complete: boolean;
};
export type Summary = { from: Date; to: Date; accounts: AccountSummary[]; deadLetters: number };

/** The three sides of every account, over the last hours, as they were last compared. */
export async function readSummary(
  deps: ReconciliationDeps,
  { mode, hoursBack }: { mode: "test" | "live"; hoursBack: number },
): Promise<Summary> {
  const { clock, db, inbox } = deps;
  const to = clock.now();
  const from = addMs(to, -hoursBack * HOUR_MS);
  const accounts = await withSystemTx(db, async (tx) => {
    const counts = await countBreaks(tx, { mode, from, to: addMs(to, 1) });
    const summaries: AccountSummary[] = [];
    for (const books of deps.books.filter((each) => each.mode === mode)) {
      const { accountId, source } = books;
      const breaks = counts.filter(({ account_id }) => account_id === accountId);
      const readUntil = await findReadUntil(tx, accountId);
      summaries.push({
        accountId,
        source,
        totals: await sumRecords(tx, accountId, from, to),
        breaks,
        oldest: breaks.reduce<Date | null>((old, { oldest }) => (old && old < oldest ? old : oldest), null),
        readUntil,
        complete:
          isComplete(readUntil, books.listedAfterMs, to) && !breaks.some(({ state }) => state === "late"),
      });
    }
    return summaries;
  });
  return { from, to, accounts, deadLetters: (await inbox.counts()).dead };
}

/** Between two readings of the books. */
export const READ_EVERY_MS = 10 * 60_000;

/** Read to the end but for the pause between readings, by a company that lists at once. */
const isComplete = (readUntil: Date | null, listedAfterMs: number, to: Date): boolean =>
  readUntil !== null && listedAfterMs === 0 && to.getTime() - readUntil.getTime() <= 2 * READ_EVERY_MS;

export const readRuns = (
  { db }: ReconciliationDeps,
  filter: Parameters<typeof listRuns>[1],
): Promise<RunRow[]> => withSystemTx(db, (tx) => listRuns(tx, filter));

/** Throws 404 for a run of the other mode. */
export async function readRun({ db }: ReconciliationDeps, id: string, mode: string): Promise<RunRow> {
  const run = await withSystemTx(db, (tx) => findRun(tx, id));
  if (run?.mode !== mode) throw new Problem(common.not_found);
  return run;
}

export const readBreaks = ({ db }: ReconciliationDeps, filter: BreakFilter): Promise<BreakRow[]> =>
  withSystemTx(db, (tx) => listBreaks(tx, filter));

/** Throws 404 for a break of the other mode. */
export async function readBreak({ db }: ReconciliationDeps, id: string, mode: string): Promise<BreakRow> {
  const row = await withSystemTx(db, (tx) => findBreak(tx, id));
  if (row?.mode !== mode) throw new Problem(common.not_found);
  return row;
}

export type RunReport = { run: RunRow; breaks: BreakRow[]; seal: Awaited<ReturnType<typeof findSealOf>> };

/** A run and the breaks of its time, as they stand now; the newest 10,000. */
export async function readReport(
  deps: ReconciliationDeps,
  id: string,
  mode: "test" | "live",
): Promise<RunReport> {
  const run = await readRun(deps, id, mode);
  const breaks = await withSystemTx(deps.db, (tx) =>
    listBreaks(tx, {
      mode,
      accountId: run.account_id,
      from: run.from_at,
      to: run.to_at,
      limit: MOST_BREAKS,
      cursor: null,
    }),
  );
  const range = { from: run.from_at, to: run.to_at };
  const seal = await withOperatorTx(deps.db, (tx) => findSealOf(tx, range));
  return { run, breaks, seal };
}
