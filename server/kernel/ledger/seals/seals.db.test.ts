import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { openOutbox } from "../../../../test/harness/outbox.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { INSTALLATION, newId, type OrgId } from "../../../platform/ids.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { getTransaction, grant, ledgerMails, post } from "../index.ts";
import { checkBooks } from "./check-books.ts";
import { sealBooks } from "./seal-books.ts";
import { verifySeals } from "./verify-seals.ts";

const DAY_MS = 86_400_000;
const START = new Date("2026-03-01T12:00:00Z");
const logger = createLogger("silent");
const ALL = { from: null, to: null };

let clock: ReturnType<typeof manualClock>;
let database: TestDatabase;
let db: Db;
let hub: TestHub;
let owner: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 4 });
  hub = startHub(db, database.url);
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  clock = manualClock(START);
  await owner.query(
    "truncate ledger.seals, ledger.seal_members, ledger.transactions, ledger.entries, ledger.checks",
  );
  await owner.query("truncate ledger.balances, ledger.grants, identity.users cascade");
});

const seal = () => sealBooks({ db, clock, logger });
const cash = (reference: string, amount = 500n) => ({
  mode: "test" as const,
  kind: "payment.captured",
  reference,
  entries: [
    { account: "clearing:acct_1", unit: "usd", amount },
    { account: "revenue", unit: "usd", amount: -amount },
  ],
});
const pay = async (org: OrgId, reference: string, amount?: bigint) => {
  const [posted] = await withTx(db, org, (tx) => post(tx, org, [cash(reference, amount)], clock.now()));
  return posted?.transactionId ?? "";
};

test("a day is sealed once, at half past midnight, whoever asks how often", async () => {
  const org = newId("org");
  const first = await pay(org, "a");
  await seal();
  clock.advance(12 * 3_600_000);
  expect(await seal()).toBeNull();
  clock.advance(30 * 60_000);
  const made = await Promise.allSettled([seal(), seal(), seal()]);
  expect(made.filter((one) => one.status === "fulfilled" && one.value !== null)).toHaveLength(1);
  const { seal: covered } = await withTx(db, org, (tx) => getTransaction(tx, org, "test", first));
  expect(covered).toMatchObject({ number: 2n, sealedAt: clock.now() });
  expect(await verifySeals(db, ALL)).toEqual({ seals: 2n, transactions: 1n, entries: 2n, firstBroken: null });
});

test("what commits late is in the next seal, and what is posted today in none yet", async () => {
  const org = newId("org");
  await pay(org, "early");
  const open = withTx(db, org, async (tx) => {
    await post(tx, org, [cash("late")], clock.now());
    clock.advance(DAY_MS);
    expect((await seal())?.transactionCount).toBe(1n);
  });
  await open;
  await pay(org, "today");
  clock.advance(DAY_MS);
  expect((await seal())?.transactionCount).toBe(2n);
  clock.advance(DAY_MS);
  expect((await seal())?.transactionCount).toBe(0n);
  const { rows } = await owner.query("select count(*)::int as n from ledger.seal_members");
  expect(rows[0].n).toBe(3);
});

/** How one byte of an entry's or transaction's row is changed, as the owner of the database. */
const CHANGES = {
  amount:
    "update ledger.entries set amount = amount + 1 where org_id = $1 and transaction_id = $2 and position = $3",
  account:
    "update ledger.entries set account = account || 'x' where org_id = $1 and transaction_id = $2 and position = $3",
  unit: "update ledger.entries set unit = 'eur' where org_id = $1 and transaction_id = $2 and position = $3",
  mode: "update ledger.entries set mode = 'live' where org_id = $1 and transaction_id = $2 and position = $3",
  gone: "delete from ledger.entries where org_id = $1 and transaction_id = $2 and position = $3",
} as const;

test("one changed byte in any entry of random books is named by transaction and position", async () => {
  const amount = fc.bigInt({ min: 1n, max: 10n ** 12n });
  const books = fc.array(fc.record({ org: fc.nat(2), amount, day: fc.nat(3), isGrant: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });
  const change = fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[]));
  await fc.assert(
    fc.asyncProperty(books, change, fc.nat(), async (moves, how, at) => {
      await owner.query("truncate ledger.seals, ledger.seal_members, ledger.transactions, ledger.entries");
      const orgs = [newId("org"), newId("org"), INSTALLATION];
      const days = manualClock(START);
      clock = days;
      for (let day = 0; day < 4; day += 1) {
        for (const [index, move] of moves.entries()) {
          if (move.day !== day) continue;
          const org = orgs[move.org]!;
          const reference = `${newId("pay")}:${index}`;
          const gift = {
            mode: "test",
            unit: "credit",
            kind: "gift",
            amount: move.amount,
            reference,
          } as const;
          if (move.isGrant) await withTx(db, org, (tx) => grant(tx, org, [gift], days.now()));
          else await pay(org, reference, move.amount);
        }
        days.advance(DAY_MS);
        await seal();
      }
      expect((await verifySeals(db, ALL)).firstBroken).toBeNull();
      const { rows } = await owner.query(
        "select org_id, transaction_id, position from ledger.entries order by transaction_id, position",
      );
      const hit = rows[at % rows.length];
      await owner.query("set session_replication_role = replica");
      await owner.query(CHANGES[how], [hit.org_id, hit.transaction_id, hit.position]);
      await owner.query("set session_replication_role = default");
      expect((await verifySeals(db, ALL)).firstBroken).toMatchObject({
        what: "entry",
        orgId: hit.org_id,
        transactionId: hit.transaction_id,
        position: hit.position,
      });
    }),
    { numRuns: 25 },
  );
});

