import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { REPORT_FORMATS } from "../../../platform/report/index.ts";
import { BREAK_STATES, type BreakRow } from "./breaks/break-store.ts";
import { ACTIONS, BREAK_KINDS } from "./breaks/judge.ts";
import type { RunReport, Summary } from "./read.ts";
import { totalsOf, type RunRow } from "./runs/run-store.ts";

const account = z.string().regex(/^\w{1,80}$/);

export const summaryQuery = z.strictObject({
  hours_back: z.coerce.number().int().min(1).max(168).default(24),
});
const side = z.object({
  count: z.int(),
  net_minor: int64.meta({ description: "Amounts less fees, in minor units" }),
});
const totals = z
  .object({ currency: z.string(), provider: side, events: side, ledger: side, matched: z.int() })
  .meta({ id: "ReconciliationTotals" });
const kinds = z.enum(BREAK_KINDS);
export const summary = z
  .object({
    from: instant,
    to: instant,
    accounts: z.array(
      z.object({
        account_id: z.string(),
        source: z.string(),
        currencies: z.array(totals),
        breaks: z.array(
          z.object({ kind: kinds, state: z.enum(BREAK_STATES), count: z.int(), oldest_at: instant }),
        ),
        oldest_break_at: instant.nullable(),
        read_until: instant.nullable(),
        complete: z.boolean().meta({ description: "False while data may still come" }),
      }),
    ),
    dead_letters: z.int(),
  })
  .meta({ id: "ReconciliationSummary" });

export const presentSummary = ({ from, to, accounts, deadLetters }: Summary) => ({
  from,
  to,
  accounts: accounts.map((each) => ({
    account_id: each.accountId,
    source: each.source,
    currencies: each.totals,
    breaks: each.breaks.map(({ kind, state, count, oldest }) => ({ kind, state, count, oldest_at: oldest })),
    oldest_break_at: each.oldest,
    read_until: each.readUntil,
    complete: each.complete,
  })),
  dead_letters: deadLetters,
});

export const runInput = z
  .strictObject({ account_id: account, from: instant, to: instant })
  .meta({ id: "NewReconciliationRun" });
export const runsQuery = z.strictObject({ ...listQuery, account_id: account.optional() });
export const runParams = z.object({ id: idParam("run") });
const runShape = {
  id: idParam("run"),
  account_id: z.string(),
  mode: z.enum(["test", "live"]),
  from: instant,
  to: instant,
  nightly: z.boolean(),
  state: z.enum(["queued", "running", "completed", "failed"]),
  days: z.int(),
  days_done: z.int(),
  complete: z.boolean().meta({ description: "False while the company may still add to that time" }),
  totals: z.array(totals),
  error_code: z.string().nullable(),
  created_by: z.string().nullable(),
  created_at: instant,
  finished_at: instant.nullable(),
};
export const run = z.object(runShape).meta({ id: "ReconciliationRun" });
export const runs = listAnswer(run).meta({ id: "ReconciliationRuns" });

export const presentRun = (row: RunRow) => ({
  id: row.id,
  account_id: row.account_id,
  mode: row.mode as "test" | "live",
  from: row.from_at,
  to: row.to_at,
  nightly: row.night !== null,
  state: row.state,
  days: row.days,
  days_done: row.days_done,
  complete: row.complete,
  totals: totalsOf(row),
  error_code: row.error_code,
  created_by: row.created_by,
  created_at: row.created_at,
  finished_at: row.finished_at,
});

export const breaksQuery = z.strictObject({
  ...listQuery,
  kind: kinds.optional(),
  state: z.enum(BREAK_STATES).optional(),
  min_age_hours: z.coerce.number().int().min(0).max(100_000).optional(),
});
export const breakParams = z.object({ id: idParam("brk") });
const ledgerSide = z.object({
  org_id: z.string(),
  transaction_id: z.string(),
  reference: z.string(),
  amount: int64,
  unit: z.string(),
});
const breakShape = {
  id: idParam("brk"),
  account_id: z.string(),
  mode: z.enum(["test", "live"]),
  side: z
    .string()
    .meta({ description: "What it is about: provider:…, ledger:…, hold:…, payment:…, refund:…" }),
  kind: kinds,
  state: z.enum(BREAK_STATES),
  action: z.enum(ACTIONS),
  org_id: z.string().nullable(),
  amount: int64.meta({
    description: "At stake, in minor units (credits: micro-credits); of a mismatch what the company has more",
  }),
  currency: z.string(),
  provider: z
    .object({
      id: z.string(),
      object_id: z.string(),
      amount_minor: int64,
      fee_minor: int64,
      currency: z.string(),
    })
    .nullable(),
  event: z.object({ id: z.string(), state: z.string(), error_code: z.string().nullable() }).nullable(),
  ledger: z.array(ledgerSide),
  row: z.object({ id: z.string(), org_id: z.string(), status: z.string() }).nullable(),
  age_seconds: z.int(),
  occurred_at: instant,
  first_seen_at: instant,
  resolved_at: instant.nullable(),
  resolved_by: z.string().nullable(),
  resolution: z.string().nullable(),
  note: z.string().nullable(),
};
export const breakAnswer = z.object(breakShape).meta({ id: "ReconciliationBreak" });
export const breaks = listAnswer(breakAnswer).meta({ id: "ReconciliationBreaks" });

export const presentBreak = (row: BreakRow, now: Date) => {
  const { provider, event, ledger, row: ours } = row.sides;
  return {
    id: row.id,
    account_id: row.account_id,
    mode: row.mode,
    side: row.side,
    kind: row.kind,
    state: row.state,
    action: row.action,
    org_id: row.org_id,
    amount: row.amount,
    currency: row.currency,
    provider: provider && {
      ...provider,
      amount_minor: BigInt(provider.amount_minor),
      fee_minor: BigInt(provider.fee_minor),
    },
    event,
    ledger: ledger.map((each) => ({ ...each, amount: BigInt(each.amount) })),
    row: ours,
    age_seconds: Math.max(0, Math.floor((now.getTime() - row.occurred_at.getTime()) / 1000)),
    occurred_at: row.occurred_at,
    first_seen_at: row.first_seen_at,
    resolved_at: row.resolved_at,
    resolved_by: row.resolved_by,
    resolution: row.resolution,
    note: row.note,
  };
};

export const resolveInput = z
  .strictObject({ action: z.enum([...ACTIONS, "accept"]), note: text(500).min(5) })
  .meta({ id: "BreakResolution" });

export const reportQuery = z.strictObject({ format: z.enum(REPORT_FORMATS).default("json") });
export const report = z
  .object({
    run,
    breaks: z.array(breakAnswer),
    seal: z
      .object({ number: int64, hash: z.string(), sealed_before: instant })
      .nullable()
      .meta({ description: "The ledger's newest seal of that time" }),
  })
  .meta({ id: "ReconciliationReport" });

export const presentReport = ({ run: row, breaks: rows, seal }: RunReport, now: Date) => ({
  run: presentRun(row),
  breaks: rows.map((each) => presentBreak(each, now)),
  seal: seal && { number: seal.number, hash: seal.hash.toString("hex"), sealed_before: seal.sealedBefore },
});
