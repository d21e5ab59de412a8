/** The end state against the companies' own books, one named check per promise. */
import { compareCalls } from "./compare-calls.ts";
import { comparePurchases } from "./compare-purchases.ts";
import type { Witness } from "./load.ts";
import type { Party } from "./people.ts";
import type { Product } from "./product.ts";
import type { Report } from "./report.ts";

export type Generation = { id: string; cost: string; state: string; user: string | null };
export type Charge = { id: string; amount: number; metadata: Record<string, string> };
export type Books = {
  stripe: { charges: Charge[]; events: { id: string; type: string; delivered: boolean }[] };
  openrouter: { generations: Generation[] };
};

export async function compare(
  report: Report,
  product: Product,
  parties: readonly Party[],
  witness: Witness,
): Promise<void> {
  const books = await product.control<Books>("GET", "books");
  await compareEvents(report, product, books);
  await comparePurchases(report, product, books, witness.purchases);
  await compareCalls(report, product, books, witness.calls);
  await compareLedger(report, product, parties);
}

async function compareEvents(report: Report, product: Product, books: Books): Promise<void> {
  type Row = { id: string; state: string; error_code: string | null; copies: number };
  const rows = await product.sql<Row>(
    `select provider_event_id as id, min(state) as state, min(error_code) as error_code, count(*)::int as copies
     from webhooks.events where source = 'stripe' group by 1`,
  );
  const inbox = new Map(rows.map((row) => [row.id, row]));
  const acknowledged = books.stripe.events.filter(({ delivered }) => delivered);
  report.check(
    "every event that was answered 200 is in the inbox",
    acknowledged.filter(({ id }) => !inbox.has(id)).map(({ id, type }) => `${id} ${type}`),
    `${acknowledged.length} of ${books.stripe.events.length} events`,
  );
  report.check(
    "every event is in the inbox once, those never delivered by backfill",
    books.stripe.events.flatMap(({ id }) => {
      const copies = inbox.get(id)?.copies ?? 0;
      return copies === 1 ? [] : [`${id}: ${copies} times`];
    }),
  );
  report.check(
    "every event is processed or ignored",
    rows
      .filter(({ state }) => state !== "processed" && state !== "ignored")
      .map(({ id, state, error_code }) => `${id}: ${state} ${error_code ?? ""}`),
  );
}

/** As each organization's owner asks for it. */
export async function verifyBooks(report: Report, parties: readonly Party[]): Promise<void> {
  const faults: string[] = [];
  for (const { owner, orgId } of parties) {
    const answer = await owner.call("POST", "/api/ledger/verify");
    if (answer.status !== 200) faults.push(`${orgId}: ${answer.status} ${answer.text}`);
    const { ok, invariants } = answer.body as { ok?: boolean; invariants?: unknown };
    if (ok !== true) faults.push(`${orgId}: ${JSON.stringify(invariants)}`);
  }
  report.check("each organization's books pass their own check", faults, `${parties.length} organizations`);
}

async function compareLedger(report: Report, product: Product, parties: readonly Party[]): Promise<void> {
  await verifyBooks(report, parties);
  const sums = await product.sql<{ transactions: number; name: string }>(
    `select count(*)::int as transactions, org_id || '/' || transaction_id as name from ledger.entries
     group by org_id, transaction_id, unit having sum(amount) <> 0`,
  );
  const [total] = await product.sql<{ n: number }>("select count(*)::int as n from ledger.transactions");
  report.check(
    "entries sum to zero",
    sums.map(({ name }) => name),
    `${total?.n} transactions`,
  );
  type Row = {
    org_id: string;
    wallet: string;
    granted: string;
    used: string;
    charged: string;
    debt: boolean;
  };
  const rows = await product.sql<Row>(
    `select org_id, sum(balance) filter (where account = 'wallet') as wallet,
       coalesce((select sum(credits_micros) from billing.payments p where p.org_id = b.org_id and p.paid_at is not null), 0) as granted,
       coalesce(sum(balance) filter (where account = 'used'), 0) as used,
       coalesce((select sum(cost_micros) from gateway.requests r where r.org_id = b.org_id), 0) as charged
     from ledger.balances b where unit = 'credit' group by org_id`,
  );
  report.check(
    "balance = what was bought - what calls cost, and never below zero",
    rows
      .filter(
        ({ wallet, granted, used, charged }) =>
          BigInt(wallet) !== BigInt(granted) - BigInt(charged) ||
          BigInt(used) !== BigInt(charged) ||
          BigInt(wallet) < 0n,
      )
      .map((row) => JSON.stringify(row)),
    `${rows.length} accounts`,
  );
}
