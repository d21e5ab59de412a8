import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { createDb, withOperatorTx, withTx, type Db } from "../../platform/db/index.ts";
import { newId, type HoldId, type OrgId } from "../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../platform/money.ts";
import * as ledger from "./index.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const later = (ms: number) => new Date(NOW.getTime() + ms);

let database: TestDatabase;
let db: Db;
let owner: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 6 });
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await db.close();
  await owner.end();
  await database.drop();
});

const credits = (org: OrgId, amount: bigint, more: Partial<ledger.NewGrant> = {}) =>
  withTx(db, org, (tx) => ledger.grant(tx, org, [newGrant(amount, more)], NOW));
const newGrant = (amount: bigint, more: Partial<ledger.NewGrant> = {}): ledger.NewGrant => ({
  mode: "test",
  unit: "credit",
  kind: "purchase",
  amount,
  reference: `${newId("pay")}:credits`,
  ...more,
});
const request = (amount: bigint, more: Partial<ledger.HoldRequest> = {}): ledger.HoldRequest => ({
  id: newId("hold"),
  mode: "test",
  unit: "credit",
  owner: "gateway",
  amount,
  deadlineAt: later(90_000),
  ...more,
});
const settlement = (
  holdId: HoldId,
  micros: bigint,
  more: Partial<ledger.Settlement> = {},
): ledger.Settlement => ({
  holdId,
  amountAtto: micros * ATTO_PER_MICRO,
  basis: "reported",
  excess: "available",
  ...more,
});
const apply = (org: OrgId, batch: Partial<ledger.Batch>, now = NOW) =>
  withTx(db, org, (tx) => ledger.applyBatch(tx, org, { settle: [], hold: [], ...batch }, now));
const balanceOf = async (org: OrgId, now = NOW) => {
  const rows = await withTx(db, org, (tx) => ledger.balances(tx, org, "test", now));
  return rows.find(({ unit }) => unit === "credit");
};
const expectSound = async (org: OrgId) => {
  const report = await withTx(db, org, (tx) => ledger.verify(tx, org));
  expect(report.invariants.filter(({ faultCount }) => faultCount > 0)).toEqual([]);
  expect(report.invariants.find(({ name }) => name === "zero_sum")?.checked).toBeGreaterThan(0);
};

test("a transaction is posted once per reference, however often it is asked for", async () => {
  const org = newId("org");
  const capture = {
    mode: "test" as const,
    kind: "capture",
    reference: "stripe:acct_1:ch_1:captured",
    entries: [
      { account: "clearing:acct_1", unit: "usd", amount: 500n },
      { account: "revenue", unit: "usd", amount: -500n },
    ],
  };
  const [first, twin] = await withTx(db, org, (tx) => ledger.post(tx, org, [capture, capture], NOW));
  expect([first?.posted, twin?.posted]).toEqual([true, false]);
  const [again] = await withTx(db, org, (tx) => ledger.post(tx, org, [capture], NOW));
  expect(again).toEqual({ ...first, posted: false });
  const many = await Promise.all(
    Array.from({ length: 8 }, () =>
      withTx(db, org, (tx) =>
        ledger.post(tx, org, [{ ...capture, reference: "stripe:acct_1:ch_2:captured" }], NOW),
      ),
    ),
  );
  expect(many.flat().filter(({ posted }) => posted)).toHaveLength(1);
  expect(new Set(many.flat().map(({ transactionId }) => transactionId)).size).toBe(1);
  await expectSound(org);
});

test("a posting that does not sum to zero, or touches the wallet, is refused", async () => {
  const org = newId("org");
  const posting = (account: string, back: bigint) => ({
    mode: "test" as const,
    kind: "x",
    reference: newId("pay"),
    entries: [
      { account, unit: "usd", amount: 5n },
      { account: "revenue", unit: "usd", amount: back },
    ],
  });
  for (const wrong of [
    posting("fees", -4n),
    posting("wallet", -5n),
    posting("held", -5n),
    posting("used", -5n),
  ]) {
    await expect(withTx(db, org, (tx) => ledger.post(tx, org, [wrong], NOW))).rejects.toThrow("assertion");
  }
});

test("the database itself refuses entries that do not sum to zero", async () => {
  const org = newId("org");
  const insert = `insert into ledger.entries (org_id, transaction_id, position, mode, account, unit, amount)
    values ($1, 'txn_1', 0, 'test', 'a', 'usd', 5), ($1, 'txn_1', 1, 'test', 'b', 'eur', -5)`;
  const attempt = withTx(db, org, (tx) => tx.query("test.imbalance", insert, [org]));
  await expect(attempt).rejects.toMatchObject({ code: "23514" });
});

