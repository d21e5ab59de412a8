import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startAnswering, type Answer, type Answering } from "../../../../test/harness/answering.ts";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { postFees } from "./post-fees.ts";
import { findPayment, insertPayment, updatePayments } from "./store.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const clock = manualClock(NOW);
let database: TestDatabase;
let db: Db;
let company: Answering;
let deps: Parameters<typeof postFees>[0];
const lines: string[] = [];
/** What Stripe answers for a balance transaction; it does not know others. */
const fees = new Map<string, Answer | Promise<Answer>>();
const UNKNOWN: Answer = { status: 404, body: { error: { type: "x", code: "resource_missing" } } };
const never = new AbortController().signal;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 4 });
  company = await startAnswering(({ path }) => fees.get(path.split("/").at(-1) ?? "") ?? UNKNOWN);
  deps = {
    db,
    clock,
    logger: createLogger("info", { write: (line) => void lines.push(line) }),
    stripe: createStripe({
      apiKey: "sk_test_1",
      baseUrl: company.url,
      metrics: createMetrics("test"),
      pausesMs: [],
    }),
  };
});
afterAll(async () => {
  await company.close();
  await db.close();
  await database.drop();
});
afterEach(async () => {
  // What a test left due is unknown by now, and due no more.
  fees.clear();
  while (await postFees(deps, never));
  company.asked.length = 0;
});

type Due = { org: OrgId; id: string; fee: string };
let made = 0;
/** A payment that was captured, its fee still to be asked for. */
async function due(answer?: Answer): Promise<Due> {
  made += 1;
  const [org, id, fee] = [newId("org"), newId("pay"), `txn_${made}`];
  if (answer) fees.set(fee, answer);
  await withTx(db, org, async (tx) => {
    const row = await insertPayment(tx, org, {
      id,
      mode: "test",
      account_id: "acct_1",
      provider: "stripe",
      pack_key: "starter",
      amount_minor: 1_000n,
      currency: "usd",
      credits_micros: 0n,
      success_url: "",
      cancel_url: "",
      created_at: NOW,
      operation_id: `op_${made}`,
      created_by: "system",
    });
    const paid = { status: "succeeded", charge_id: `ch_${made}`, fee_transaction_id: fee } as const;
    await updatePayments(tx, org, [{ ...row, ...paid, paid_at: new Date(NOW.getTime() + made) }]);
  });
  return { org, id, fee };
}
const feeOf = (fee: number | string): Answer => ({
  body: { id: "txn_told", object: "balance_transaction", fee, currency: "usd", created: 1 },
});
const read = ({ org, id }: Due) => withTx(db, org, (tx) => findPayment(tx, org, id));
const posted = ({ org }: Due) =>
  withTx(db, org, (tx) =>
    tx.query<{ account: string; amount: bigint; reference: string }>(
      "test.entries",
      `select e.account, e.amount, t.reference from ledger.entries e
       join ledger.transactions t on t.org_id = e.org_id and t.id = e.transaction_id
       where e.org_id = $1 order by e.account`,
      [org],
    ),
  );

test("a fee is posted out of clearing under its balance transaction, once", async () => {
  const one = await due(feeOf(59));
  expect(await postFees(deps, never)).toBe(false);
  expect(await read(one)).toMatchObject({ fee_minor: 59n });
  const reference = "stripe:acct_1:txn_told:fee";
  const entries = [
    { account: "clearing:acct_1", amount: -59n, reference },
    { account: "fees", amount: 59n, reference },
  ];
  expect(await posted(one)).toEqual(entries);
  await postFees(deps, never);
  expect(company.asked).toHaveLength(1);
  expect(await posted(one)).toEqual(entries);
});

test("of two runs that ask for one fee at once the first posts it; what the other is told changes nothing", async () => {
  const one = await due();
  const answers = [Promise.withResolvers<Answer>(), Promise.withResolvers<Answer>()] as const;
  fees.set(one.fee, answers[0].promise);
  const first = postFees(deps, never);
  await expect.poll(() => company.asked.length).toBe(1);
  fees.set(one.fee, answers[1].promise);
  const second = postFees(deps, never);
  await expect.poll(() => company.asked.length).toBe(2);
  answers[0].resolve(feeOf(59));
  await first;
  answers[1].resolve(UNKNOWN);
  await second;
  expect(await posted(one)).toHaveLength(2);
  expect(await read(one)).toMatchObject({ fee_minor: 59n, fee_transaction_id: one.fee });
});

test("a charge that costs nothing is settled without a posting", async () => {
  const one = await due(feeOf(0));
  await postFees(deps, never);
  expect(await read(one)).toMatchObject({ fee_minor: 0n });
  expect(await posted(one)).toEqual([]);
});

test("a fee that Stripe does not know is logged, due no more, and holds up nobody", async () => {
  const [lost, next] = [await due(), await due(feeOf(59))];
  await postFees(deps, never);
  expect(await read(lost)).toMatchObject({ fee_minor: null, fee_transaction_id: null });
  expect(await read(next)).toMatchObject({ fee_minor: 59n });
  expect(lines.filter((line) => line.includes(lost.fee) && line.includes("fee unknown"))).toHaveLength(1);
});

test.each([
  ["away", 503],
  ["refusing our key", 401],
])("Stripe %s: what is due stays due, and the run ends", async (_name, status) => {
  const answer = { status, body: { error: { type: "x", code: "no" } } };
  const [first, second] = [await due(answer), await due(feeOf(59))];
  expect(await postFees(deps, never)).toBe(false);
  expect(company.asked).toHaveLength(1);
  for (const one of [first, second])
    expect(await read(one)).toMatchObject({ fee_minor: null, fee_transaction_id: one.fee });
  fees.set(first.fee, feeOf(30));
  await postFees(deps, never);
  expect([(await read(first))?.fee_minor, (await read(second))?.fee_minor]).toEqual([30n, 59n]);
});

test("an answer that is no amount is an error of its own; nothing is posted", async () => {
  const one = await due(feeOf("a lot"));
  await expect(postFees(deps, never)).rejects.toThrow(SyntaxError);
  expect(await read(one)).toMatchObject({ fee_minor: null, fee_transaction_id: one.fee });
  expect(await posted(one)).toEqual([]);
});

test("a run that is told to stop asks nobody", async () => {
  await due(feeOf(59));
  expect(await postFees(deps, AbortSignal.abort())).toBe(false);
  expect(company.asked).toEqual([]);
});

test("twenty fees are one run's, and it says that there may be more", async () => {
  const all = [];
  for (let n = 0; n < 21; n += 1) all.push(await due(feeOf(0)));
  expect(await postFees(deps, never)).toBe(true);
  expect(await postFees(deps, never)).toBe(false);
  expect((await Promise.all(all.map(read))).map((row) => row?.fee_minor)).toEqual(all.map(() => 0n));
});
