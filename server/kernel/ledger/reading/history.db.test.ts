import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type HoldId, type OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import * as ledger from "../index.ts";

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 2 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

/**
 * What any history must come to, told without grants or parts: given, spent and taken. Costs are whole here, so that
 * nothing is carried; `carry.test.ts` and `book.test.ts` deal in fractions.
 */
class Model {
  wallet = 0n;
  readonly open = new Map<HoldId, bigint>();
  readonly done = new Map<HoldId, { held: bigint; paid: bigint; lost: bigint; strength: number }>();

  hold(id: HoldId, amount: bigint): boolean {
    if (amount > this.wallet) return false;
    this.wallet -= amount;
    this.open.set(id, amount);
    return true;
  }

  settle(id: HoldId, cost: bigint, strength: number): { paid: bigint; lost: bigint } | null {
    const held = this.open.get(id) ?? this.done.get(id)?.held;
    if (held === undefined) return null;
    const before = this.done.get(id);
    if (before && strength <= before.strength) return before;
    let { paid, lost } = before ?? { paid: 0n, lost: 0n };
    if (!before) this.wallet += held;
    const more = cost - paid - lost;
    if (more >= 0n) {
      const affordable = this.wallet > 0n ? this.wallet : 0n;
      const taken = more < affordable ? more : affordable;
      paid += taken;
      lost += more - taken;
      this.wallet -= taken;
    } else {
      const unlost = -more < lost ? -more : lost;
      lost -= unlost;
      paid -= -more - unlost;
      this.wallet += -more - unlost;
    }
    this.open.delete(id);
    this.done.set(id, { held, paid, lost, strength });
    return { paid, lost };
  }

  get held(): bigint {
    return [...this.open.values()].reduce((a, b) => a + b, 0n);
  }
}

const STRENGTH = { none: 0, estimated: 1, reported: 2, reconciled: 2 } as const;
const small = fc.bigInt(1n, 500n);
const settle = fc.record({
  pick: fc.nat(),
  cost: fc.bigInt(0n, 700n),
  basis: fc.constantFrom<ledger.Basis>("none", "estimated", "reported", "reconciled"),
});
const step = fc.oneof(
  fc.record({ op: fc.constant("grant" as const), amount: small, priority: fc.integer({ min: 0, max: 2 }) }),
  fc.record({
    op: fc.constant("batch" as const),
    settle: fc.array(settle, { maxLength: 4 }),
    hold: fc.array(small, { maxLength: 4 }),
  }),
  fc.record({ op: fc.constant("expire" as const) }),
);

test("any history of grants and batches ends where a model without grants ends, and every invariant holds after each step", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20, size: "max" }), async (steps) => {
      const org = newId("org");
      const model = new Model();
      let at = Date.parse("2026-03-01T00:00:00Z");
      for (const one of steps) {
        at += 60_000;
        if (one.op === "grant") await giveBoth(model, org, one, new Date(at));
        else if (one.op === "expire")
          await ledger.expireHolds(db, { owner: "o", now: new Date(at + 90_000), limit: 50 });
        else await runBoth(model, org, one, new Date(at));
        await expectSame(model, org, new Date(at));
      }
    }),
    { numRuns: 50 },
  );
}, 60_000);

async function giveBoth(
  model: Model,
  org: OrgId,
  { amount, priority }: { amount: bigint; priority: number },
  now: Date,
) {
  const reference = `${newId("pay")}:credits`;
  const wanted = { mode: "test", unit: "credit", kind: "gift", amount, priority, reference } as const;
  await withTx(db, org, (tx) => ledger.grant(tx, org, [wanted], now));
  model.wallet += amount;
}

type BatchStep = { settle: { pick: number; cost: bigint; basis: ledger.Basis }[]; hold: bigint[] };

async function runBoth(model: Model, org: OrgId, one: BatchStep, now: Date) {
  const known = [...model.open.keys(), ...model.done.keys()];
  const settlements = one.settle.map(({ pick, cost, basis }): ledger.Settlement => ({
    holdId: known[pick % (known.length + 1)] ?? newId("hold"),
    amountAtto: cost * ATTO_PER_MICRO,
    basis,
    excess: "available",
  }));
  const holds = one.hold.map((amount): ledger.HoldRequest => ({
    id: newId("hold"),
    mode: "test",
    unit: "credit",
    owner: "o",
    amount,
    deadlineAt: new Date(now.getTime() + 30_000),
  }));
  const result = await withTx(db, org, (tx) =>
    ledger.applyBatch(tx, org, { settle: settlements, hold: holds }, now),
  );
  settlements.forEach(({ holdId, amountAtto, basis }, i) => {
    const expected = model.settle(holdId, amountAtto / ATTO_PER_MICRO, STRENGTH[basis]);
    const settled = result.settled[i]!;
    if (!expected) expect(settled).toEqual({ holdId, error: "not_found" });
    else expect(settled).toMatchObject({ capturedMicros: expected.paid, writtenOffMicros: expected.lost });
  });
  expect(result.held.map(({ held }) => held)).toEqual(holds.map(({ id, amount }) => model.hold(id, amount)));
}

