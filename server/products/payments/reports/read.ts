import { sumFailedPayments, sumRecurring } from "../../../kernel/billing/index.ts";
import { findSealOf, sumAccounts, type Mode } from "../../../kernel/ledger/index.ts";
import { withOperatorTx, type Db, type Tx } from "../../../platform/db/index.ts";
import { LEDGER_REPORTS, type LedgerReport, type Report, type ReportName, type ReportRow } from "./report.ts";

const DAY_MS = 86_400_000;
/** By day up to here, by month beyond. */
const MOST_DAYS = 92;

export type ReportInput = { report: ReportName; mode: Mode; from: Date; to: Date };

/** One report of all organizations. What the ledger sums up names the newest seal of that time. */
export function readReport(db: Db, input: ReportInput): Promise<Report> {
  const { report } = input;
  return withOperatorTx(db, async (tx) => {
    if (report === "mrr") return ofBilling(input, RECURRING, await recurring(tx, input));
    if (report === "failed-payments") return ofBilling(input, FAILED, await failed(tx, input));
    return ofLedger(tx, input, LEDGER_REPORTS[report]);
  });
}

async function ofLedger(
  tx: Tx,
  input: ReportInput,
  { accounts, columns, isCredit }: LedgerReport,
): Promise<Report> {
  const { from, to } = input;
  const by = to.getTime() - from.getTime() > MOST_DAYS * DAY_MS ? "month" : "day";
  const filter = { mode: input.mode, from, to, unit: isCredit ? "credit" : null };
  const read = async (group: "day" | "month" | null): Promise<ReportRow[]> =>
    (await sumAccounts(tx, filter, accounts, group))
      .filter(({ unit }) => isCredit || unit !== "credit")
      .map(({ group: name, unit, amounts }) => ({
        group: name ?? "total",
        unit,
        values: columns.map(({ of }) => of(amounts)),
      }));
  const seal = await findSealOf(tx, { from, to });
  return {
    ...input,
    source: "ledger",
    columns: columns.map(({ name }) => name),
    rows: await read(by),
    totals: await read(null),
    seal: seal && { number: seal.number, hash: seal.hash.toString("hex"), sealed_before: seal.sealedBefore },
    sealed: seal !== null && seal.sealedBefore >= to,
  };
}

const RECURRING = ["mrr_minor", "subscriptions_at_start", "ended"];
const recurring = async (tx: Tx, input: ReportInput): Promise<ReportRow[]> =>
  (await sumRecurring(tx, input)).map(({ currency, mrr_minor, at_start, ended }) => ({
    group: "total",
    unit: currency,
    values: [mrr_minor, BigInt(at_start), BigInt(ended)],
  }));

const FAILED = ["payments", "amount_minor"];
const failed = async (tx: Tx, input: ReportInput): Promise<ReportRow[]> =>
  (await sumFailedPayments(tx, input)).map(({ code, currency, payments, amount_minor }) => ({
    group: code,
    unit: currency,
    values: [BigInt(payments), amount_minor],
  }));

function ofBilling(input: ReportInput, columns: string[], rows: ReportRow[]): Report {
  const totals = [...Map.groupBy(rows, ({ unit }) => unit)].map(([unit, mine]) => ({
    group: "total",
    unit,
    values: columns.map((_, at) => mine.reduce((sum, { values }) => sum + (values[at] ?? 0n), 0n)),
  }));
  return { ...input, source: "billing", columns, rows, totals, seal: null, sealed: false };
}
