/** Compares our end state with the company's own books. Each fault is one line of plain words. */
import type pg from "pg";
import { withOperatorTx, type Db } from "../../server/platform/db/index.ts";
import { verify } from "../../server/kernel/ledger/index.ts";
import type { Json } from "../harness/client.ts";
import type { World } from "./company.ts";
import { ACCOUNT } from "./process.ts";

type Row = Record<string, string | null>;
type Ours = {
  payments: Row[];
  transactions: Row[];
  events: Row[];
  clearing: bigint;
  clawback: bigint;
  wallet: bigint;
};
type Theirs = {
  charges: Json[];
  refunds: Json[];
  intents: Json[];
  sessions: Json[];
  events: Json[];
  moved: Json[];
};

export async function compareBooks(owners: pg.Pool, db: Db, world: World): Promise<string[]> {
  const [ours, theirs] = await Promise.all([readOurs(owners), readTheirs(world)]);
  const books = await withOperatorTx(db, (tx) => verify(tx, null));
  return [
    ...books.invariants.flatMap(({ name, faults }) =>
      faults.map((fault) => `${name}: ${JSON.stringify(fault)}`),
    ),
    ...inboxFaults(ours, theirs),
    ...sessionFaults(ours, theirs),
    ...paymentFaults(ours, theirs),
    ...cashFaults(ours, theirs),
    ...creditFaults(ours),
  ];
}

async function readOurs(owners: pg.Pool): Promise<Ours> {
  const rows = async (text: string) => (await owners.query<Row>(text)).rows;
  const balance = async (account: string, unit: string) =>
    BigInt(
      (
        await rows(`select coalesce(sum(balance), 0)::text as sum from ledger.balances
        where account = '${account}' and unit = '${unit}'`)
      )[0]?.sum ?? 0,
    );
  return {
    payments: await rows(
      `select id, status, attempt::text, amount_minor::text, currency, credits_micros::text, refunded_minor::text, session_id,
         charge_id, intent_id from billing.payments order by id`,
    ),
    transactions: await rows("select reference, kind from ledger.transactions order by reference"),
    events: await rows(
      "select provider_event_id, state, type, error_code, error_detail from webhooks.events",
    ),
    clearing: await balance(`clearing:${ACCOUNT}`, "usd"),
    clawback: await balance("clawback", "credit"),
    wallet: await balance("wallet", "credit"),
  };
}

const readTheirs = async (world: World): Promise<Theirs> => ({
  charges: await world.list("/charges"),
  refunds: await world.list("/refunds"),
  intents: await world.list("/payment_intents"),
  sessions: await world.list("/checkout/sessions"),
  events: await world.list("/events"),
  moved: await world.list("/balance_transactions"),
});

/** Every event that the company lists is here once and came to its end. */
function inboxFaults({ events }: Ours, theirs: Theirs): string[] {
  const here = new Map(events.map((row) => [row.provider_event_id, row]));
  const faults = events.length === here.size ? [] : ["an event stands in the inbox twice"];
  for (const { id, type } of theirs.events)
    if (!here.has(String(id))) faults.push(`${String(type)} ${String(id)} never reached the inbox`);
  for (const row of events)
    if (row.state !== "processed" && row.state !== "ignored")
      faults.push(
        `${row.type} ${row.provider_event_id} is ${row.state}: ${row.error_code} ${row.error_detail}`,
      );
  return faults;
}

/** One session per attempt of a row, and the row knows it. */
function sessionFaults({ payments }: Ours, { sessions }: Theirs): string[] {
  const faults: string[] = [];
  for (const row of payments) {
    const made = sessions.filter((each) => (each.metadata as Json).holdfast_id === row.id);
    if (made.length > Number(row.attempt))
      faults.push(`${row.id} has ${made.length} sessions in ${row.attempt} attempts`);
    if (row.session_id === null && row.status !== "failed")
      faults.push(`${row.id} is ${row.status} without a session`);
    if (row.session_id !== null && !made.some(({ id }) => id === row.session_id))
      faults.push(`${row.id} names a session that is not its own`);
  }
  return faults;
}

