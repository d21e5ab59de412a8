import { describe, expect, it } from "vitest";
import {
  formatCredits,
  formatDate,
  formatDays,
  formatDuration,
  formatMoney,
  formatRelative,
  formatUnit,
  humanize,
  shortenId,
} from "./format.ts";

describe("credits", () => {
  it("shows two decimals", () => expect(formatCredits(1_234_567_890)).toBe("1,234.57"));
  it("never shows a small cost as zero", () => expect(formatCredits(1_234)).toBe("0.00123"));
  it("shows nothing as 0.00", () => expect(formatCredits(0)).toBe("0.00"));
  it("uses a true minus", () => expect(formatCredits(-5_000_000)).toBe("−5.00"));
});

describe("money", () => {
  it("divides by the currency's own exponent", () => {
    expect(formatMoney(1000, "usd")).toBe("$10.00");
    expect(formatMoney(1000, "jpy")).toBe("¥1,000");
    expect(formatMoney(1000, "bhd")).toContain("1.000");
  });
  it("writes the ledger's two kinds of unit", () => {
    expect(formatUnit(2_500_000, "credit")).toBe("2.50");
    expect(formatUnit(-2500, "usd")).toBe("−$25.00");
  });
});

describe("time", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  it("is relative in both directions", () => {
    expect(formatRelative("2026-11-21T11:59:58Z", now)).toBe("just now");
    expect(formatRelative("2026-11-21T11:57:00Z", now)).toBe("3 min. ago");
    expect(formatRelative("2026-11-23T12:00:00Z", now)).toBe("in 2 days");
  });
  it("says the year where it may be another one", () =>
    expect(formatDate("2027-11-21T23:59:00Z")).toBe("21 Nov 2027"));
  it("names the days that were asked for, not the one after", () => {
    expect(formatDays("2026-11-29T00:00:00Z", "2026-12-01T00:00:00Z")).toBe("2026-11-29 – 2026-11-30");
    expect(formatDays("2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z")).toBe("2026-11-29");
  });
  it("does not call two days hence tomorrow", () => {
    expect(formatRelative("2026-11-23T11:00:00Z", now)).toBe("in 1 day");
    expect(formatRelative("2026-11-19T13:00:00Z", now)).toBe("1 day ago");
  });
  it("names at most two units of a duration", () => {
    expect(formatDuration(93_784)).toBe("1 d 2 h");
    expect(formatDuration(3_605)).toBe("1 h");
    expect(formatDuration(8.9)).toBe("8 s");
    expect(formatDuration(0)).toBe("0 s");
  });
});

it("shortens ids but keeps both ends", () => {
  expect(shortenId("evt_0198c0ffee00112233445566778899aa")).toBe("evt_0198c…99aa");
  expect(shortenId("pay_1")).toBe("pay_1");
});
it("turns codes into words", () => expect(humanize("waiting_retry")).toBe("Waiting retry"));