async function expectSame(model: Model, org: OrgId, now: Date) {
  const { rows, report } = await withTx(db, org, async (tx) => ({
    rows: await ledger.balances(tx, org, "test", now),
    report: await ledger.verify(tx, org),
  }));
  expect(report.invariants.filter(({ faultCount }) => faultCount > 0)).toEqual([]);
  expect(rows[0]?.available ?? 0n).toBe(model.wallet);
  expect(rows[0]?.held ?? 0n).toBe(model.held);
}

const wild = fc.oneof(
  { weight: 2, arbitrary: step },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("refund" as const),
      pick: fc.nat(),
      refundedTotal: fc.bigInt(0n, 5n),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("loan" as const),
      amount: small,
      lifeMs: fc.integer({ min: 1, max: 200_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("sweep" as const) }) },
);

test("with refunds and expiries in between, every invariant holds after each step and holds never overdraw", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(wild, { maxLength: 20, size: "max" }), async (steps) => {
      const org = newId("org");
      const given: string[] = [];
      const holds: HoldId[] = [];
      let at = Date.parse("2026-03-01T00:00:00Z");
      for (const one of steps) {
        at += 60_000;
        await runWild(org, one, new Date(at), given, holds);
        const { report, rows } = await withTx(db, org, async (tx) => ({
          report: await ledger.verify(tx, org),
          rows: await ledger.balances(tx, org, "test", new Date(at)),
        }));
        expect(report.invariants.filter(({ faultCount }) => faultCount > 0)).toEqual([]);
        expect(rows.every(({ debt, available }) => debt === 0n || available === 0n)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
}, 60_000);

type Wild = typeof wild extends fc.Arbitrary<infer T> ? T : never;

async function runWild(org: OrgId, one: Wild, now: Date, given: string[], holds: HoldId[]) {
  if (one.op === "sweep") return void (await ledger.expireGrants(db, now, 50));
  if (one.op === "expire") return void (await ledger.expireHolds(db, { owner: "o", now, limit: 50 }));
  await withTx(db, org, async (tx) => {
    if (one.op === "refund") {
      const { refundedTotal } = one;
      const grantReference = given[one.pick % (given.length || 1)] ?? "pay_none";
      const claim = { grantReference, refundedTotal, paidTotal: 4n, reference: newId("ref") };
      await ledger.clawBack(tx, org, claim, now);
    } else if (one.op === "batch") {
      const settlements = one.settle.map(({ pick, cost, basis }): ledger.Settlement => ({
        holdId: holds[pick % (holds.length || 1)] ?? newId("hold"),
        amountAtto: cost * ATTO_PER_MICRO - cost,
        basis,
        excess: pick % 2 === 0 ? "available" : "write_off",
      }));
      const deadlineAt = new Date(now.getTime() + 30_000);
      const shared = { mode: "test", unit: "credit", owner: "o", deadlineAt } as const;
      const requests = one.hold.map((amount) => ({ id: newId("hold"), amount, ...shared }));
      const [before] = await ledger.balances(tx, org, "test", now);
      const { held } = await ledger.applyBatch(tx, org, { settle: [], hold: requests }, now);
      const taken = requests.filter((_, i) => held[i]!.held);
      const total = taken.reduce((sum, { amount }) => sum + amount, 0n);
      expect(total <= (before?.available ?? 0n)).toBe(true);
      holds.push(...taken.map(({ id }) => id));
      await ledger.applyBatch(tx, org, { settle: settlements, hold: [] }, now);
    } else {
      const reference = newId("pay");
      given.push(reference);
      const expiresAt = one.op === "loan" ? new Date(now.getTime() + one.lifeMs) : null;
      const wanted = { mode: "test", unit: "credit", kind: "purchase", reference } as const;
      await ledger.grant(tx, org, [{ ...wanted, amount: one.amount, expiresAt }], now);
    }
  });
}
