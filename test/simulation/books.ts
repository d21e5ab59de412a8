/** Compares our end state with the companies' own books. Each fault is one line of plain words. */
import type pg from "pg";
import { withOperatorTx, type Db } from "../../server/platform/db/index.ts";
import { verify } from "../../server/kernel/ledger/index.ts";
import type { Books, Company, Known, Movement } from "./company.ts";
import { subscriptionFaults } from "./subscriptions.ts";

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
      ...(await cashFaults(rows, company, theirs)),
      ...clearingFaults(company, await rows(CLEARING, [`clearing:${company.accountId}`]), theirs),
    );
    for (const payment of payments) faults.push(...paymentFaults(payment, await theirs.of(payment)));
    faults.push(...(await subscriptionFaults(rows, company, theirs)));
  }
  faults.push(...creditFaults(all, await rows(GRANTS), await rows(CREDITS)));
  for (const { org_id, posted, wanted } of await rows(RECURRING))
    faults.push(`${org_id} brings ${wanted} a month, the ledger says ${posted}`);
  for (const { id, code, charge } of await rows(DECLINED))
    faults.push(`${id} (${code}, charge ${charge}) does not stand in the ledger as it ended`);
  return faults;
}

const PAYMENTS = `select id, status, attempt::text, amount_minor::text, credits_micros::text, refunded_minor::text, session_id,
  charge_id from billing.payments where provider = $1 order by id`;
const EVENTS =
  "select provider_event_id, state, type, error_code, error_detail from webhooks.events where source = $1";
const MOVES = `select reference from ledger.transactions
  where kind in ('payment.captured', 'payment.refunded') and reference like $1`;
const HEARD = `select type, state, coalesce(error_code, '') as code from webhooks.events
  where source = $1 and (object_id = any($2::text[]) or root = any($2::text[])) order by provider_created_at, id`;
const CLEARING = "select coalesce(sum(balance), 0)::text as sum from ledger.balances where account = $1";
const CREDITS = `select account, sum(balance)::text as sum from ledger.balances
  where unit = 'credit' and account in ('issued', 'clawback') group by account`;
/** Books in which what subscriptions bring in a month is not what stands there. */
const RECURRING = `select coalesce(s.org_id, b.org_id) as org_id, coalesce(s.wanted, 0)::text as wanted,
    coalesce(b.balance, 0)::text as posted
  from (select org_id, currency, sum(amount_minor * quantity / case period when 'year' then 12 else 1 end) as wanted
        from billing.subscriptions where provider <> 'none' and status in ('active', 'past_due') group by 1, 2) s
  full join (select org_id, unit, balance from ledger.balances where account = 'recurring') b
    on b.org_id = s.org_id and b.unit = s.currency
  where coalesce(s.wanted, 0) <> coalesce(b.balance, 0)`;
/** Payments that were declined and are not noted so, or the other way round. */
const DECLINED = `select p.id, p.failure_code as code, p.charge_id as charge
  from billing.payments p
  left join lateral (select sum(e.amount) as amount from ledger.transactions t
      join ledger.entries e on e.org_id = t.org_id and e.transaction_id = t.id and e.account like 'declined:%'
    where t.org_id = p.org_id and t.reference in (p.id || ':declined', p.id || ':declined:reversed')) d on true
  where case when p.charge_id is not null then coalesce(d.amount, 0) <> 0
    else p.failure_code is not null and d.amount is distinct from p.amount_minor end`;
const GRANTS = `select reference, kind, amount::text from ledger.grants where unit = 'credit'`;

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
  if (session === null && charge === null && status !== "failed")
    faults.push(`${id} is ${status} without a checkout`);
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

type Ask = (text: string, values?: unknown[]) => Promise<Row[]>;

/** Each movement of the company is posted once, and nothing else is. What is not is told with what was heard of it. */
async function cashFaults(rows: Ask, { name, accountId }: Company, theirs: Books): Promise<string[]> {
  const expected = new Map<string, Movement>([
    ...theirs.captured.map((each) => [`${name}:${accountId}:${each.id}:captured`, each] as const),
    ...theirs.refunded.map((each) => [`${name}:${accountId}:${each.id}:refunded`, each] as const),
  ]);
  const posted = (await rows(MOVES, [`${name}:%`])).map(({ reference }) => String(reference));
  const faults = posted
    .filter((each) => !expected.has(each))
    .map((each) => `${each} is posted and never happened`);
  for (const [reference, movement] of expected) {
    if (posted.includes(reference)) continue;
    const ids = [movement.id, movement.root ?? movement.id];
    const heard = (await rows(HEARD, [name, ids])).map((row) => `${row.type} ${row.state} ${row.code}`);
    faults.push(`${reference} is not posted; heard of it: ${heard.join(", ") || "nothing"}`);
  }
  return faults;
}

function clearingFaults({ name }: Company, [row]: readonly Row[], { netMinor }: Books): string[] {
  const held = BigInt(row?.sum ?? 0);
  return held === netMinor ? [] : [`clearing holds ${held}, the books of ${name} say ${netMinor}`];
}

/** What was bought was credited once; of every charge's credits the share that was refunded was taken back. */
function creditFaults(
  payments: readonly Payment[],
  grants: readonly Row[],
  balances: readonly Row[],
): string[] {
  const balance = (name: string) => BigInt(balances.find(({ account }) => account === name)?.sum ?? 0);
  const amounts = new Map(grants.map((row) => [row.reference, BigInt(row.amount ?? 0)]));
  const faults: string[] = [];
  let taken = 0n;
  for (const { id, charge, credits, refunded, amount } of payments) {
    const granted = amounts.get(`${id}:credits`) ?? 0n;
    const bought = charge === null ? 0n : credits;
    if (granted !== bought && (credits > 0n || charge === null))
      faults.push(`${id} was credited ${granted}, not ${bought}`);
    taken += (granted * refunded) / amount;
  }
  if (balance("clawback") !== taken)
    faults.push(`${balance("clawback")} micro-credits were clawed back instead of ${taken}`);
  const issued = [...amounts.values()].reduce((sum, each) => sum + each, 0n);
  if (-balance("issued") !== issued)
    faults.push(`${-balance("issued")} micro-credits were issued, ${issued} granted`);
  return faults;
}

const total = (rows: readonly Movement[]) => rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
