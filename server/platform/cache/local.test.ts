import fc from "fast-check";
import { expect, test } from "vitest";
import { createLocal } from "./local.ts";

function make(maxEntries = 3, maxBytes = 100) {
  let at = 0;
  let maxAgeMs = 60_000;
  const evicted: string[] = [];
  const local = createLocal({
    maxEntries,
    maxBytes,
    maxAgeMs: () => maxAgeMs,
    evicted: (key) => void evicted.push(key),
    now: () => at,
  });
  return {
    local,
    evicted,
    advance: (ms: number) => void (at += ms),
    age: (ms: number) => void (maxAgeMs = ms),
    has: (...keys: string[]) => keys.filter((key) => local.get(key) !== undefined),
  };
}
const bytes = (count: number) => Buffer.alloc(count);

test("the entry that was not asked for longest gives way, by number and by bytes", () => {
  const { local, evicted, has } = make();
  for (const key of ["a", "b", "c"]) local.set(key, bytes(10), [], 1_000);
  local.get("a");
  local.set("d", bytes(10), [], 1_000);
  expect(evicted).toEqual(["b"]);
  local.set("e", bytes(85), [], 1_000);
  expect(has("a", "c", "d", "e")).toEqual(["d", "e"]);
  local.set("huge", bytes(101), [], 1_000);
  expect(has("huge", "e")).toEqual(["e"]);
});

test("an entry ends with its life, with the age that is allowed now, and with any of its tags", () => {
  const { local, advance, age, has } = make();
  local.set("a", bytes(1), ["x:1", "y:1"], 1_000);
  local.set("b", bytes(1), ["y:1"], 90_000);
  local.set("c", bytes(1), [], 90_000);
  advance(1_000);
  expect(has("a", "b", "c")).toEqual(["b", "c"]);
  local.drop(["y:1", "z:1"]);
  expect(has("b", "c")).toEqual(["c"]);
  age(500);
  expect(has("c")).toEqual([]);
});

test("its counts are those of what it holds, whatever happens to it", () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e"),
    size: fc.integer({ min: 0, max: 60 }),
    act: fc.constantFrom("set", "get", "drop"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { local } = make();
      for (const { key, size, act } of steps) {
        if (act === "set") local.set(key, bytes(size), [`t:${key}`], 1_000);
        else if (act === "get") local.get(key);
        else local.drop([`t:${key}`]);
        const held = ["a", "b", "c", "d", "e"].flatMap((each) => local.get(each) ?? []);
        expect(local.entries).toBe(held.length);
        expect(local.bytes).toBe(held.reduce((sum, each) => sum + each.length, 0));
        expect(local.entries <= 3 && local.bytes <= 100).toBe(true);
      }
    }),
  );
});
