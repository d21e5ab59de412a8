import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createDb, withSystemTx, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type HoldId, type OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import * as ledger from "../index.ts";

const now = manualClock(new Date("2026-03-01T12:00:00Z"));
let database: TestDatabase;
/** Two pools, as two processes have. */
let dbs: [Db, Db];

beforeAll(async () => {
  database = await createTestDatabase();
  dbs = [createDb({ url: database.url, max: 4 }), createDb({ url: database.url, max: 4 })];
});
afterAll(async () => {
  await Promise.all(dbs.map((db) => db.close()));
  await database.drop();
});

const request = (amount: bigint): ledger.HoldRequest => ({
  id: newId("hold"),
  mode: "test",
  unit: "credit",
  owner: "gateway",
  amount,
  deadlineAt: new Date(now.now().getTime() + 90_000),
});
const settlement = (holdId: HoldId, amountAtto: bigint): ledger.Settlement => ({
  holdId,
  amountAtto,
  basis: "reported",
  excess: "available",
});
async function rich(amount: bigint, parts = 1): Promise<OrgId> {
  const org = newId("org");
  const grants = Array.from({ length: parts }, (_, i) => ({
    mode: "test" as const,
    unit: "credit" as const,
    kind: "purchase" as const,
    amount: amount / BigInt(parts),
    reference: `pay_${i}:credits`,
  }));
  await withTx(dbs[0], org, (tx) => ledger.grant(tx, org, grants, now.now()));
  return org;
}
const balanceOf = async (org: OrgId) => {
  const rows = await withTx(dbs[0], org, (tx) => ledger.balances(tx, org, "test", now.now()));
  return rows[0];
};
const expectSound = async (org: OrgId) => {
  const report = await withTx(dbs[0], org, (tx) => ledger.verify(tx, org));
  expect(report.invariants.filter(({ faultCount }) => faultCount > 0)).toEqual([]);
};
const silent: ledger.Alongside<null, null> = { held: async () => {}, settled: async () => {} };
const batchers = (alongside = silent) =>
  dbs.map((db) => ledger.createHoldBatcher<null, null>(db, { now, alongside }));

test("1,000 holds at once on credit for 100, from two processes: exactly 100 are held", async () => {
  const org = await rich(1_000n, 8);
  const two = batchers();
  const results = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) => two[i % 2]!.hold(org, request(10n), null)),
  );
  expect(results.filter(({ held }) => held)).toHaveLength(100);
  expect(await balanceOf(org)).toMatchObject({ held: 1_000n, available: 0n, heldCount: 100 });
  await expectSound(org);
});

test("holds and settlements of two processes and single transactions interleave and sum exactly", async () => {
  const org = await rich(1_000_000n, 3);
  const two = batchers();
  const cost = 12_345_678_901n; // 1.2345678901 micro-credits
  const pair = async (i: number) => {
    const hold = request(5n);
    if (i % 3 === 2) {
      await withTx(dbs[1], org, (tx) => ledger.applyBatch(tx, org, { settle: [], hold: [hold] }, now.now()));
    } else await two[i % 2]!.hold(org, hold, null);
    return two[(i + 1) % 2]!.settle(org, settlement(hold.id, cost), null);
  };
  const results = await Promise.all(Array.from({ length: 300 }, (_, i) => pair(i)));
  expect(results.every((result) => "first" in result && result.first)).toBe(true);
  expect(await balanceOf(org)).toMatchObject({
    settled: 999_999n - (300n * cost) / ATTO_PER_MICRO,
    held: 0n,
  });
  await expectSound(org);
});

test("one hold settled by many at once is settled once, and all are told the same", async () => {
  const org = await rich(100n);
  const two = batchers();
  const hold = request(50n);
  await two[0]!.hold(org, hold, null);
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      two[i % 2]!.settle(org, settlement(hold.id, BigInt(i + 1) * ATTO_PER_MICRO), null),
    ),
  );
  expect(results.filter((result) => "first" in result && result.first)).toHaveLength(1);
  expect(new Set(results.map((result) => "capturedMicros" in result && result.capturedMicros)).size).toBe(1);
  await expectSound(org);
});

test("calls that arrive while a commit is in flight share the next, at most 256", async () => {
  const org = await rich(10_000n);
  const sizes: number[] = [];
  const alongside = {
    held: async (_tx: unknown, _org: OrgId, items: null[]) => void sizes.push(items.length),
    settled: async () => {},
  };
  const [batcher] = batchers(alongside);
  const first = batcher!.hold(org, request(1n), null);
  await first;
  await Promise.all(Array.from({ length: 600 }, () => batcher!.hold(org, request(1n), null)));
  expect(sizes[0]).toBe(1);
  expect(Math.max(...sizes)).toBe(256);
  expect(sizes.reduce((a, b) => a + b)).toBe(601);
  expect(sizes.length).toBeLessThanOrEqual(5);
});

test("the caller's rows are written in the same transaction, for held holds only, with each settlement's result", async () => {
  const org = await rich(100n);
  const seen: { held: string[]; settled: ledger.SettleResult[]; inTx: boolean[] } = {
    held: [],
    settled: [],
    inTx: [],
  };
  const batcher = ledger.createHoldBatcher<string, string>(dbs[0], {
    now,
    alongside: {
      async held(tx, orgId, items) {
        seen.held.push(...items);
        const rows = await ledger.balances(tx, orgId, "test", now.now());
        const outside = await balanceOf(orgId);
        seen.inTx.push(rows[0]!.held === 60n && outside!.held === 0n);
      },
      async settled(_tx, _org, items) {
        seen.settled.push(...items.map(({ result }) => result));
      },
    },
  });
  const fits = request(60n);
  const results = await Promise.all([
    batcher.hold(org, fits, "fits"),
    batcher.hold(org, request(60n), "does not"),
  ]);
  expect(results).toMatchObject([{ held: true }, { held: false, availableMicros: 40n }]);
  expect(seen.held).toEqual(["fits"]);
  expect(seen.inTx).toEqual([true]);
  const unknown = newId("hold");
  await Promise.all([
    batcher.settle(org, settlement(fits.id, ATTO_PER_MICRO), "done"),
    batcher.settle(org, settlement(unknown, 0n), "unknown"),
  ]);
  expect(seen.settled).toMatchObject([
    { holdId: fits.id, first: true },
    { holdId: unknown, error: "not_found" },
  ]);
});

