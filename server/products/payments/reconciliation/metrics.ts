import { withSystemTx } from "../../../platform/db/index.ts";
import { countBreaks } from "./breaks/break-store.ts";
import { BREAK_KINDS } from "./breaks/judge.ts";
import type { ReconciliationDeps } from "./deps.ts";

const MODES = ["live", "test"] as const;

/** Unsettled breaks by kind; read when they are asked for. */
export function reconciliationMetrics({ clock, db, metrics }: ReconciliationDeps): void {
  const oldest = metrics.gauge(
    "reconciliation_oldest_break_seconds",
    "Seconds since the oldest unsettled break",
  );
  const breaks = metrics.gauge(
    "reconciliation_breaks",
    "Unsettled breaks between the companies' books and ours",
    ["kind"],
    async () => {
      const counts = await withSystemTx(db, async (tx) =>
        (await Promise.all(MODES.map((mode) => countBreaks(tx, { mode })))).flat(),
      );
      for (const kind of BREAK_KINDS)
        breaks.set(
          { kind },
          counts.filter((row) => row.kind === kind).reduce((sum, { count }) => sum + count, 0),
        );
      const first = Math.min(...counts.map((row) => row.oldest.getTime()));
      oldest.set(counts.length === 0 ? 0 : (clock.now().getTime() - first) / 1000);
    },
  );
}
