import { describe, expect, it } from "vitest";
import { digitsOf, parseAmount } from "./amount.ts";

describe("amounts that people type", () => {
  it.each([
    ["12.5", 6, 12_500_000],
    ["0.000001", 6, 1],
    ["1,000", 2, 100_000],
    ["-3.10", 2, -310],
    ["−7", 0, -7],
    ["4.00", 0, 4],
    ["0", 2, 0],
    // A product of floats would make 1.1 of it too little.
    ["1.1", 6, 1_100_000],
    ["4.35", 2, 435],
  ])("%s with %i digits is %i", (text, digits, expected) => {
    expect(parseAmount(text, digits)).toBe(expected);
  });

  it.each([
    ["", 2],
    ["ten", 2],
    ["1.234", 2],
    ["1.5", 0],
    ["1e3", 2],
    ["999999999999999", 6],
    ["1.2.3", 2],
  ])("%s with %i digits is none", (text, digits) => {
    expect(parseAmount(text, digits)).toBeNull();
  });

  it("units have the digits of their currency", () => {
    expect(digitsOf("credit")).toBe(6);
    expect(digitsOf("usd")).toBe(2);
    expect(digitsOf("jpy")).toBe(0);
    expect(digitsOf("bhd")).toBe(3);
    expect(digitsOf("zzz")).toBeNull();
    expect(digitsOf("US")).toBeNull();
  });
});
