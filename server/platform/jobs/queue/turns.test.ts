import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { newId, type OrgId } from "../../ids.ts";
import { backoffMs, complete, endState, publicError } from "../kind.ts";
import type { Claimed } from "./queue-store.ts";
import { pick, Room, shares } from "./turns.ts";

const kind = complete({ kind: "t", payload: z.unknown(), run: async () => undefined });
const kinds = new Map([["t", kind]]);
const waiting = (org: OrgId, jobs: number): Claimed[] =>
  Array.from({ length: jobs }, () => ({
    id: newId("job"),
    org,
    kind: "t",
    priority: 3,
    dueAt: new Date(0),
    traceparent: null,
  }));

test("organizations get as many places as each other, whatever waits, and one is left for a newcomer", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 2, max: 40 }),
      (backlogs, places) => {
        const turns = backlogs.map(() => ({ org: newId("org"), paused: false }));
        const jobs = turns.flatMap(({ org }, i) => waiting(org, backlogs[i] ?? 0));
        const room = new Room(places, kinds, new Map(), []);
        const picked = pick(turns, jobs, room, places);
        const got = turns.map(({ org }) => picked.filter((job) => job.org === org).length);
        for (const [i, mine] of got.entries())
          for (const [j, theirs] of got.entries())
            if (mine < (backlogs[i] ?? 0)) expect(theirs - mine, `${j} beside ${i}`).toBeLessThanOrEqual(1);
        expect(picked.length + room.free).toBe(places);
        if (backlogs.length < places) expect(room.free).toBeGreaterThan(0);
      },
    ),
  );
});

test("within an organization's turn its jobs keep their order", () => {
  const org = newId("org");
  const jobs = waiting(org, 9);
  const picked = pick([{ org, paused: false }], jobs, new Room(20, kinds, new Map(), []), 5);
  expect(picked).toEqual(jobs.slice(0, 5));
});

test("urgent work and turns share the places, and a single place goes to each in turn", () => {
  expect([shares(1, 0), shares(1, 1), shares(7, 2), shares(7, 3)]).toEqual([
    { urgent: 1, turn: 0 },
    { urgent: 0, turn: 1 },
    { urgent: 4, turn: 3 },
    { urgent: 3, turn: 4 },
  ]);
});

test("waits between attempts are 2 s × 2ⁿ ±25 % unless the kind says otherwise, an hour at most", () => {
  const waits = (random: number) => [1, 2, 3, 20].map((n) => backoffMs(kind, n, random));
  expect(waits(0.5)).toEqual([2_000, 4_000, 8_000, 3_600_000]);
  expect(waits(0)).toEqual([1_500, 3_000, 6_000, 2_700_000]);
  expect(waits(1)).toEqual([2_500, 5_000, 10_000, 4_500_000]);
});

test("what was done decides how a job ends that is not tried again", () => {
  expect(endState("returned", { done: 0, failed: 0 })).toBe("completed");
  expect(endState("returned", { done: 2, failed: 1 })).toBe("partial");
  expect(endState("returned", { done: 0, failed: 1 })).toBe("failed");
  expect(endState("threw", { done: 1, failed: 0 })).toBe("partial");
  expect(endState("threw", { done: 0, failed: 0 })).toBe("failed");
});

test("an error of ours is told as internal, whatever it says", () => {
  expect(publicError(new Error("password=hunter2"))).toEqual({
    code: "internal",
    detail: "Something went wrong on our side",
  });
});

test("a kind whose name is not dotted words is refused", () => {
  for (const name of ["", "Export", "a b", "a..b", ".a"])
    expect(() => complete({ ...kind, kind: name })).toThrow("dotted words");
});