test("a transaction that is gone or altered, a membership and a seal that were changed are found", async () => {
  const org = newId("org");
  const ids = [await pay(org, "a"), await pay(org, "b")];
  clock.advance(DAY_MS);
  await seal();
  clock.advance(DAY_MS);
  await seal();
  const broken = async (sql: string, values: unknown[] = []) => {
    await owner.query("begin");
    await owner.query(sql, values);
    await owner.query("commit");
    return (await verifySeals(db, ALL)).firstBroken;
  };
  expect(
    await broken("update ledger.transactions set reference = 'c' where id = $1", [ids[0]]),
  ).toMatchObject({
    what: "transaction",
    transactionId: ids[0],
    position: null,
  });
  await owner.query("update ledger.transactions set reference = 'a' where id = $1", [ids[0]]);
  expect(await broken("update ledger.seals set hash = sha256('x') where number = 1")).toMatchObject({
    what: "seal",
    seal: 1n,
  });
  expect(
    await broken(
      "update ledger.seals set hash = (select previous_hash from ledger.seals where number = 2) where number = 1",
    ),
  ).toBeNull();
  expect(await broken("delete from ledger.seal_members where transaction_id = $1", [ids[1]])).toMatchObject({
    what: "seal",
    seal: 1n,
    detail: "It sealed 2 transactions, and lists 1.",
  });
  expect(await broken("delete from ledger.transactions where id = $1", [ids[0]])).toMatchObject({
    what: "transaction",
    detail: "The transaction is gone.",
  });
  expect(await broken("delete from ledger.seals where number = 1")).toMatchObject({ what: "seal", seal: 2n });
});

test("the nightly check runs once, and says what it found: broken books, a broken chain, money in suspense", async () => {
  const { mail } = await openOutbox(
    { db, clock, logger, metrics: createMetrics("0"), hub, cache: hub.cache, baseUrl: "http://127.0.0.1:9" },
    false,
  );
  ledgerMails(mail);
  const sent = async () => (await owner.query("select kind, address, ref from mail.outbox")).rows;
  const check = () => checkBooks({ db, clock, logger, mail });
  await owner.query(
    `insert into identity.users (id, email, full_name, is_operator, created_at) values ($1, 'op@example.com', 'Op', true, now())`,
    [newId("usr")],
  );
  const org = newId("org");
  const id = await pay(org, "a");
  clock.advance(DAY_MS);
  await seal();
  expect(await check()).toMatchObject({ ok: true, faults: [] });
  expect(await check()).toBeNull();
  expect(await sent()).toEqual([]);
  await owner.query(
    "update ledger.entries set amount = amount + 1 where transaction_id = $1 and position = 0",
    [id],
  );
  const parked = {
    ...cash("s"),
    entries: [
      { account: "suspense", unit: "usd", amount: 7n },
      { account: "clearing:acct_1", unit: "usd", amount: -7n },
    ],
  };
  await withTx(db, org, (tx) => post(tx, org, [parked], clock.now()));
  clock.advance(DAY_MS);
  const found = await check();
  expect(found?.faults.map(({ name }) => name)).toEqual(["zero_sum", "balances", "seals", "suspense"]);
  expect(found?.faults.find(({ name }) => name === "seals")?.examples[0]).toContain(`${id}/0`);
  expect(await sent()).toEqual([
    { kind: "ledger.check_failed", address: "op@example.com", ref: { day: found?.day } },
  ]);
});

test("the server's role can change neither seals nor memberships", async () => {
  clock.advance(DAY_MS);
  await seal();
  for (const table of ["seals", "seal_members"]) {
    for (const sql of [`delete from ledger.${table}`, `update ledger.${table} set hash = ''`])
      await expect(withTx(db, newId("org"), (tx) => tx.query(sql, sql))).rejects.toThrow("permission denied");
  }
});
