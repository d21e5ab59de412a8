/** Calls of operators about the companies' books. */
import { newId } from "../../server/platform/ids.ts";
import type { TestApp } from "../harness/app.ts";
import type { Example } from "./examples.ts";

/** A comparison that is over. */
async function aRun({ sql }: TestApp): Promise<string> {
  const id = newId("run");
  await sql(
    `insert into payments.runs (id, account_id, mode, from_at, to_at, state, days, days_done, created_at, touched_at, finished_at)
     values ($1, 'acct_default', 'test', now() - interval '1 day', now(), 'completed', 2, 2, now(), now(), now())`,
    [id],
  );
  return id;
}

/** A break that nobody has settled; a new one each time. */
async function aBreak({ sql }: TestApp): Promise<string> {
  const id = newId("brk");
  await sql(
    `insert into payments.breaks (id, account_id, mode, side, kind, state, amount, currency, action, sides, occurred_at,
       first_seen_at, seen_at)
     values ($1, 'acct_default', 'test', 'provider:' || $1, 'missing_ledger', 'open', 1, 'usd', 'replay',
       '{"provider": null, "event": null, "ledger": [], "row": null}', now(), now(), now())`,
    [id],
  );
  return id;
}

const run: Example = { given: async (app) => ({ params: { id: await aRun(app) } }) };

export const paymentsExamples: Record<string, Example> = {
  getReconciliationSummary: {},
  listReconciliationRuns: {},
  startReconciliationRun: {
    given: () => ({
      body: { account_id: "acct_default", from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" },
    }),
  },
  getReconciliationRun: run,
  getReconciliationReport: run,
  listReconciliationBreaks: {},
  resolveReconciliationBreak: {
    given: async (app) => ({
      params: { id: await aBreak(app) },
      body: { action: "accept", note: "Sold by somebody else" },
    }),
  },
};
