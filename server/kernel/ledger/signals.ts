import { withOperatorTx, type Db } from "../../platform/db/index.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";
import { readCheck } from "./seals/read.ts";
import { sumSuspense } from "./seals/store.ts";

/** The ledger's gauges, read from the books when they are asked for. `ledger_posts_total` is counted with each commit. */
export function ledgerSignals({ db, metrics }: { db: Db; metrics: Metrics }): void {
  const suspense = metrics.gauge(
    "ledger_suspense_minor",
    "What stands in suspense, in minor units",
    ["currency"],
    async () => {
      suspense.reset();
      for (const { unit, amount } of await withOperatorTx(db, (tx) => sumSuspense(tx)))
        suspense.inc({ currency: unit }, Number(amount));
    },
  );
  const faults = metrics.gauge("ledger_check_faults", "What the last nightly check found", [], async () => {
    const check = await readCheck(db);
    faults.set(check ? check.faults.length : 0);
  });
}
