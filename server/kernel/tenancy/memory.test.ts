import { expect, test } from "vitest";
import { createMemory } from "./memory.ts";

const make = (maxEntries = 10) => {
  let at = 0;
  let loads = 0;
  const memory = createMemory<{ id: string }>({ maxAgeMs: 1_000, maxEntries, now: () => at });
  return {
    memory,
    advance: (ms: number) => void (at += ms),
    get: (key: string) =>
      memory.get(key, async () => {
        loads += 1;
        return { id: `${key}${loads}` };
      }),
    loads: () => loads,
  };
};

test("200 at once make one load, and none follows for a second", async () => {
  const { get, advance, loads } = make();
  await Promise.all(Array.from({ length: 200 }, () => get("a")));
  advance(999);
  expect(await get("a")).toEqual({ id: "a1" });
  expect(loads()).toBe(1);
  advance(1);
  expect(await get("a")).toEqual({ id: "a2" });
});

test("age counts from the start of the load: a slow one is not served beyond it", async () => {
  const { memory, advance } = make();
  const gate = Promise.withResolvers<{ id: string }>();
  const slow = memory.get("a", () => gate.promise);
  advance(1_000);
  gate.resolve({ id: "old" });
  await slow;
  expect(await memory.get("a", async () => ({ id: "new" }))).toEqual({ id: "new" });
});

test("what is forgotten, or was being loaded then, is loaded again", async () => {
  const { memory, get, loads } = make();
  await get("a");
  await get("b");
  const gate = Promise.withResolvers<{ id: string }>();
  const before = memory.get("c", () => gate.promise);
  memory.forget(({ id }) => id === "a1");
  gate.resolve({ id: "before" });
  await before;
  await get("a");
  await get("b");
  expect(loads()).toBe(3);
  expect(await memory.get("c", async () => ({ id: "after" }))).toEqual({ id: "after" });
});

test("a failed load is shared, then tried again", async () => {
  const { memory } = make();
  const failing = async () => {
    throw new Error("no");
  };
  await expect(Promise.all([memory.get("a", failing), memory.get("a", failing)])).rejects.toThrow("no");
  expect(await memory.get("a", async () => ({ id: "a" }))).toEqual({ id: "a" });
});

test("entries are bounded: the oldest gives way", async () => {
  const { get, loads } = make(2);
  for (const key of ["a", "b", "c", "b", "c"]) await get(key);
  expect(loads()).toBe(3);
  await get("a");
  expect(loads()).toBe(4);
});