test("a row of the caller that fails fails its own call only, and leaves no hold behind", async () => {
  const org = await rich(100n);
  const batcher = ledger.createHoldBatcher<string, null>(dbs[0], {
    now,
    alongside: {
      async held(tx, _org, items) {
        if (items.includes("bad")) await tx.query("test.fail", "select 1 / 0");
      },
      settled: async () => {},
    },
  });
  const calls = ["good", "bad", "fine"].map((item) => batcher.hold(org, request(10n), item));
  const results = await Promise.allSettled(calls);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await balanceOf(org)).toMatchObject({ held: 20n, heldCount: 2 });
  await expectSound(org);
});

test("a hold of nothing needs no credits, moves none, and is settled like any other", async () => {
  const [batcher] = batchers();
  const org = await rich(10n);
  const taken = request(10n);
  await batcher!.hold(org, taken, null);
  const free = request(0n);
  expect(await batcher!.hold(org, free, null)).toMatchObject({ held: true });
  expect(await batcher!.hold(org, request(1n), null)).toMatchObject({ held: false });
  expect(await batcher!.settle(org, { ...settlement(free.id, 0n), basis: "none" }, null)).toMatchObject({
    state: "released",
    capturedMicros: 0n,
    transactionId: null,
    first: true,
  });
  await expectSound(org);
});

test("a request that no caller may make is refused before it reaches a batch", async () => {
  const [batcher] = batchers();
  const org = newId("org");
  await expect(batcher!.hold(org, request(-1n), null)).rejects.toThrow("at least zero");
  const late = { ...request(1n), deadlineAt: new Date(now.now().getTime() + 31 * 86_400_000) };
  await expect(batcher!.hold(org, late, null)).rejects.toThrow("1 s to 30 days");
  await expect(batcher!.settle(org, settlement(newId("hold"), -1n), null)).rejects.toThrow("a cost");
});

test("without a database every waiting call fails with 503", async () => {
  const org = await rich(100n);
  const lost = createDb({ url: database.url.replace(/:\d+\//, ":1/") });
  const batcher = ledger.createHoldBatcher<null, null>(lost, { now, alongside: silent });
  const results = await Promise.allSettled(
    Array.from({ length: 3 }, () => batcher.hold(org, request(1n), null)),
  );
  for (const result of results) expect(result).toMatchObject({ reason: { kind: { status: 503 } } });
  await batcher.drain();
  await lost.close();
});

test("drain resolves when every call that was waiting is committed", async () => {
  const org = await rich(1_000n);
  const [batcher] = batchers();
  const answered: boolean[] = [];
  for (let i = 0; i < 300; i += 1) {
    void batcher!.hold(org, request(1n), null).then(({ held }) => answered.push(held));
  }
  await batcher!.drain();
  expect(await balanceOf(org)).toMatchObject({ held: 300n });
  expect(answered).toHaveLength(300);
});

test("nothing of a refused batch remains when its transaction is rolled back", async () => {
  const org = await rich(100n);
  const failing = withTx(dbs[0], org, async (tx) => {
    await ledger.applyBatch(tx, org, { settle: [], hold: [request(50n)] }, now.now());
    await tx.query("test.fail", "select 1 / 0");
  });
  await expect(failing).rejects.toMatchObject({ code: "22012" });
  expect(await balanceOf(org)).toMatchObject({ held: 0n, available: 100n });
  const nobody = await withSystemTx(dbs[0], (tx) => ledger.listTransactions(tx, org, "test", { limit: 1 }));
  expect(nobody.rows).toEqual([]);
});

test("credits that run low are told of once in the transaction that spends them, and again after the next grant", async () => {
  const org = await rich(1_000n);
  const told: { type: string; available: unknown; inTx: boolean }[] = [];
  const batcher = ledger.createHoldBatcher<null, null>(dbs[0], {
    now,
    alongside: silent,
    async announce(_tx, orgId, events) {
      const outside = await balanceOf(orgId);
      for (const { type, object } of events)
        told.push({ type, available: object().available, inTx: outside!.held > 0n });
    },
  });
  const spend = async (amount: bigint) => {
    const hold = request(amount);
    await batcher.hold(org, hold, null);
    await batcher.settle(org, settlement(hold.id, amount * ATTO_PER_MICRO), null);
  };
  // Held is not gone: what is not used of it comes back.
  const large = request(950n);
  await batcher.hold(org, large, null);
  await batcher.settle(org, settlement(large.id, 0n), null);
  await spend(900n);
  expect(told).toEqual([]);
  await spend(1n);
  await spend(50n);
  expect(told).toEqual([{ type: "credits.low", available: 99, inTx: true }]);
  const more = { mode: "test", unit: "credit", kind: "gift", amount: 951n, reference: "gift" } as const;
  await withTx(dbs[0], org, (tx) => ledger.grant(tx, org, [more], now.now()));
  await spend(901n);
  expect(told.map(({ available }) => available)).toEqual([99, 99]);
  await expectSound(org);
});
