import type { ReportDocument } from "../../../../platform/report/index.ts";
import type { presentReport } from "../schemas.ts";

/** The report as a file: the same figures as the API's answer, from the same rows. Pure. */
export function reportDocument({ run, breaks, seal }: ReturnType<typeof presentReport>): ReportDocument {
  return {
    title: "Reconciliation",
    facts: [
      ["run", run.id],
      ["account", run.account_id],
      ["mode", run.mode],
      ["from", run.from.toISOString()],
      ["to", run.to.toISOString()],
      ["state", run.state],
      ["complete", run.complete ? "yes" : "no"],
      ["seal", seal && String(seal.number)],
      ["seal_hash", seal && seal.hash],
    ],
    tables: [
      {
        title: "totals",
        columns: [
          "currency", "provider_count", "provider_net_minor", "events_count", "events_net_minor", "ledger_count",
          "ledger_net_minor", "matched",
        ], // prettier-ignore
        rows: run.totals.map(({ currency, provider, events, ledger, matched }) => [
          currency,
          provider.count,
          provider.net_minor,
          events.count,
          events.net_minor,
          ledger.count,
          ledger.net_minor,
          matched,
        ]),
      },
      {
        title: "breaks",
        columns: ["id", "side", "kind", "state", "action", "amount", "currency", "occurred_at", "note"],
        rows: breaks.map((each) => [
          each.id,
          each.side,
          each.kind,
          each.state,
          each.action,
          each.amount,
          each.currency,
          each.occurred_at.toISOString(),
          each.note,
        ]),
      },
    ],
  };
}