const paidFor = (theirs: Theirs, id: string | null) =>
  theirs.charges.filter(
    ({ metadata, status }) => (metadata as Json).holdfast_id === id && status === "succeeded",
  );
const refundsOf = ({ refunds }: Theirs, charge: Json | undefined) =>
  refunds.filter((each) => charge && each.charge === charge.id && each.status === "succeeded");
const sum = (rows: Json[], of: string) => rows.reduce((total, row) => total + BigInt(Number(row[of])), 0n);

/** The state of each payment is what the company's objects say at the end. */
function paymentFaults({ payments }: Ours, theirs: Theirs): string[] {
  return payments.flatMap((row) => {
    const charges = paidFor(theirs, row.id ?? null);
    if (charges.length > 1) return [`${row.id} was charged ${charges.length} times`];
    const [charge] = charges;
    const refunded = sum(refundsOf(theirs, charge), "amount");
    const wanted = expectedStatus(row, theirs, charge, refunded);
    const faults = wanted.includes(String(row.status))
      ? []
      : [`${row.id} is ${row.status}, not ${wanted.join(" or ")}`];
    if (String(refunded) !== row.refunded_minor)
      faults.push(`${row.id} says ${row.refunded_minor} refunded, the company ${refunded}`);
    if ((charge?.id ?? null) !== row.charge_id) faults.push(`${row.id} names charge ${row.charge_id}`);
    return faults;
  });
}

function expectedStatus(row: Row, theirs: Theirs, charge: Json | undefined, refunded: bigint): string[] {
  if (charge)
    return [
      refunded === 0n
        ? "succeeded"
        : refunded < BigInt(row.amount_minor ?? 0)
          ? "partially_refunded"
          : "refunded",
    ];
  const session = theirs.sessions.find(({ id }) => id === row.session_id);
  if (session?.status === "expired") return ["canceled"];
  if (!session) return ["failed"];
  const intent = theirs.intents.find(({ id }) => id === session.payment_intent);
  if (!intent) return ["requires_payment_method"];
  return [intent.status === "requires_confirmation" ? "requires_payment_method" : String(intent.status)];
}

/** Each movement of the company is posted once, nothing else is, and the balance agrees to the cent. */
function cashFaults(ours: Ours, theirs: Theirs): string[] {
  const expected = new Set<string>();
  for (const charge of theirs.charges)
    if (charge.status === "succeeded") expected.add(`stripe:${ACCOUNT}:${String(charge.id)}:captured`);
  for (const refund of theirs.refunds)
    if (refund.status === "succeeded") expected.add(`stripe:${ACCOUNT}:${String(refund.id)}:refunded`);
  const posted = ours.transactions.flatMap(({ reference, kind }) =>
    kind === "payment.captured" || kind === "payment.refunded" ? [reference ?? ""] : [],
  );
  const faults = posted
    .filter((each) => !expected.has(each))
    .map((each) => `${each} is posted and never happened`);
  for (const each of expected) if (!posted.includes(each)) faults.push(`${each} is not posted`);
  const net = sum(
    theirs.moved.filter(({ type }) => type !== "payout"),
    "net",
  );
  if (net !== ours.clearing) faults.push(`clearing holds ${ours.clearing}, the company's books say ${net}`);
  return faults;
}

/** What was paid for was credited, less the share that was refunded. */
function creditFaults({ payments, wallet, clawback }: Ours): string[] {
  let bought = 0n;
  let taken = 0n;
  for (const row of payments) {
    if (row.charge_id === null) continue;
    bought += BigInt(row.credits_micros ?? 0);
    taken +=
      (BigInt(row.credits_micros ?? 0) * BigInt(row.refunded_minor ?? 0)) / BigInt(row.amount_minor ?? 1);
  }
  const faults =
    wallet === bought - taken ? [] : [`${wallet} micro-credits are left of ${bought} less ${taken}`];
  if (clawback !== taken) faults.push(`${clawback} micro-credits were clawed back instead of ${taken}`);
  return faults;
}
