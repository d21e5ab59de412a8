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

/** A payment of the first organization that was captured; a new one each time. */
async function aPaidPayment({ sql }: TestApp): Promise<string> {
  const id = newId("pay");
  await sql(
    `insert into billing.payments (org_id, id, mode, account_id, provider, purpose, pack_key, amount_minor, currency,
       credits_micros, status, operation_id, success_url, cancel_url, charge_id, as_of, created_by, created_at, paid_at)
     select org_id, $1, 'test', 'acct_default', 'stripe', 'credits', 'starter', 1000, 'usd', 1, 'succeeded', $1, '', '',
       'ch_' || $1, now(), 'sweep', now(), now()
     from tenancy.organizations order by org_id limit 1`,
    [id],
  );
  return id;
}

/** A refund that another operator asked for. */
async function aWaitingRefund(app: TestApp): Promise<string> {
  const id = newId("ref");
  await app.sql(
    `insert into billing.refund_requests (org_id, id, mode, account_id, payment_id, kind, amount_minor, currency, reason,
       clawback, state, attempt_at, operation_id, requested_by, requested_at)
     select org_id, $1, mode, account_id, id, 'full', 1000, currency, 'requested', true, 'awaiting_approval', now(), $1,
       'usr_other', now() from billing.payments where id = $2`,
    [id, await aPaidPayment(app)],
  );
  return id;
}

async function anOrganization({ sql }: TestApp): Promise<string> {
  const [row] = await sql<{ org_id: string }>(
    "select org_id from tenancy.organizations order by org_id limit 1",
  );
  return row?.org_id ?? "";
}

export const paymentsExamples: Record<string, Example> = {
  listRefunds: {},
  listDisputes: {},
  listCustomers: {},
  getCustomer: { given: async (app) => ({ params: { org_id: await anOrganization(app) } }) },
  createRefund: {
    given: async (app) => ({
      body: { payment_id: await aPaidPayment(app), kind: "full", reason: "requested" },
    }),
  },
  approveRefund: { given: async (app) => ({ params: { id: await aWaitingRefund(app) } }) },
  getReport: { given: () => ({ params: { report: "revenue" } }) },
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
