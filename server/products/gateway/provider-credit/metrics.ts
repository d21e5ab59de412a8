import { withSystemTx } from "../../../platform/db/index.ts";
import type { GatewayDeps } from "../deps.ts";
import { listCredits } from "./store.ts";

/** What is left at those that tell it; read when it is asked for. */
export function creditMetrics({ db, metrics }: Pick<GatewayDeps, "db" | "metrics">): void {
  const left = metrics.gauge(
    "gateway_provider_credit_usd",
    "Left to spend at a provider, as its account last said",
    ["provider"],
    async () => {
      left.reset();
      for (const row of await withSystemTx(db, listCredits))
        left.set({ provider: row.provider }, Number(row.left_usd));
    },
  );
}
