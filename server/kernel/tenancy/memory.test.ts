import { expect, test } from "vitest";
import { createMemory } from "./memory.ts";

const make = (maxEntries = 10) => {
  let at = 0;
  let loads = 0;
  let maxAgeMs = 60_000;
  const memory = createMemory<{ id: string }>({
    maxAgeMs: () => maxAgeMs,
    maxEntries,
    tagsOf: ({ id }) => [id, "org"],
    now: () => at,
  });
  return {
    memory,
    advance: (ms: number) => void (at += ms),
    setMaxAge: (ms: number) => void (maxAgeMs = ms),
    get: (key: string) =>
      memory.get(key, async () => {
        loads += 1;
        return { id: `${key}${loads}` };
      }),
    loads: () => loads,
  };
};

test("200 at once make one load, and none follows as long as it is good", async () => {
  const { get, advance, loads } = make();
  await Promise.all(Array.from({ length: 200 }, () => get("a")));
  advance(59_999);
  expect(await get("a")).toEqual({ id: "a1" });
  expect(loads()).toBe(1);
  advance(1);
  expect(await get("a")).toEqual({ id: "a2" });
});

test("what was good for a minute is good for a second once nothing can be heard", async () => {
  const { get, advance, setMaxAge, loads } = make();
  await get("a");
  advance(1_000);
  await get("a");
  expect(loads()).toBe(1);
  setMaxAge(1_000);
  expect(await get("a")).toEqual({ id: "a2" });
});

test("age counts from the start of the load: a slow one is not served beyond it", async () => {
  const { memory, advance } = make();
  const gate = Promise.withResolvers<{ id: string }>();
  const slow = memory.get("a", () => gate.promise);
  advance(60_000);
  gate.resolve({ id: "old" });
  await slow;
  expect(await memory.get("a", async () => ({ id: "new" }))).toEqual({ id: "new" });
});

test("what is forgotten by any of its ids, or was being loaded then, is loaded again", async () => {
  const { memory, get, loads } = make();
  await get("a");
  await get("b");
  const gate = Promise.withResolvers<{ id: string }>();
  const before = memory.get("c", () => gate.promise);
  memory.forget("a1");
  gate.resolve({ id: "before" });
  await before;
  await get("a");
  await get("b");
  expect(loads()).toBe(3);
  expect(await memory.get("c", async () => ({ id: "after" }))).toEqual({ id: "after" });
  memory.forget("org");
  await get("a");
  await get("b");
  expect(loads()).toBe(5);
});

test("nothing found counts for a second, since nothing could tell that there is something now", async () => {
  const { memory, advance } = make();
  await memory.get("a", async () => null);
  advance(999);
  expect(await memory.get("a", async () => ({ id: "now" }))).toBe(null);
  advance(1);
  expect(await memory.get("a", async () => ({ id: "now" }))).toEqual({ id: "now" });
  await memory.get("b", async () => null);
  memory.forget("any");
  expect(await memory.get("b", async () => ({ id: "made" }))).toEqual({ id: "made" });
});

test("an answer is renewed on demand, at most once a second", async () => {
  const { memory, get, advance, loads } = make();
  await get("a");
  expect(memory.renew("a")).toBe(false);
  advance(1_000);
  expect(memory.renew("a")).toBe(true);
  await get("a");
  expect(loads()).toBe(2);
});

test("cleared, everything is loaded again", async () => {
  const { memory, get, loads } = make();
  await get("a");
  memory.clear();
  await get("a");
  expect(loads()).toBe(2);
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
