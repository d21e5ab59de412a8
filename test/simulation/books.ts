/** Compares our end state with the companies' own books. Each fault is one line of plain words. */
import type pg from "pg";
import { withOperatorTx, type Db } from "../../server/platform/db/index.ts";
import { verify } from "../../server/kernel/ledger/index.ts";
import type { Books, Company, Known, Movement } from "./company.ts";

type Row = Record<string, string | null>;
type Payment = {
  id: string;
  status: string;
  attempt: number;
  amount: bigint;
  credits: bigint;
  refunded: bigint;
  session: string | null;
  charge: string | null;
};

export async function compareBooks(
  owners: pg.Pool,
  db: Db,
  companies: readonly Company[],
): Promise<string[]> {
  const rows = async (text: string, values: unknown[] = []) => (await owners.query<Row>(text, values)).rows;
  const books = await withOperatorTx(db, (tx) => verify(tx, null));
  const faults = books.invariants.flatMap(({ name, faults: found }) =>
    found.map((fault) => `${name}: ${JSON.stringify(fault)}`),
  );
  const all: Payment[] = [];
  for (const company of companies) {
    const theirs = await company.books();
    const payments = (await rows(PAYMENTS, [company.name])).map(paymentOf);
    all.push(...payments);
    faults.push(
      ...inboxFaults(await rows(EVENTS, [company.name]), theirs),
      ...cashFaults(company, await rows(MOVES, [`${company.name}:%`]), theirs),
      ...clearingFaults(company, await rows(CLEARING, [`clearing:${company.accountId}`]), theirs),
    );
    for (const payment of payments) faults.push(...paymentFaults(payment, await theirs.of(payment)));
  }
  faults.push(...creditFaults(all, await rows(CREDITS)));
  return faults;
}

const PAYMENTS = `select id, status, attempt::text, amount_minor::text, credits_micros::text, refunded_minor::text, session_id,
  charge_id from billing.payments where provider = $1 order by id`;
const EVENTS =
  "select provider_event_id, state, type, error_code, error_detail from webhooks.events where source = $1";
const MOVES = `select reference from ledger.transactions
  where kind in ('payment.captured', 'payment.refunded') and reference like $1`;
const CLEARING = "select coalesce(sum(balance), 0)::text as sum from ledger.balances where account = $1";
const CREDITS = `select account, sum(balance)::text as sum from ledger.balances
  where unit = 'credit' and account in ('wallet', 'clawback') group by account`;

const paymentOf = (row: Row): Payment => ({
  id: String(row.id),
  status: String(row.status),
  attempt: Number(row.attempt),
  amount: BigInt(row.amount_minor ?? 0),
  credits: BigInt(row.credits_micros ?? 0),
  refunded: BigInt(row.refunded_minor ?? 0),
  session: row.session_id ?? null,
  charge: row.charge_id ?? null,
});

/** Every event that the company lists is here once, and came to its end. */
function inboxFaults(events: readonly Row[], theirs: Books): string[] {
  const here = new Set(events.map((row) => row.provider_event_id));
  const faults = events.length === here.size ? [] : ["an event stands in the inbox twice"];
  for (const { id, type } of theirs.events)
    if (!here.has(id)) faults.push(`${type} ${id} never reached the inbox`);
  for (const row of events)
    if (row.state !== "processed" && row.state !== "ignored")
      faults.push(
        `${row.type} ${row.provider_event_id} is ${row.state}: ${row.error_code} ${row.error_detail}`,
      );
  return faults;
}

/** Each payment is what the company's objects say at the end, begun once per attempt and charged once. */
function paymentFaults(payment: Payment, known: Known): string[] {
  const { id, status, attempt, session, charge } = payment;
  const faults: string[] = [];
  if (known.checkouts && known.checkouts.length > attempt)
    faults.push(`${id} has ${known.checkouts.length} checkouts in ${attempt} attempts`);
  if (session === null && status !== "failed") faults.push(`${id} is ${status} without a checkout`);
  if (known.checkouts && session !== null && !known.checkouts.includes(session))
    faults.push(`${id} names a checkout that is not its own`);
  if (known.charges.length > 1) faults.push(`${id} was charged ${known.charges.length} times`);
  const [paid] = known.charges;
  const refunded = total(known.refunds);
  const wanted = paid ? [paidState(payment, refunded)] : known.unpaid;
  if (!wanted.includes(status)) faults.push(`${id} is ${status}, not ${wanted.join(" or ")}`);
  if (refunded !== payment.refunded)
    faults.push(`${id} says ${payment.refunded} refunded, the company ${refunded}`);
  if ((paid?.id ?? null) !== charge) faults.push(`${id} names charge ${charge}, the company ${paid?.id}`);
  return faults;
}

const paidState = ({ amount }: Payment, refunded: bigint): string =>
  refunded === 0n ? "succeeded" : refunded < amount ? "partially_refunded" : "refunded";

/** Each movement of the company is posted once, and nothing else is. */
function cashFaults({ name, accountId }: Company, moves: readonly Row[], theirs: Books): string[] {
  const expected = new Set([
    ...theirs.captured.map(({ id }) => `${name}:${accountId}:${id}:captured`),
    ...theirs.refunded.map(({ id }) => `${name}:${accountId}:${id}:refunded`),
  ]);
  const posted = moves.map(({ reference }) => String(reference));
  return [
    ...posted.filter((each) => !expected.has(each)).map((each) => `${each} is posted and never happened`),
    ...[...expected].filter((each) => !posted.includes(each)).map((each) => `${each} is not posted`),
  ];
}

function clearingFaults({ name }: Company, [row]: readonly Row[], { netMinor }: Books): string[] {
  const held = BigInt(row?.sum ?? 0);
  return held === netMinor ? [] : [`clearing holds ${held}, the books of ${name} say ${netMinor}`];
}

/** What was paid for was credited, less the share that was refunded. */
function creditFaults(payments: readonly Payment[], balances: readonly Row[]): string[] {
  const balance = (name: string) => BigInt(balances.find(({ account }) => account === name)?.sum ?? 0);
  let bought = 0n;
  let taken = 0n;
  for (const { charge, credits, refunded, amount } of payments) {
    if (charge === null) continue;
    bought += credits;
    taken += (credits * refunded) / amount;
  }
  const faults =
    balance("wallet") === bought - taken
      ? []
      : [`${balance("wallet")} micro-credits are left of ${bought} less ${taken}`];
  if (balance("clawback") !== taken)
    faults.push(`${balance("clawback")} micro-credits were clawed back instead of ${taken}`);
  return faults;
}

const total = (rows: readonly Movement[]) => rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
