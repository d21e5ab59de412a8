import { withSystemTx } from "../../../platform/db/index.ts";
import type { GatewayDeps } from "../deps.ts";
import { ratioOf } from "./drift.ts";
import { listDrifts } from "./store.ts";

/** How far the worst of each provider's bills is off its table; read when it is asked for. */
export function driftMetrics({ db, metrics }: Pick<GatewayDeps, "db" | "metrics">): void {
  const ratio = metrics.gauge(
    "gateway_drift_ratio",
    "Bill less table over table, of the provider's model that is furthest off",
    ["provider"],
    async () => {
      const drifts = await withSystemTx(db, listDrifts);
      for (const [provider, some] of Map.groupBy(drifts, (row) => row.provider)) {
        const [worst] = some.map(ratioOf).toSorted((a, b) => Math.abs(b) - Math.abs(a));
        ratio.set({ provider }, worst ?? 0);
      }
    },
  );
}
