import { formatAtto, parseAtto } from "../../server/platform/money.ts";
import { BILLED, type BilledCompany } from "./bills.ts";
import type { Product } from "./product.ts";
import type { Report } from "./report.ts";

type Row = {
  id: string;
  provider: BilledCompany;
  state: string;
  outcome: string;
  basis: string | null;
  cost_usd: string | null;
  generation_id: string | null;
  tokens: string;
  /** What its attempts say that the provider billed; null where none does. */
  provider_cost_usd: string | null;
};
type Generation = { id: string; cost: string; prompt_tokens: number; completion_tokens: number };

const ROWS = `
  select r.id, r.provider, r.state, r.outcome, r.basis, r.cost_usd, r.generation_id,
    r.input_tokens + r.cache_read_tokens + r.cache_write_tokens + r.output_tokens as tokens,
    (select a.provider_cost_usd from gateway.attempts a where a.org_id = r.org_id and a.request_id = r.id
       and a.provider_cost_usd is not null order by a.created_at desc, a.id desc limit 1) as provider_cost_usd
  from gateway.requests r`;

/** Estimates may be off by so much of the provider's tokens, in total. */
const MOST_OFF = 0.005;

type Billed = Row & { bill: Generation };

/** Charge and loss are the provider's bill wherever it reports; what is estimated is near its tokens, in total. */
export async function compareBills(report: Report, product: Product, calls: number): Promise<void> {
  const rows = await product.sql<Row>(ROWS);
  const books = await product.control<Record<BilledCompany, { generations: Generation[] }>>("GET", "books");
  report.check("every call was held once", rows.length >= calls ? [] : [`${rows.length} of ${calls}`]);
  const known: Billed[] = BILLED.flatMap((company) => {
    const bills = new Map(books[company].generations.map((generation) => [generation.id, generation]));
    return rows.flatMap((row) => {
      const bill = row.provider === company ? bills.get(nameOf(row) ?? "") : undefined;
      return bill ? [{ ...row, bill }] : [];
    });
  });
  const reported = known.filter(({ basis }) => basis === "reported" || basis === "reconciled");
  // Calls that delivered nothing cost nothing; one that has books tells what it billed for them.
  const lost = known.filter(({ basis, provider }) => basis === "none" && provider === "openrouter");
  report.check(
    "charge and loss are the bill, to the last digit, wherever the provider reports",
    [...reported, ...lost].flatMap((row) => faultOf(row) ?? []),
    `${reported.length} reported and ${lost.length} free calls, ${formatAtto(sumOf(reported))} USD`,
  );
  compareEstimates(
    report,
    known.filter(({ basis }) => basis === "estimated"),
  );
  for (const company of BILLED) tellApart(report, company, rows, known, books[company].generations);
}

/** Where a company's bill and our books part, by how its calls ended: what is charged, what is noted as our loss, what it billed. */
function tellApart(
  report: Report,
  company: BilledCompany,
  rows: readonly Row[],
  known: readonly Billed[],
  bill: readonly Generation[],
): void {
  const bills = new Map(known.map((row) => [row.id, row.bill]));
  const sums = new Map<string, { calls: number; charged: bigint; lost: bigint; billed: bigint }>();
  for (const row of rows.filter(({ provider }) => provider === company)) {
    const name = `${row.basis} ${row.outcome}${bills.has(row.id) ? "" : " without a name"}`;
    const sum = sums.get(name) ?? { calls: 0, charged: 0n, lost: 0n, billed: 0n };
    const charged = parseAtto(row.cost_usd ?? "0");
    sum.calls += 1;
    sum.charged += charged;
    sum.lost += charged === 0n ? parseAtto(row.provider_cost_usd ?? "0") : 0n;
    sum.billed += parseAtto(bills.get(row.id)?.cost ?? "0");
    sums.set(name, sum);
  }
  for (const [name, { calls, charged, lost, billed }] of [...sums].toSorted())
    report.note(
      `${company}, ${name}: ${calls} calls, charged ${formatAtto(charged)}, lost ${formatAtto(lost)}, billed ${formatAtto(billed)} USD`,
    );
  const named = new Set([...bills.values()].map(({ id }) => id));
  const strays = bill.filter(({ id }) => !named.has(id));
  const stray = strays.reduce((sum, { cost }) => sum + parseAtto(cost), 0n);
  report.note(
    `${company}: ${strays.length} bills of calls whose name we never learnt, ${formatAtto(stray)} USD`,
  );
}

/** Anthropic names in a header what its books call otherwise. */
const nameOf = ({ provider, generation_id: id }: Row): string | null =>
  provider === "anthropic" ? (id?.replace(/^req_/, "msg_") ?? null) : id;

const sumOf = (rows: readonly Billed[]): bigint =>
  rows.reduce((sum, { bill }) => sum + parseAtto(bill.cost), 0n);

function faultOf({ id, provider, outcome, basis, cost_usd, provider_cost_usd, bill }: Billed): string | null {
  const charged = parseAtto(cost_usd ?? "0");
  const billed = parseAtto(bill.cost);
  const loss = charged === 0n && provider_cost_usd !== null ? parseAtto(provider_cost_usd) : 0n;
  if (charged + loss === billed) return null;
  return `${id} at ${provider}, ${outcome} ${basis}: charged ${cost_usd}, noted ${provider_cost_usd}, billed ${bill.cost}`;
}

function compareEstimates(report: Report, rows: readonly Billed[]): void {
  const ours = rows.reduce((sum, { tokens }) => sum + Number(tokens), 0);
  const theirs = rows.reduce((sum, { bill }) => sum + bill.prompt_tokens + bill.completion_tokens, 0);
  const off = theirs === 0 ? 0 : Math.abs(ours - theirs) / theirs;
  const note = `${rows.length} calls, ${ours} tokens of ${theirs}, ${(off * 100).toFixed(3)} % off`;
  report.check(
    "what is estimated is within 0.5 % of the provider's tokens, in total",
    off <= MOST_OFF
      ? []
      : rows.map(
          (row) =>
            `${row.id} at ${row.provider}, ${row.outcome}: ${row.tokens} of ${row.bill.prompt_tokens} + ${row.bill.completion_tokens}`,
        ),
    note,
  );
}
