import { expect, test } from "vitest";
import { formatBytes, formatMs, formatRatio } from "./figures.ts";

test("shares, times and sizes read at a glance; what was never asked is a dash", () => {
  expect([formatRatio(0.9816), formatRatio(1), formatRatio(null)]).toEqual(["98.2 %", "100.0 %", "–"]);
  expect([formatMs(0.0812), formatMs(4.21), formatMs(123.4), formatMs(null)]).toEqual([
    "0.08 ms",
    "4.2 ms",
    "123 ms",
    "–",
  ]);
  expect([formatBytes(12), formatBytes(12_288), formatBytes(3_565_158)]).toEqual(["12 B", "12 KB", "3.4 MB"]);
});
