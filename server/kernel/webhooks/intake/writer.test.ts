import { expect, test } from "vitest";
import type { NewEvent } from "./insert-events.ts";
import { createWriter } from "./writer.ts";

const event = (id: string, bytes = 10) =>
  ({ id: id as NewEvent["id"], sealed: Buffer.alloc(bytes) }) as NewEvent;

/** A store whose commits end when they are told to. */
function slowStore() {
  const commits: { ids: string[]; end: (error?: unknown) => void }[] = [];
  return {
    commits,
    insert: (events: readonly NewEvent[]) =>
      new Promise<Set<string>>((resolve, reject) => {
        const ids = events.map(({ id }) => id);
        commits.push({ ids, end: (error) => (error ? reject(error) : resolve(new Set(ids))) });
      }),
  };
}
const sizes = ({ commits }: ReturnType<typeof slowStore>) => commits.map(({ ids }) => ids.length);
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("an idle writer commits at once; what arrives meanwhile shares the next commits", async () => {
  const store = slowStore();
  const writer = createWriter(store.insert);
  const acks = Array.from({ length: 20 }, (_, i) => writer.add(event(`e${i}`)));
  expect(sizes(store)).toEqual([1, 4]);
  store.commits[0]?.end();
  await turn();
  expect(sizes(store)).toEqual([1, 4, 15]);
  store.commits[1]?.end();
  store.commits[2]?.end();
  expect(await Promise.all(acks)).toEqual(Array.from({ length: 20 }, () => true));
});

test("a commit takes 256 events or 8 MiB; two are in flight at most", async () => {
  const store = slowStore();
  const writer = createWriter(store.insert);
  for (let i = 0; i < 1_000; i += 1) void writer.add(event(`e${i}`));
  store.commits[0]?.end();
  await turn();
  expect(sizes(store)).toEqual([1, 4, 256]);
  const heavy = slowStore();
  const big = createWriter(heavy.insert);
  for (let i = 0; i < 4; i += 1) void big.add(event(`b${i}`, 5 * 1024 * 1024));
  heavy.commits[0]?.end();
  await turn();
  expect(sizes(heavy)).toEqual([1, 1]);
});

test("a second commit is sent beside the first when it takes as many", async () => {
  const store = slowStore();
  const writer = createWriter(store.insert);
  const add = (count: number) => {
    for (let i = 0; i < count; i += 1) void writer.add(event(`e${i}`));
  };
  add(10);
  store.commits[0]?.end();
  store.commits[1]?.end();
  await turn();
  expect(sizes(store)).toEqual([1, 4, 5]);
  add(4);
  expect(sizes(store)).toEqual([1, 4, 5]);
  add(1);
  expect(sizes(store)).toEqual([1, 4, 5, 5]);
});

test("a bad row fails alone: the refused batch is stored row by row", async () => {
  const stored: string[] = [];
  const writer = createWriter(async (events) => {
    if (events.some(({ id }) => id.endsWith("bad"))) throw Object.assign(new Error("no"), { code: "22021" });
    for (const { id } of events) stored.push(id);
    return new Set(events.map(({ id }) => id));
  });
  const results = await Promise.allSettled(["first", "a", "bad", "b"].map((id) => writer.add(event(id))));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(stored).toEqual(["first", "a", "b"]);
});

test("a database that is away fails the batch at once, with the documented 503", async () => {
  let calls = 0;
  const writer = createWriter(async () => {
    calls += 1;
    throw Object.assign(new Error("gone"), { code: "ECONNREFUSED" });
  });
  const results = await Promise.allSettled(["first", "a", "b"].map((id) => writer.add(event(id))));
  for (const result of results)
    expect(result).toMatchObject({ reason: { kind: { code: "database_unavailable", status: 503 } } });
  expect(calls).toBe(2);
});

test("past the bound of waiting requests the answer is 503, and nothing waits longer", async () => {
  const store = slowStore();
  const writer = createWriter(store.insert);
  for (let i = 0; i < 10_000; i += 1) writer.add(event(`e${i}`)).catch(() => undefined);
  await expect(writer.add(event("late"))).rejects.toMatchObject({
    kind: { code: "overloaded", status: 503 },
  });
});
