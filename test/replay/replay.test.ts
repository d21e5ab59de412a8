import { createSealer } from "../../server/platform/crypto/index.ts";
import { KEYRING } from "../harness/people.ts";
import { createHmac } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBilling, readPacks, type Billing } from "../../server/kernel/billing/index.ts";
import { verify } from "../../server/kernel/ledger/index.ts";
import { createInbox, stripeSource, type EventId, type Inbox } from "../../server/kernel/webhooks/index.ts";
import { manualClock } from "../../server/platform/clock.ts";
import { createDb, withOperatorTx, type Db } from "../../server/platform/db/index.ts";
import { newId } from "../../server/platform/ids.ts";
import { createLimiter } from "../../server/platform/rate-limit/index.ts";
import { startHub, type TestHub } from "../harness/hub.ts";
import { planDeps } from "../harness/plans.ts";
import { createLogger, createMetrics } from "../../server/platform/telemetry/index.ts";
import { createStripe } from "../../server/vendors/stripe/index.ts";
import { createTestDatabase, type TestDatabase } from "../harness/database.ts";
import { openTill, type Till } from "./story.ts";

/** Orders tried; each also delivers some events again and cuts the deliveries at other places. */
const SEEDS = Number(process.env.REPLAY_SEEDS ?? 15);
/** Rounds of processing, each a minute after the one before, within which everything is applied. */
const ROUNDS = 40;
const CARDS = {
  good: "4242424242424242",
  poor: "4000000000009995",
  secure: "4000002760003184",
};
const org = newId("org");
const never = new AbortController().signal;
/** Emptied before each replay; payments and their directory return to what they were before anything was paid. */
const REPLAYED = `truncate webhooks.events, webhooks.payloads, webhooks.attempts, ledger.transactions, ledger.entries,
  ledger.balances, ledger.grants, ledger.holds, ledger.hold_grants, billing.refunds, billing.payments, billing.object_orgs`;

let till: Till;
let database: TestDatabase;
let owners: pg.Pool;
let db: Db;
let hub: TestHub;
let billing: Billing;
let inbox: Inbox;
let clock: ReturnType<typeof manualClock>;
let recorded: string[];

beforeAll(async () => {
  [till, database] = await Promise.all([openTill(), createTestDatabase()]);
  owners = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
  db = createDb({ url: database.url, max: 5 });
  const logger = createLogger("silent");
  hub = startHub(db, database.url);
  clock = manualClock(await till.now());
  const metrics = createMetrics("test");
  const stripe = createStripe({ apiKey: till.apiKey, baseUrl: till.baseUrl, metrics });
  const accountId = "acct_1";
  const shared = { db, clock, hub, logger, metrics };
  const baseUrl = "http://localhost";
  billing = createBilling({
    ...shared,
    stripe,
    accountId,
    paypal: null,
    baseUrl,
    packs: readPacks(),
    ...planDeps(shared),
  });
  inbox = createInbox({
    ...shared,
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl,
    maxAttempts: 3,
    sources: [stripeSource({ stripe, accountId, secrets: [till.webhookSecret] })],
    handlers: billing.handlers,
  });
  await inbox.ensureEndpoints();
  await record();
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await owners.end();
  await database.drop();
  await till.close();
});

async function buy(): Promise<{ paymentId: string; sessionId: string; url: string }> {
  const input = {
    orgId: org,
    actorId: "usr_1",
    mode: "test",
    wanted: { packKey: "starter" },
    provider: "stripe",
  } as const;
  return billing.purchase({ ...input, operationId: newId("idk") });
}

/** All purchases first, so that their rows are known as they were; then what the buyers and the shop do. */
async function record(): Promise<void> {
  const [plain, second, poor, secure, left] = [
    await buy(),
    await buy(),
    await buy(),
    await buy(),
    await buy(),
  ] as const;
  await owners.query("create table start_payments as table billing.payments");
  await owners.query("create table start_objects as table billing.object_orgs");
  await till.advance("20s");
  await till.pay(plain.url, CARDS.good);
  // Declined, and paid by another card within the same second.
  await till.pay(second.url, CARDS.poor);
  await till.pay(second.url, CARDS.good);
  await till.pay(poor.url, CARDS.poor);
  await till.pay(secure.url, CARDS.secure);
  await till.pay(left.url, CARDS.poor);
  await till.advance("20s");
  await till.authenticate(secure.url, "fail");
  await till.post(`/checkout/sessions/${left.sessionId}/expire`);
  const charge = await chargeOf(plain.paymentId);
  await till.post("/refunds", { charge, amount: "300" });
  await till.post("/refunds", { charge, amount: "450" });
  await till.advance("20s");
  await till.post("/refunds", { charge: await chargeOf(second.paymentId) });
  await till.advance("20s");
  recorded = await till.events();
  expect(recorded.length).toBeGreaterThan(20);
}

