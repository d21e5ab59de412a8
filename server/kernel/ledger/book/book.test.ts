import fc from "fast-check";
import { expect, test } from "vitest";
import { newId, type HoldId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { available, debt, isExpired, openBook, sum, sweepExpired, unheld, type Book } from "./book.ts";
import { planClawBack, planRestore } from "../grants/claw-back.ts";
import { GRANT_KINDS, planGrant, type NewGrant } from "../grants/grant.ts";
import type { Basis, Settlement, SettleResult } from "../holds/hold.ts";
import { planHold } from "../holds/plan-hold.ts";
import { planSettle } from "../holds/plan-settle.ts";

const START = Date.parse("2026-01-01T00:00:00Z");

/** A book that lives through many batches, and the sums of all that it posted. */
function world() {
  let now = START;
  let book = openBook("test", "credit", new Date(now), { wallet: 0n, carryAtto: 0n });
  const accounts = new Map<string, bigint>();
  const costs = new Map<string, bigint>();
  const corrected = new Set<string>();
  const holdIds: HoldId[] = [];
  const references = new Set<string>();
  let granted = 0;

  const next = (): Book => {
    for (const draft of book.drafts) {
      expect(sum(draft.entries)).toBe(0n);
      expect(references.has(draft.reference)).toBe(false);
      references.add(draft.reference);
      for (const { account, amount } of draft.entries) {
        accounts.set(account, (accounts.get(account) ?? 0n) + amount);
      }
    }
    const grants = [...book.grants.values(), ...book.newGrants];
    const holds = [...book.holds.values()];
    const { wallet, carryAtto } = book;
    book = openBook("test", "credit", new Date(now), { wallet, carryAtto, grants, holds });
    sweepExpired(book);
    return book;
  };
  const account = (name: string): bigint => accounts.get(name) ?? 0n;
  return {
    account,
    costs,
    corrected,
    holdIds,
    next,
    grants: () => [...book.grants.values()],
    book: () => book,
    advance: (ms: number) => void (now += ms),
    grant: (wanted: Partial<NewGrant> & { amount: bigint }) => {
      granted += 1;
      const reference = `pay_${granted}:credits`;
      return planGrant(book, { mode: "test", unit: "credit", kind: "purchase", reference, ...wanted });
    },
    hold: (amount: bigint) => {
      const id = newId("hold");
      const deadlineAt = new Date(now + 60_000);
      const result = planHold(book, {
        id,
        mode: "test",
        unit: "credit",
        owner: "gateway",
        amount,
        deadlineAt,
      });
      if (result.held) holdIds.push(id);
      return result;
    },
    settle: (settlement: Settlement): SettleResult => {
      const result = planSettle(book, settlement);
      for (const hold of book.rewrittenParts) corrected.add(hold.id);
      if ("first" in result && result.first) costs.set(result.holdId, settlement.amountAtto);
      return result;
    },
  };
}
type World = ReturnType<typeof world>;

function expectInvariants(w: World): void {
  w.next();
  // A second time, so that what the sweep of expired grants posted is counted as well.
  const book = w.next();
  const grants = w.grants();
  const open = [...book.holds.values()].filter(({ state }) => state === "pending");
  const total = (pick: (grant: (typeof grants)[number]) => bigint) =>
    grants.reduce((t, g) => t + pick(g), 0n);
  expect(w.account("wallet")).toBe(book.wallet);
  expect(w.account("held")).toBe(sum(open));
  expect(total((g) => g.held)).toBe(sum(open));
  expect(book.wallet + w.account("held")).toBe(total((g) => g.remaining) - debt(book));
  if (debt(book) > 0n) expect(total(unheld)).toBe(0n);
  expect(debt(book) <= w.account("clawback")).toBe(true);
  expect(w.account("clawback") + total((g) => g.clawPending)).toBe(total((g) => g.clawedBack));
  const cost = [...w.costs.values()].reduce((a, b) => a + b, 0n);
  expect(w.account("used") * ATTO_PER_MICRO + book.carryAtto).toBe(cost);
  for (const g of grants) {
    expect(g.clawPending >= 0n && g.clawPending <= g.held && g.held <= g.remaining).toBe(true);
    expect(g.remaining <= g.amount && g.clawedBack <= g.amount).toBe(true);
    if (isExpired(g, book.now)) expect(unheld(g)).toBe(0n);
  }
  for (const hold of book.holds.values()) {
    const parts = sum(hold.parts);
    if (hold.state === "pending") expect(parts).toBe(hold.amount);
    else expect(parts >= hold.captured).toBe(true);
    // A correction keeps only the parts that were captured, so that the next one returns to the right grants.
    if (w.corrected.has(hold.id)) expect(parts).toBe(hold.captured);
  }
}

const micros = fc.bigInt(1n, 1_000n);
const op = fc.oneof(
  fc.record({
    op: fc.constant("grant" as const),
    amount: micros,
    priority: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom(...GRANT_KINDS),
    lifeMs: fc.option(fc.integer({ min: 1, max: 50_000 })),
  }),
  fc.record({ op: fc.constant("hold" as const), amount: fc.oneof(micros, fc.constant("all" as const)) }),
  fc.record({
    op: fc.constant("settle" as const),
    pick: fc.nat(),
    amountAtto: fc.oneof(fc.constant(0n), fc.bigInt(0n, 1_500n * ATTO_PER_MICRO)),
    basis: fc.constantFrom<Basis>("none", "estimated", "reported", "reconciled"),
    excess: fc.constantFrom("refuse" as const, "available" as const, "write_off" as const),
  }),
  fc.record({
    op: fc.constant("claw_back" as const),
    pick: fc.nat(),
    refunded: fc.bigInt(0n, 12n),
  }),
  fc.record({
    op: fc.constant("restore" as const),
    pick: fc.nat(),
    refunded: fc.bigInt(0n, 12n),
  }),
  fc.record({ op: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
);

function run(w: World, step: typeof op extends fc.Arbitrary<infer T> ? T : never, index: number): void {
  if (step.op === "advance") return w.advance(step.ms);
  const book = w.next();
  if (step.op === "grant") {
    const { amount, priority, kind, lifeMs } = step;
    w.grant({ amount, priority, kind, expiresAt: lifeMs ? new Date(book.now.getTime() + lifeMs) : null });
  } else if (step.op === "hold") {
    const before = available(book);
    const amount = step.amount === "all" ? before || 1n : step.amount;
    const result = w.hold(amount);
    expect(result.held).toBe(amount <= before);
    expect(book.wallet >= 0n || !result.held).toBe(true);
  } else if (step.op === "settle" && w.holdIds.length > 0) {
    const holdId = w.holdIds[step.pick % w.holdIds.length]!;
    const { amountAtto, basis, excess } = step;
    const result = w.settle({ holdId, amountAtto, basis, excess });
    if ("error" in result) expect(result.error).toBe("exceeds_hold");
  } else if ((step.op === "claw_back" || step.op === "restore") && w.grants().length > 0) {
    const { id } = w.grants()[step.pick % w.grants().length]!;
    const claim = {
      grantReference: "",
      refundedTotal: step.refunded,
      paidTotal: 10n,
      reference: `ref_${index}`,
    };
    (step.op === "claw_back" ? planClawBack : planRestore)(book, id, claim);
  }
}

test("every invariant holds after every step of any history", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60, size: "max" }), (steps) => {
      const w = world();
      steps.forEach((step, index) => {
        run(w, step, index);
        expectInvariants(w);
      });
    }),
    { numRuns: 400 },
  );
});

