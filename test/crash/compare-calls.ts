import { parseAtto, formatAtto } from "../../server/platform/money.ts";
import type { Calls } from "./call-model.ts";
import type { Books, Generation } from "./compare.ts";
import type { Product } from "./product.ts";
import type { Report } from "./report.ts";

type Row = {
  id: string;
  endpoint: string;
  state: string;
  outcome: string;
  basis: string | null;
  cost_usd: string | null;
  cost_micros: string | null;
  generation_id: string | null;
  created_at: Date;
  hold_state: string;
  captured: string;
  settled_times: number;
  /** What the provider billed, as its last attempt says. */
  provider_cost_usd: string | null;
};

const ROWS = `
  select r.id, r.endpoint, r.state, r.outcome, r.basis, r.cost_usd, r.cost_micros, r.generation_id, r.created_at,
    h.state as hold_state, h.captured,
    (select count(*)::int from ledger.transactions t where t.org_id = r.org_id and t.reference = r.hold_id || ':settled')
      as settled_times,
    (select a.provider_cost_usd from gateway.attempts a where a.org_id = r.org_id and a.request_id = r.id
       and a.provider_cost_usd is not null order by a.created_at desc, a.id desc limit 1) as provider_cost_usd
  from gateway.requests r join ledger.holds h on h.org_id = r.org_id and h.id = r.hold_id`;

/** Every call that was held is settled or released once, at what the provider's bill says where it says anything. */
export async function compareCalls(
  report: Report,
  product: Product,
  books: Books,
  calls: Calls,
): Promise<void> {
  const rows = await product.sql<Row>(ROWS);
  const outcomes = [...calls.outcomes].map(([name, n]) => `${n} ${name}`).join(", ");
  report.note(`calls as their clients saw them: ${outcomes}`);
  report.check(
    "every call is settled or released, none is open",
    rows
      .filter(({ state }) => state !== "settled" && state !== "released")
      .map(({ id, state }) => `${id} ${state}`),
    `${rows.length} calls held`,
  );
  report.check(
    "the hold of each was captured or released once, at the call's cost",
    rows.flatMap((row) => holdFault(row) ?? []),
  );
  const doors = new Map<string, number>();
  for (const { endpoint } of rows) doors.set(endpoint, (doors.get(endpoint) ?? 0) + 1);
  report.note(`calls held: ${[...doors].map(([door, n]) => `${n} ${door}`).join(", ")}`);
  report.check("attempts add up to what the ledger took, organization by organization", await apart(product));
  const held = new Map(rows.map((row) => [row.id, row]));
  report.check(
    "every whole answer is settled at the cost that its client was told",
    calls.complete.flatMap((told) => toldFault(told, held.get(told.requestId)) ?? []),
    `${calls.complete.length} whole answers`,
  );
  compareBill(report, rows, books.openrouter.generations);
}

/** Organizations whose attempts and whose settled holds are not the same sum. */
async function apart(product: Product): Promise<string[]> {
  const rows = await product.sql<{ org_id: string; attempts: string; captured: string }>(`
    select org_id, coalesce(a.micros, 0)::text as attempts, coalesce(h.micros, 0)::text as captured
    from (select org_id, sum(cost_micros) as micros from gateway.attempts group by 1) a
    full join (select org_id, sum(captured) as micros from ledger.holds where owner = 'gateway' group by 1) h using (org_id)`);
  return rows
    .filter(({ attempts, captured }) => attempts !== captured)
    .map(({ org_id: org, attempts, captured }) => `${org}: attempts ${attempts}, ledger ${captured}`);
}

function holdFault({ id, state, hold_state, captured, cost_micros, settled_times }: Row): string | null {
  const wanted = state === "settled" ? "captured" : "released";
  if (hold_state === wanted && settled_times === 1 && captured === (cost_micros ?? "0")) return null;
  return `${id}: ${state}, hold ${hold_state} ${settled_times} times, captured ${captured}, cost ${cost_micros}`;
}

