import { DECLINED, readRecurring, type Recurring } from "../../../kernel/billing/index.ts";
import {
  findSealOf,
  sumAccounts,
  sumMovements,
  type Mode,
  type Movements,
} from "../../../kernel/ledger/index.ts";
import { withOperatorTx, type Db, type Tx } from "../../../platform/db/index.ts";
import {
  ACCOUNT_REPORTS,
  type AccountReport,
  type Report,
  type ReportName,
  type ReportRow,
} from "./report.ts";

const DAY_MS = 86_400_000;
/** By day up to here, by month beyond. */
const MOST_DAYS = 92;

export type ReportInput = { report: ReportName; mode: Mode; from: Date; to: Date };

type Figures = Pick<Report, "columns" | "rows" | "totals">;
type Moved = Recurring["total"];

const bucketOf = ({ from, to }: ReportInput) =>
  to.getTime() - from.getTime() > MOST_DAYS * DAY_MS ? "month" : "day";

/** One report of all organizations, as the ledger sums up, with the newest seal of that time. */
export function readReport(db: Db, input: ReportInput): Promise<Report> {
  return withOperatorTx(db, async (tx) => {
    const figures = await figuresOf(tx, input);
    const seal = await findSealOf(tx, input);
    return {
      ...input,
      ...figures,
      seal: seal && {
        number: seal.number,
        hash: seal.hash.toString("hex"),
        sealed_before: seal.sealedBefore,
      },
      sealed: seal !== null && seal.sealedBefore >= input.to,
    };
  });
}

function figuresOf(tx: Tx, input: ReportInput): Promise<Figures> {
  if (input.report === "mrr") return ofRecurring(tx, input);
  if (input.report === "failed-payments") return ofDeclined(tx, input);
  return ofAccounts(tx, input, ACCOUNT_REPORTS[input.report]);
}

async function ofAccounts(
  tx: Tx,
  input: ReportInput,
  { accounts, columns, isCredit }: AccountReport,
): Promise<Figures> {
  const filter = { ...input, unit: isCredit ? "credit" : null };
  const read = async (group: "day" | "month" | null): Promise<ReportRow[]> =>
    (await sumAccounts(tx, filter, accounts, group))
      .filter(({ unit }) => isCredit || unit !== "credit")
      .map(({ group: name, unit, amounts }) => ({
        group: name ?? "total",
        unit,
        values: columns.map(({ of }) => of(amounts)),
      }));
  return {
    columns: columns.map(({ name }) => name),
    rows: await read(bucketOf(input)),
    totals: await read(null),
  };
}

async function ofRecurring(tx: Tx, input: ReportInput): Promise<Figures> {
  const all = await readRecurring(tx, input, bucketOf(input));
  const rowOf = (unit: string, { group, started, raised, lowered, ended, standing, begun, over }: Moved) => ({
    group: group ?? "total",
    unit,
    values: [started, raised, lowered, ended, BigInt(begun), BigInt(over), standing],
  });
  return {
    columns: [
      "started_minor",
      "raised_minor",
      "lowered_minor",
      "ended_minor",
      "subscriptions_begun",
      "subscriptions_ended",
      "mrr_minor",
    ],
    rows: all.flatMap(({ currency, rows }) => rows.map((row) => rowOf(currency, row))),
    totals: all.map(({ currency, total }) => rowOf(currency, total)),
  };
}

/** Of each code what was declined, and what of it is paid after all: that is taken back. */
async function ofDeclined(tx: Tx, input: ReportInput): Promise<Figures> {
  const moved = await sumMovements(tx, input, DECLINED, null);
  const sum = (group: string, unit: string, some: typeof moved): ReportRow => {
    const parts = [some.filter(({ amount }) => amount > 0n), some.filter(({ amount }) => amount < 0n)];
    const [declined = 0n, recovered = 0n] = parts.map((each) =>
      each.reduce((all, { amount }) => all + amount, 0n),
    );
    const count = (parts[0] ?? []).reduce((all, each) => all + each.count, 0);
    return { group, unit, values: [BigInt(count), declined, -recovered] };
  };
  const by = (key: (row: Movements) => string) => [...Map.groupBy(moved, key).values()];
  return {
    columns: ["payments", "amount_minor", "recovered_minor"],
    rows: by(({ account, unit }) => `${account} ${unit}`)
      .flatMap((some) => {
        const [{ account, unit } = { account: "", unit: "" }] = some;
        return sum(account.slice(DECLINED.length), unit, some);
      })
      .toSorted((a, b) => Number((b.values[0] ?? 0n) - (a.values[0] ?? 0n))),
    totals: by(({ unit }) => unit).map((some) => sum("total", some[0]?.unit ?? "", some)),
  };
}
