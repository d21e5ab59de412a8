import { withSystemTx } from "../../../../platform/db/index.ts";
import type { GatewayDeps } from "../../deps.ts";
import { countByKind } from "./store.ts";
import { BREAK_KINDS } from "../finding.ts";

/** Open breaks by kind; read when they are asked for. */
export function proofMetrics({ db, metrics }: Pick<GatewayDeps, "db" | "metrics">): void {
  const breaks = metrics.gauge(
    "gateway_proof_breaks",
    "Open breaks between attempts, the ledger and the providers' books",
    ["kind"],
    async () => {
      const counts = await withSystemTx(db, countByKind);
      for (const kind of BREAK_KINDS) {
        const some = counts.filter((row) => row.kind === kind);
        breaks.set(
          { kind },
          some.reduce((sum, { count }) => sum + count, 0),
        );
      }
    },
  );
}
