import fc from "fast-check";
import { expect, test } from "vitest";
import { canTake, stepOf } from "../../../../vendors/paypal/index.ts";
import { addMonths } from "../../plans/calendar.ts";
import { divideHalfEven, prorate } from "./proration.ts";

const names = { current: "Pro", wanted: "Enterprise" };
const seconds = (a: Date, b: Date) => BigInt(Math.floor((b.getTime() - a.getTime()) / 1000));
const abs = (value: bigint) => (value < 0n ? -value : value);

test("halves go to the even neighbour, everything else to the nearer one", () => {
  expect([1n, 3n, 5n, 7n].map((value) => divideHalfEven(value, 2n))).toEqual([0n, 2n, 2n, 4n]);
  expect([4n, 5n, 6n].map((value) => divideHalfEven(value, 3n))).toEqual([1n, 2n, 2n]);
});

const date = fc.date({
  min: new Date("2024-01-01T00:00:00Z"),
  max: new Date("2032-01-01T00:00:00Z"),
  noInvalidDate: true,
});
const change = fc.record({
  start: date,
  months: fc.constantFrom(1, 12),
  /** Of a period, in millionths. */
  passed: fc.integer({ min: 0, max: 1_000_000 }),
  old: fc.integer({ min: 1, max: 200_000 }),
  more: fc.integer({ min: 0, max: 800_000 }),
  quantity: fc.integer({ min: 1, max: 1_000 }),
  wanted: fc.integer({ min: 1, max: 1_000 }),
  trialing: fc.boolean(),
});

test.each(["usd", "jpy", "huf"])(
  "%s: at 1,000 random dates each line is its part by the second, half-even, and their sum is what is charged",
  (currency) => {
    const step = stepOf(currency);
    fc.assert(
      fc.property(change, ({ start, months, passed, old, more, quantity, wanted, trialing }) => {
        const end = addMonths(start, months);
        const at = new Date(start.getTime() + Math.floor(((end.getTime() - start.getTime()) * passed) / 1e6));
        const status = trialing && passed % 10 === 0 ? ("trialing" as const) : ("active" as const);
        const [oldMinor, newMinor] = [BigInt(old) * step, BigInt(old + more) * step];
        const row = {
          period_start: start,
          period_end: end,
          quantity,
          status,
          amount_minor: oldMinor,
          currency,
        };
        const told = prorate(row, names, { amountMinor: newMinor, quantity: wanted }, at, step);
        if (status === "trialing") {
          expect(told).toEqual({ currency, lines: [], dueNowMinor: 0n });
          return;
        }
        const [whole, left] = [seconds(start, end), seconds(at, end)];
        const prices = [oldMinor * BigInt(quantity), newMinor * BigInt(wanted)];
        told.lines.forEach(({ amountMinor }, n) => {
          // Exact: twice the distance from the true part is at most one step; a tie is even.
          const off = abs(abs(amountMinor) * whole - (prices[n] ?? 0n) * left) * 2n;
          expect(off <= step * whole).toBe(true);
          if (off === step * whole) expect((amountMinor / step) % 2n).toBe(0n);
          expect(amountMinor % step).toBe(0n);
        });
        const sum = told.lines.reduce((total, { amountMinor }) => total + amountMinor, 0n);
        expect(told.dueNowMinor).toBe(sum > 0n ? sum : 0n);
        // What is previewed can be ordered as it is.
        if (told.dueNowMinor > 0n) expect(canTake({ amountMinor: told.dueNowMinor, currency })).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  },
);

test("after its period nothing is left of it; before, no more than the whole", () => {
  const [start, end] = [new Date("2026-01-31T00:00:00Z"), new Date("2026-02-28T00:00:00Z")];
  const row = {
    period_start: start,
    period_end: end,
    quantity: 1,
    status: "active",
    amount_minor: 2_900n,
    currency: "usd",
  } as const;
  const due = (at: Date) => prorate(row, names, { amountMinor: 19_900n, quantity: 1 }, at).dueNowMinor;
  expect([due(new Date("2026-03-01T00:00:00Z")), due(end)]).toEqual([0n, 0n]);
  expect([due(start), due(new Date("2026-01-30T00:00:00Z"))]).toEqual([17_000n, 17_000n]);
});