test("the servers' role can neither change nor delete what was posted", async () => {
  const org = newId("org");
  await credits(org, 10n);
  for (const table of ["transactions", "entries"]) {
    for (const sql of [`update ledger.${table} set mode = 'live'`, `delete from ledger.${table}`]) {
      await expect(withTx(db, org, (tx) => tx.query(`test.${sql}`, sql))).rejects.toMatchObject({
        code: "42501",
      });
    }
  }
});

test("another organization sees and settles nothing of it", async () => {
  const [org, other] = [newId("org"), newId("org")];
  await credits(org, 100n);
  const hold = request(50n);
  await apply(org, { hold: [hold] });
  expect(await balanceOf(other)).toBeUndefined();
  const seen = await withTx(db, other, (tx) => ledger.listTransactions(tx, org, "test", { limit: 10 }));
  expect(seen.rows).toEqual([]);
  const { settled } = await apply(other, { settle: [settlement(hold.id, 10n)] });
  expect(settled).toEqual([{ holdId: hold.id, error: "not_found" }]);
  const crossed = withTx(db, other, (tx) => ledger.grant(tx, org, [newGrant(5n)], NOW));
  await expect(crossed).rejects.toMatchObject({ code: "42501" });
  expect(await balanceOf(org)).toMatchObject({ held: 50n, available: 50n });
});

test("test and live credits are walls apart", async () => {
  const org = newId("org");
  await credits(org, 100n, { mode: "live" });
  const { held } = await apply(org, { hold: [request(1n), request(60n, { mode: "live" })] });
  expect(held.map((result) => result.held)).toEqual([false, true]);
  await expectSound(org);
});

test("a grant is given once per reference, also by two at the same time, and names itself", async () => {
  const org = newId("org");
  const wanted = newGrant(100n);
  const results = await Promise.all(
    Array.from({ length: 6 }, () => withTx(db, org, (tx) => ledger.grant(tx, org, [wanted], NOW))),
  );
  expect(results.flat().filter(({ granted }) => granted)).toHaveLength(1);
  expect(new Set(results.flat().map(({ grantId }) => grantId)).size).toBe(1);
  expect(await balanceOf(org)).toMatchObject({ settled: 100n, available: 100n });
});

test("hold, settle and settle again: the settled balance does not dip, the rest comes back, once", async () => {
  const org = newId("org");
  await credits(org, 100n);
  const hold = request(60n);
  expect((await apply(org, { hold: [hold] })).held).toEqual([{ holdId: hold.id, held: true }]);
  expect(await balanceOf(org)).toMatchObject({ settled: 100n, held: 60n, available: 40n, heldCount: 1 });
  const first = (await apply(org, { settle: [settlement(hold.id, 25n, { basis: "estimated" })] })).settled[0];
  expect(first).toMatchObject({ state: "captured", capturedMicros: 25n, releasedMicros: 35n, first: true });
  const again = (await apply(org, { settle: [settlement(hold.id, 99n, { basis: "estimated" })] })).settled[0];
  expect(again).toEqual({ ...first, first: false });
  const better = (await apply(org, { settle: [settlement(hold.id, 27n)] })).settled[0];
  expect(better).toMatchObject({ capturedMicros: 27n, first: true });
  expect(await balanceOf(org)).toMatchObject({ settled: 73n, held: 0n, heldCount: 0 });
  await expectSound(org);
});

test("fractions of a micro-credit are carried: a thousand tiny costs sum exactly", async () => {
  const org = newId("org");
  await credits(org, 10_000n);
  const cost = 1_234_567_890n; // 0.123456789 of a micro-credit
  const holds = Array.from({ length: 100 }, () => request(5n));
  for (let round = 0; round < 10; round += 1) {
    const fresh = holds.map((hold) => ({ ...hold, id: newId("hold") }));
    await apply(org, { hold: fresh });
    await apply(org, { settle: fresh.map(({ id }) => ({ ...settlement(id, 0n), amountAtto: cost })) });
  }
  expect(await balanceOf(org)).toMatchObject({ settled: 10_000n - (1_000n * cost) / ATTO_PER_MICRO });
  await expectSound(org);
});

