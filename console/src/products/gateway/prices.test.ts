import { expect, it } from "vitest";
import { perMillion } from "./prices.ts";

it("shows prices per million tokens without rounding", () => {
  expect(perMillion("0.00000015")).toBe("$0.15");
  expect(perMillion("0.0000025")).toBe("$2.50");
  expect(perMillion("0.000015")).toBe("$15.00");
  expect(perMillion("0.000000075")).toBe("$0.075");
  expect(perMillion("1.5e-7")).toBe("$0.15");
  expect(perMillion("0")).toBe("$0.00");
  expect(perMillion("0.001")).toBe("$1000.00");
});

it("does not guess at what is no price", () => {
  expect(perMillion(undefined)).toBe("–");
  expect(perMillion("-1")).toBe("–");
});
