import { expect, test } from "vitest";
import { Drain, DRAIN_BYTES, DRAIN_MS } from "./left.ts";

test("a call that nobody waits for is read on for two minutes", () => {
  const drain = new Drain(1_000);
  expect(drain.isOver(1_000 + DRAIN_MS - 1)).toBe(false);
  expect(drain.isOver(1_000 + DRAIN_MS)).toBe(true);
});

test("and for two mebibytes, however they arrive", () => {
  const drain = new Drain(0);
  expect(drain.isFull(DRAIN_BYTES - 1)).toBe(false);
  expect(drain.isFull(1)).toBe(false);
  expect(drain.isFull(1)).toBe(true);
});