test("an existing hold is held already, and takes nothing twice", async () => {
  const org = newId("org");
  await credits(org, 100n);
  const hold = request(60n);
  await apply(org, { hold: [hold, hold] });
  expect((await apply(org, { hold: [hold] })).held).toEqual([{ holdId: hold.id, held: true }]);
  expect(await balanceOf(org)).toMatchObject({ held: 60n, available: 40n });
});

test("holds past their deadline expire, stay held, and still count when captured late", async () => {
  const org = newId("org");
  await credits(org, 100n);
  const [short, long, foreign] = [request(10n), request(20n), request(30n, { owner: "studio" })];
  await apply(org, { hold: [short, long, foreign] });
  await withTx(db, org, (tx) => ledger.extendHolds(tx, org, [long.id], later(600_000)));
  const sweep = { owner: "gateway", now: later(91_000), limit: 100 };
  const mine = (await ledger.expireHolds(db, sweep)).filter(({ orgId }) => orgId === org);
  expect(mine).toEqual([{ orgId: org, holdId: short.id }]);
  expect((await ledger.expireHolds(db, sweep)).filter(({ orgId }) => orgId === org)).toEqual([]);
  expect(await balanceOf(org)).toMatchObject({ held: 60n });
  const { settled } = await apply(org, { settle: [settlement(short.id, 4n)] });
  expect(settled[0]).toMatchObject({ state: "captured", capturedMicros: 4n });
  await expectSound(org);
});

test("grants past their expiry are not drawn on, before the sweep and after it", async () => {
  const org = newId("org");
  await credits(org, 100n, { expiresAt: later(1_000), priority: 1 });
  await credits(org, 40n);
  const hold = request(30n);
  await apply(org, { hold: [hold] });
  const then = later(2_000);
  expect(await balanceOf(org, then)).toMatchObject({ available: 40n, held: 30n });
  const { held } = await apply(org, { hold: [request(41n), request(40n)] }, then);
  expect(held).toMatchObject([{ held: false, availableMicros: 40n }, { held: true }]);
  await apply(org, { settle: [settlement(hold.id, 10n)] }, then);
  expect(await balanceOf(org, then)).toMatchObject({ available: 0n, held: 40n });
  await expectSound(org);
});

test("the sweep moves what is left of expired grants to the account expired", async () => {
  const org = newId("org");
  await credits(org, 100n, { expiresAt: later(1_000) });
  await apply(org, { hold: [request(30n)] });
  const swept = (await ledger.expireGrants(db, later(2_000), 100)).filter(({ orgId }) => orgId === org);
  expect(swept.map(({ amount }) => amount)).toEqual([70n]);
  expect((await ledger.expireGrants(db, later(2_000), 100)).filter(({ orgId }) => orgId === org)).toEqual([]);
  expect(await balanceOf(org)).toMatchObject({ settled: 30n, available: 0n });
  await expectSound(org);
});

test("a refund takes its share once, before or after the grant, down into debt that the next grant pays", async () => {
  const org = newId("org");
  const wanted = newGrant(100n);
  const take = (refundedTotal: bigint, reference: string) =>
    withTx(db, org, (tx) =>
      ledger.clawBack(
        tx,
        org,
        { grantReference: wanted.reference, refundedTotal, paidTotal: 4n, reference },
        NOW,
      ),
    );
  expect(await take(1n, "ref_1:clawback")).toEqual({ clawedBack: 0n });
  await withTx(db, org, (tx) => ledger.grant(tx, org, [wanted], NOW));
  expect(await take(1n, "ref_1:clawback")).toEqual({ clawedBack: 25n });
  expect(await take(1n, "ref_1:clawback")).toEqual({ clawedBack: 0n });
  const hold = request(70n);
  await apply(org, { hold: [hold] });
  await apply(org, { settle: [settlement(hold.id, 70n)] });
  expect(await take(4n, "ref_2:clawback")).toEqual({ clawedBack: 75n });
  expect(await balanceOf(org)).toMatchObject({ available: 0n, debt: 70n });
  expect((await apply(org, { hold: [request(1n)] })).held[0]).toMatchObject({
    held: false,
    availableMicros: 0n,
  });
  await credits(org, 90n);
  expect(await balanceOf(org)).toMatchObject({ available: 20n, debt: 0n });
  await expectSound(org);
});

