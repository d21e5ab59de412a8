/** Reports by name: which accounts they sum and how the sums are shown. Pure. */
import type { ReportDocument } from "../../../platform/report/index.ts";

export const REPORTS = [
  "revenue",
  "mrr",
  "fees",
  "refunds",
  "tax",
  "credits",
  "failed-payments",
  "receivables",
] as const;
export type ReportName = (typeof REPORTS)[number];

type Column = { name: string; of(sums: readonly bigint[]): bigint };
export type AccountReport = { accounts: readonly string[]; isCredit: boolean; columns: readonly Column[] };

const at = (index: number) => (sums: readonly bigint[]) => sums[index] ?? 0n;
/** What came in stands in its account below zero. */
const inward = (index: number) => (sums: readonly bigint[]) => -(sums[index] ?? 0n);
const money = (account: string, of = at(0)): AccountReport => ({
  accounts: [account],
  isCredit: false,
  columns: [{ name: `${account}_minor`, of }],
});

/** Those that are sums of accounts; `mrr` and `failed-payments` are read by kinds of movement. */
export const ACCOUNT_REPORTS: Readonly<
  Record<Exclude<ReportName, "mrr" | "failed-payments">, AccountReport>
> = {
  revenue: {
    accounts: ["revenue", "refunds", "fees", "disputes"],
    isCredit: false,
    columns: [
      { name: "gross_minor", of: inward(0) },
      { name: "refunds_minor", of: at(1) },
      { name: "disputes_minor", of: at(3) },
      { name: "fees_minor", of: at(2) },
      {
        name: "net_minor",
        of: ([revenue = 0n, refunds = 0n, fees = 0n, disputes = 0n]) => -revenue - refunds - disputes - fees,
      },
    ],
  },
  fees: money("fees"),
  refunds: money("refunds"),
  tax: money("tax", inward(0)),
  receivables: money("receivable"),
  credits: {
    accounts: ["issued", "used", "expired", "clawback"],
    isCredit: true,
    columns: [
      { name: "issued_micros", of: inward(0) },
      { name: "used_micros", of: at(1) },
      { name: "expired_micros", of: at(2) },
      { name: "clawed_back_micros", of: at(3) },
    ],
  },
};

export type ReportRow = { group: string; unit: string; values: bigint[] };
export type Seal = { number: bigint; hash: string; sealed_before: Date };
export type Report = {
  report: ReportName;
  mode: "test" | "live";
  from: Date;
  to: Date;
  columns: string[];
  rows: ReportRow[];
  totals: ReportRow[];
  /** The newest that covers some of the time; null before the first. */
  seal: Seal | null;
  sealed: boolean;
};

/** The report as a file: the figures of the API's answer. */
export const documentOf = ({ rows, totals, seal, ...report }: Report): ReportDocument => ({
  title: `Report: ${report.report}`,
  facts: [
    ["mode", report.mode],
    ["from", report.from.toISOString()],
    ["to", report.to.toISOString()],
    ["seal", seal && String(seal.number)],
    ["seal_hash", seal && seal.hash],
    ["sealed", report.sealed ? "yes" : "no"],
  ],
  tables: [
    { title: "rows", columns: ["group", "unit", ...report.columns], rows: rows.map(cellsOf) },
    { title: "totals", columns: ["group", "unit", ...report.columns], rows: totals.map(cellsOf) },
  ],
});
const cellsOf = ({ group, unit, values }: ReportRow) => [group, unit, ...values];