async function chargeOf(paymentId: string): Promise<string> {
  const objects = (await till.events()).map(
    (text) => (JSON.parse(text) as { data: { object: Record<string, unknown> } }).data.object,
  );
  const charge = objects.find(
    ({ object, status, metadata }) =>
      object === "charge" &&
      status === "succeeded" &&
      (metadata as { holdfast_id?: string }).holdfast_id === paymentId,
  );
  return String(charge?.id);
}

async function startAgain(): Promise<void> {
  await owners.query(
    `${REPLAYED};
     insert into billing.payments select * from start_payments;
     insert into billing.object_orgs select * from start_objects`,
  );
  clock.advance(60_000);
}

async function deliver(text: string): Promise<void> {
  const body = Buffer.from(text);
  const t = Math.floor(clock.now().getTime() / 1000);
  const v1 = createHmac("sha256", till.webhookSecret).update(`${t}.`).update(body).digest("hex");
  const headers = { "stripe-signature": `t=${t},v1=${v1}` };
  await inbox.receive({ source: "stripe", endpointId: null, body, headers, ip: "::1" });
}

async function settle(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    while (await inbox.process(never));
    while (await billing.postFees(never));
    const { received, waiting_retry, processing } = await inbox.counts();
    if (received + waiting_retry + processing === 0) return;
    clock.advance(60_000);
  }
  throw new Error("some events were never finished");
}

const STATE = {
  payments: `select id, status, failure_code, intent_id, charge_id, refunded_minor, fee_transaction_id, fee_minor, paid_at
    from billing.payments order by id`,
  refunds: "select id, payment_id, amount_minor, status, clawed_back_micros from billing.refunds order by id",
  // A decline that was heard of after its payment is none: the memorandum of it follows the order of what was heard.
  balances: `select account, unit, balance from ledger.balances
    where balance <> 0 and account <> 'memo' and account not like 'declined:%' order by 1, 2`,
  references:
    "select reference, kind from ledger.transactions where reference not like '%:declined%' order by 1",
  events: "select provider_event_id, state, error_code from webhooks.events order by 1",
};

async function endState() {
  const books = await withOperatorTx(db, (tx) => verify(tx, null));
  expect(books.invariants.flatMap(({ faults }) => faults)).toEqual([]);
  const state: Record<string, unknown[]> = {};
  for (const [name, text] of Object.entries(STATE)) state[name] = (await owners.query(text)).rows;
  return state;
}

/** Numbers from a seed, so that a failing order can be run again. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function shuffle<T>(rows: readonly T[], roll: (sides: number) => number): T[] {
  const left = [...rows];
  return rows.map(() => left.splice(roll(left.length), 1)[0] as T);
}

let expected: Awaited<ReturnType<typeof endState>>;

test("events in their order, one by one, end in what Stripe's books say", async () => {
  await startAgain();
  for (const text of recorded) {
    await deliver(text);
    await settle();
  }
  expected = await endState();
  expect(expected.payments).toMatchObject([
    { status: "partially_refunded", refunded_minor: "750", fee_minor: "59" },
    { status: "refunded", refunded_minor: "1000", fee_minor: "59", failure_code: null },
    { status: "requires_payment_method", failure_code: "insufficient_funds" },
    { status: "requires_payment_method", failure_code: "payment_intent_authentication_failure" },
    { status: "canceled", failure_code: "expired" },
  ]);
  expect(expected.balances).toEqual([
    { account: "clawback", unit: "credit", balance: "1750000000" },
    { account: "clearing:acct_1", unit: "usd", balance: "132" },
    { account: "fees", unit: "usd", balance: "118" },
    { account: "issued", unit: "credit", balance: "-2000000000" },
    { account: "refunds", unit: "usd", balance: "1750" },
    { account: "revenue", unit: "usd", balance: "-2000" },
    { account: "wallet", unit: "credit", balance: "250000000" },
  ]);
});

test("delivered twice, and then replayed, they change nothing more", async () => {
  await startAgain();
  for (const text of [...recorded, ...recorded]) await deliver(text);
  await settle();
  expect(await endState()).toEqual(expected);
  const { rows } = await owners.query<{ id: EventId }>("select id from webhooks.events");
  for (const { id } of rows) await inbox.replay(id, "system");
  await settle();
  expect(await endState()).toEqual(expected);
});

test(`in ${SEEDS} other orders, some of them twice, cut anywhere, they end in the same state`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const roll = dice(seed);
    await startAgain();
    const again = recorded.filter(() => roll(4) === 0);
    for (const text of shuffle([...recorded, ...again], roll)) {
      await deliver(text);
      if (roll(3) === 0) await inbox.process(never);
      if (roll(8) === 0) clock.advance(1_000 * roll(20));
    }
    await settle();
    expect(await endState(), `seed ${seed}`).toEqual(expected);
  }
}, 180_000);