test("what just expired does not pay for a clawback that falls due", async () => {
  const org = newId("org");
  const wanted = newGrant(50n);
  await credits(org, 100n, { expiresAt: later(1_000), priority: 90 });
  await withTx(db, org, (tx) => ledger.grant(tx, org, [wanted], NOW));
  const hold = request(50n);
  await apply(org, { hold: [hold] });
  const claim = { grantReference: wanted.reference, refundedTotal: 1n, paidTotal: 1n, reference: "ref_9" };
  await withTx(db, org, (tx) => ledger.clawBack(tx, org, claim, NOW));
  expect(await balanceOf(org)).toMatchObject({ available: 100n, held: 50n });
  const then = later(2_000);
  await apply(org, { settle: [settlement(hold.id, 50n)] }, then);
  expect(await balanceOf(org, then)).toMatchObject({ available: 0n, held: 0n, debt: 50n });
  await expectSound(org);
});

test("the check finds each kind of fault, and the operator's check looks at every book", async () => {
  const org = newId("org");
  await credits(org, 100n);
  const hold = request(30n);
  await apply(org, { hold: [hold] });
  const faults = async () => {
    const report = await withTx(db, org, (tx) => ledger.verify(tx, org));
    return report.invariants.filter(({ faultCount }) => faultCount > 0).map(({ name }) => name);
  };
  const spoil = async (sql: string, undo: string, found: ledger.InvariantName[]) => {
    await owner.query(sql, [org]);
    expect(await faults()).toEqual(found);
    await owner.query(undo, [org]);
    expect(await faults()).toEqual([]);
  };
  const wallet = "update ledger.balances set balance = balance";
  await spoil(
    `${wallet} - 1 where org_id = $1 and account = 'issued'`,
    `${wallet} + 1 where org_id = $1 and account = 'issued'`,
    ["balances"],
  );
  await spoil(
    `${wallet} - 171 where org_id = $1 and account = 'wallet'`,
    `${wallet} + 171 where org_id = $1 and account = 'wallet'`,
    ["balances", "no_overdraft", "grants"],
  );
  await spoil(
    "update ledger.holds set amount = amount + 1 where org_id = $1",
    "update ledger.holds set amount = amount - 1 where org_id = $1",
    ["held"],
  );
  await spoil(
    "update ledger.holds set cost_atto = 1 where org_id = $1",
    "update ledger.holds set cost_atto = null where org_id = $1",
    ["costs"],
  );
  await spoil(
    "update ledger.entries set amount = amount + 1 where org_id = $1 and account = 'issued'",
    "update ledger.entries set amount = amount - 1 where org_id = $1 and account = 'issued'",
    ["zero_sum", "balances"],
  );
  const all = await withOperatorTx(db, (tx) => ledger.verify(tx, null));
  expect(all.ok).toBe(true);
  const mine = await withTx(db, org, (tx) => ledger.verify(tx, org));
  expect(all.invariants[0]?.checked).toBeGreaterThan(mine.invariants[0]?.checked ?? 0);
});

test("transactions are listed newest first, filtered, paged, with their entries", async () => {
  const org = newId("org");
  await credits(org, 100n);
  const holds = Array.from({ length: 5 }, () => request(10n));
  for (const hold of holds) await apply(org, { hold: [hold] });
  const list = (filter: Partial<ledger.TransactionFilter>) =>
    withTx(db, org, (tx) => ledger.listTransactions(tx, org, "test", { limit: 100, ...filter }));
  const all = await list({});
  expect(all.rows.map(({ kind }) => kind)).toEqual(["hold", "hold", "hold", "hold", "hold", "grant"]);
  const page = await list({ limit: 2 });
  expect(page.hasMore).toBe(true);
  const next = await list({ limit: 4, cursor: page.rows.at(-1)! });
  expect([...page.rows, ...next.rows]).toEqual(all.rows);
  expect(next.hasMore).toBe(false);
  expect((await list({ kind: "grant" })).rows).toHaveLength(1);
  expect((await list({ unit: "usd" })).rows).toEqual([]);
  expect((await list({ from: later(1) })).rows).toEqual([]);
  expect((await list({ to: later(1) })).rows).toHaveLength(6);
  const one = await withTx(db, org, (tx) => ledger.getTransaction(tx, org, "test", all.rows[0]!.id));
  expect(one.entries).toEqual([
    { account: "held", unit: "credit", amount: 10n },
    { account: "wallet", unit: "credit", amount: -10n },
  ]);
  const foreign = withTx(db, org, (tx) => ledger.getTransaction(tx, org, "live", all.rows[0]!.id));
  await expect(foreign).rejects.toMatchObject({ kind: { status: 404 } });
});
