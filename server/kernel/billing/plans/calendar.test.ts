import fc from "fast-check";
import { expect, test } from "vitest";
import { addMonths, monthsSince } from "./calendar.ts";

const at = (text: string) => new Date(`${text}T10:30:00.000Z`);

test("a month that ends early does not move the day of the months after it", () => {
  const days = [1, 2, 3, 13, 25].map((count) =>
    addMonths(at("2027-01-31"), count).toISOString().slice(0, 10),
  );
  expect(days).toEqual(["2027-02-28", "2027-03-31", "2027-04-30", "2028-02-29", "2029-02-28"]);
  expect(addMonths(at("2028-02-29"), 12)).toEqual(at("2029-02-28"));
  expect(addMonths(at("2028-02-29"), 48)).toEqual(at("2032-02-29"));
  expect(addMonths(at("2026-12-15"), 1)).toEqual(at("2027-01-15"));
});

test("months are over when the same count says so, to the millisecond", () => {
  expect(monthsSince(at("2027-01-31"), at("2027-02-27"))).toBe(0);
  expect(monthsSince(at("2027-01-31"), at("2027-02-28"))).toBe(1);
  expect(monthsSince(at("2027-01-31"), at("2026-01-01"))).toBe(0);
  const dates = fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(dates, fc.integer({ min: 0, max: 600 }), (anchor, count) => {
      const then = addMonths(anchor, count);
      expect(monthsSince(anchor, then)).toBe(count);
      if (count > 0) expect(monthsSince(anchor, new Date(then.getTime() - 1))).toBe(count - 1);
    }),
  );
});
