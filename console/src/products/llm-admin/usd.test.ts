import { expect, test } from "vitest";
import { changePercent, perMillion, perToken, priceOf, usdOf } from "./usd.ts";

test.each([
  ["0.00000015", "0.15"],
  ["0.0000006", "0.6"],
  ["0.000000075", "0.075"],
  ["0.00001", "10"],
  ["0.0000000333", "0.0333"],
  ["0", "0"],
  ["1", "1000000"],
  ["0.5", "500000"],
])("%s a token is %s a million", (usd, million) => {
  expect(perMillion(usd)).toBe(million);
  expect(perToken(million)).toBe(usd);
});

test.each(["", "-1", "1e3", "1,5", "."])("%j a million is no price", (text) => {
  expect(perToken(text)).toBeNull();
});

test("a request, an image, a search and a second of sound cost what they say", () => {
  for (const line of ["request", "image", "web_search", "audio_second"]) {
    expect(priceOf(line, "0.005")).toBe("0.005");
    expect(usdOf(line, "0.005")).toBe("0.005");
    expect(usdOf(line, "much")).toBeNull();
  }
  expect(priceOf("audio_in", "0.000005")).toBe("5");
  expect(usdOf("audio_in", "5")).toBe("0.000005");
});

test("a change is told in percent, but not from nothing", () => {
  expect(changePercent("0.000001", "0.0000015")).toBeCloseTo(50);
  expect(changePercent("0", "1")).toBeNull();
  expect(changePercent(null, "1")).toBeNull();
  expect(changePercent("1", null)).toBeNull();
});
