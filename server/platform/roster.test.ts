import { expect, test } from "vitest";
import { Roster } from "./roster.ts";

test("members stand in their order, once each, and leave from anywhere", () => {
  const [a, b, c] = [{ n: "a" }, { n: "b" }, { n: "c" }];
  const roster = new Roster<{ n: string }>();
  for (const one of [a, b, c, b]) roster.add(one);
  expect([...roster]).toEqual([a, b, c]);
  roster.delete(b);
  roster.delete(b);
  expect([...roster]).toEqual([a, c]);
  roster.add(b);
  expect([...roster]).toEqual([a, c, b]);
  for (const one of [a, b, c]) roster.delete(one);
  expect([...roster]).toEqual([]);
  expect(roster.size).toBe(0);
});

test("a member may be in two, and leave while they are gone through", () => {
  const both = [{}, {}, {}];
  const [one, other] = [new Roster<object>(), new Roster<object>()];
  for (const member of both) {
    one.add(member);
    other.add(member);
  }
  const seen: object[] = [];
  for (const member of one) {
    seen.push(member);
    for (const each of both) one.delete(each);
  }
  expect(seen).toEqual(both);
  expect([one.size, other.size]).toEqual([0, 3]);
});