const credits = (amount: bigint) => amount * ATTO_PER_MICRO;
const settled = (w: World, holdId: HoldId, cost: bigint, more: Partial<Settlement> = {}) =>
  w.settle({ holdId, amountAtto: credits(cost), basis: "reported", excess: "available", ...more });

test("grants are spent by priority, soonest expiry, kind, age", () => {
  const w = world();
  const at = (ms: number) => new Date(START + ms);
  const wanted: Partial<NewGrant>[] = [
    { kind: "purchase" },
    { kind: "plan" },
    { kind: "purchase", expiresAt: at(9_000) },
    { kind: "gift", expiresAt: at(8_000) },
    { kind: "adjustment", priority: 10 },
  ];
  const ids = wanted.map((more) => w.grant({ amount: 10n, ...more }));
  w.next();
  w.hold(45n);
  const [hold] = [...w.book().holds.values()];
  expect(hold?.parts.map(({ grantId, amount }) => [ids.indexOf(grantId), amount])).toEqual([
    [4, 10n],
    [3, 10n],
    [2, 10n],
    [1, 10n],
    [0, 5n],
  ]);
});

test("cost above the hold: refused, from what is available, or written off, as the caller chose", () => {
  const w = world();
  w.grant({ amount: 100n });
  w.next();
  for (let i = 0; i < 3; i += 1) w.hold(30n);
  w.next();
  const [refused, taken, written] = w.holdIds as [HoldId, HoldId, HoldId];
  expect(settled(w, refused, 31n, { excess: "refuse" })).toEqual({ holdId: refused, error: "exceeds_hold" });
  expect(settled(w, taken, 45n)).toMatchObject({
    capturedMicros: 40n,
    excessMicros: 10n,
    writtenOffMicros: 5n,
    releasedMicros: 0n,
  });
  expect(settled(w, written, 33n, { excess: "write_off", lossAccount: "studio_writeoff" })).toMatchObject({
    capturedMicros: 30n,
    writtenOffMicros: 3n,
  });
  expectInvariants(w);
  expect([w.account("gateway_writeoff"), w.account("studio_writeoff")]).toEqual([-5n, -3n]);
  expect(w.account("wallet")).toBe(0n);
  expect(w.account("held")).toBe(30n);
});

