import { withSystemTx } from "../../../platform/db/index.ts";
import type { Gateway } from "../settling/state.ts";
import { listBreaks, type BreakRow } from "./breaks/store.ts";
import type { Mode } from "./finding.ts";
import { listRuns, listSides, type DayRow, type RunRow } from "./run-store.ts";

const RUNS = 20;

export const readBreaks = (
  { deps }: Gateway,
  filter: Parameters<typeof listBreaks>[1],
): Promise<BreakRow[]> => withSystemTx(deps.db, (tx) => listBreaks(tx, filter));

/** The newest first. */
export const readRuns = ({ deps }: Gateway): Promise<RunRow[]> =>
  withSystemTx(deps.db, (tx) => listRuns(tx, RUNS));

/** Both sides of each day from `from` to `to`, both included. */
export const readDays = (
  { deps }: Gateway,
  mode: Mode,
  { from, to }: { from: string; to: string },
): Promise<DayRow[]> => withSystemTx(deps.db, (tx) => listSides(tx, mode, from, to));