function toldFault(told: Calls["complete"][number], row: Row | undefined): string | null {
  if (row?.state !== "settled" && told.micros > 0n)
    return `${told.requestId}: ${row?.state ?? "no such call"}`;
  // What was reported stands; an estimate may have been corrected since.
  if (told.basis !== "reported" || row?.cost_micros === String(told.micros)) return null;
  return `${told.requestId}: told ${told.micros}, charged ${row?.cost_micros}`;
}

function compareBill(report: Report, rows: readonly Row[], bill: readonly Generation[]): void {
  const generations = new Map(bill.map((generation) => [generation.id, generation]));
  const known = rows.filter(({ generation_id }) => generation_id !== null);
  const owners = new Map(known.map((row) => [row.generation_id, row]));
  report.check(
    "no generation belongs to two calls",
    owners.size === known.length ? [] : [`${known.length} calls, ${owners.size} generations`],
  );
  report.check(
    "what the provider reported is charged, or noted as our loss, to the last digit",
    known.flatMap((row) => {
      const billed = parseAtto(generations.get(row.generation_id ?? "")?.cost ?? "0");
      const charged = parseAtto(row.cost_usd ?? "0");
      const lost = row.provider_cost_usd === null ? null : parseAtto(row.provider_cost_usd);
      if (row.basis === "estimated" || charged === billed || (charged === 0n && lost === billed)) return [];
      return [
        `${row.id} ${row.outcome} ${row.basis}: charged ${row.cost_usd}, noted ${row.provider_cost_usd}, billed ${formatAtto(billed)}`,
      ];
    }),
    `${known.length} calls with a generation`,
  );
  report.check("nobody paid twice for a call sent again under its key", paidTwice(rows, generations));
  differences(report, rows, generations, owners);
}

/** The load writes one `user` per intent, which the bill repeats. */
function paidTwice(rows: readonly Row[], generations: ReadonlyMap<string, Generation>): string[] {
  const paid = new Map<string, number>();
  for (const { generation_id, cost_micros } of rows) {
    const user = generations.get(generation_id ?? "")?.user;
    if (user && BigInt(cost_micros ?? 0) > 0n) paid.set(user, (paid.get(user) ?? 0) + 1);
  }
  return [...paid].filter(([, times]) => times > 1).map(([user, times]) => `${user}: ${times} times`);
}

function differences(
  report: Report,
  rows: readonly Row[],
  generations: ReadonlyMap<string, Generation>,
  owners: ReadonlyMap<string | null, Row>,
): void {
  const sums = new Map<string, { calls: number; charged: bigint; billed: bigint }>();
  for (const { basis, outcome, cost_usd, generation_id } of rows) {
    const name = `${basis} ${outcome}`;
    const sum = sums.get(name) ?? { calls: 0, charged: 0n, billed: 0n };
    sum.calls += 1;
    sum.charged += parseAtto(cost_usd ?? "0");
    sum.billed += parseAtto(generations.get(generation_id ?? "")?.cost ?? "0");
    sums.set(name, sum);
  }
  for (const [name, { calls, charged, billed }] of [...sums].toSorted())
    report.note(
      `${name}: ${calls} calls, charged ${formatAtto(charged)}, billed ${formatAtto(billed)}, difference ${formatAtto(charged - billed)} USD`,
    );
  const strays = [...generations.values()].filter(({ id }) => !owners.has(id));
  const stray = strays.reduce((sum, { cost }) => sum + parseAtto(cost), 0n);
  const unnamed = rows.filter(({ generation_id }) => generation_id === null).length;
  report.check(
    "a bill without a call is that of a call whose id we never learned",
    strays.length <= unnamed ? [] : [`${strays.length} such bills, ${unnamed} such calls`],
    `${strays.length} bills, ${formatAtto(stray)} USD, our loss; ${unnamed} calls without an id`,
  );
}