test("settling again posts the difference only for a stronger basis, both ways", () => {
  const w = world();
  w.grant({ amount: 100n });
  w.next();
  w.hold(50n);
  w.next();
  const holdId = w.holdIds[0]!;
  expect(settled(w, holdId, 40n, { basis: "estimated" })).toMatchObject({ capturedMicros: 40n, first: true });
  expect(settled(w, holdId, 10n, { basis: "estimated" })).toMatchObject({
    capturedMicros: 40n,
    first: false,
  });
  w.next();
  expect(settled(w, holdId, 10n, { basis: "reported" })).toMatchObject({
    capturedMicros: 10n,
    releasedMicros: 40n,
    first: true,
  });
  expect(settled(w, holdId, 12n, { basis: "reconciled" })).toMatchObject({
    capturedMicros: 10n,
    first: false,
  });
  expectInvariants(w);
  expect(w.account("wallet")).toBe(90n);
});

test("a released hold whose cost is reported later is captured then", () => {
  const w = world();
  w.grant({ amount: 100n });
  w.next();
  w.hold(50n);
  w.next();
  const holdId = w.holdIds[0]!;
  expect(settled(w, holdId, 0n, { basis: "none" })).toMatchObject({ state: "released", releasedMicros: 50n });
  w.next();
  expect(settled(w, holdId, 70n)).toMatchObject({
    state: "captured",
    capturedMicros: 70n,
    excessMicros: 20n,
  });
  expectInvariants(w);
  expect(w.account("wallet")).toBe(30n);
});

test("the held part of an expired grant expires when it is released", () => {
  const w = world();
  w.grant({ amount: 100n, expiresAt: new Date(START + 1_000) });
  w.next();
  w.hold(60n);
  w.advance(2_000);
  w.next();
  settled(w, w.holdIds[0]!, 20n);
  expectInvariants(w);
  expect([w.account("expired"), w.account("used"), w.account("wallet")]).toEqual([80n, 20n, 0n]);
});

test("a clawed-back grant loses its unheld part, its held part on release, and owes what is captured", () => {
  const claim = { grantReference: "", refundedTotal: 1n, paidTotal: 1n, reference: "ref_1" };
  for (const [cost, owed] of [
    [0n, 0n],
    [50n, 50n],
    [60n, 60n],
  ] as const) {
    const w = world();
    const id = w.grant({ amount: 100n });
    w.next();
    w.hold(60n);
    w.next();
    expect(planClawBack(w.book(), id, claim)).toBe(100n);
    expectInvariants(w);
    expect([w.account("clawback"), w.account("wallet"), w.account("held")]).toEqual([40n, 0n, 60n]);
    settled(w, w.holdIds[0]!, cost);
    expectInvariants(w);
    expect([w.account("clawback"), w.account("wallet")]).toEqual([100n, -owed]);
    w.grant({ amount: 80n });
    expectInvariants(w);
    expect(available(w.book())).toBe(80n - owed);
  }
});

test("a clawback is a target: repeated or partial refunds never take more than their share", () => {
  const w = world();
  const id = w.grant({ amount: 100n });
  w.next();
  const take = (refundedTotal: bigint, reference: string) =>
    planClawBack(w.book(), id, { grantReference: "", refundedTotal, paidTotal: 3n, reference });
  expect(take(1n, "ref_1")).toBe(33n);
  expect(take(1n, "ref_2")).toBe(0n);
  expect(take(2n, "ref_3")).toBe(33n);
  expect(take(9n, "ref_4")).toBe(34n);
  expectInvariants(w);
});

test("a refund that failed gives back its share, and the next one takes all of it again", () => {
  const w = world();
  const id = w.grant({ amount: 100n });
  w.next();
  w.hold(60n);
  const claim = (refundedTotal: bigint, reference: string) => ({
    grantReference: "",
    refundedTotal,
    paidTotal: 10n,
    reference,
  });
  expect(planClawBack(w.next(), id, claim(7n, "ref_1:clawback"))).toBe(70n);
  expect(planRestore(w.next(), id, claim(0n, "ref_1:restored"))).toBe(70n);
  expectInvariants(w);
  expect([available(w.book()), w.account("clawback")]).toEqual([40n, 0n]);
  expect(planRestore(w.next(), id, claim(0n, "ref_1:restored"))).toBe(0n);
  expect(planClawBack(w.next(), id, claim(10n, "ref_2:clawback"))).toBe(100n);
  expectInvariants(w);
  settled(w, w.holdIds[0]!, 0n);
  expectInvariants(w);
  expect([available(w.book()), debt(w.book()), w.account("clawback")]).toEqual([0n, 0n, 100n]);
});

test("a debt is paid by what is released, before it can be spent again", () => {
  const w = world();
  const spent = w.grant({ amount: 100n });
  w.next();
  w.hold(100n);
  w.next();
  settled(w, w.holdIds[0]!, 100n);
  w.grant({ amount: 80n });
  w.next();
  w.hold(80n);
  w.next();
  const claim = { grantReference: "", refundedTotal: 1n, paidTotal: 2n, reference: "ref_1" };
  expect(planClawBack(w.book(), spent, claim)).toBe(50n);
  expectInvariants(w);
  expect(debt(w.book())).toBe(50n);
  settled(w, w.holdIds[1]!, 10n);
  expectInvariants(w);
  expect([debt(w.book()), available(w.book())]).toEqual([0n, 20n]);
});

test("corrections go back to the grants that were drawn on, last first", () => {
  const w = world();
  const ids = [10n, 20n, 30n].map((amount, priority) => w.grant({ amount, priority }));
  w.next();
  w.hold(60n);
  w.next();
  const holdId = w.holdIds[0]!;
  const left = () => ids.map((id) => w.book().grants.get(id)!.remaining);
  settled(w, holdId, 60n, { basis: "none" });
  w.next();
  settled(w, holdId, 25n, { basis: "estimated" });
  expectInvariants(w);
  expect(left()).toEqual([0n, 5n, 30n]);
  settled(w, holdId, 5n, { basis: "reported" });
  expectInvariants(w);
  expect(left()).toEqual([5n, 20n, 30n]);
});
