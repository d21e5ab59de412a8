import { expect, test } from "vitest";
import { Breaker } from "./breaker.ts";

const START = 1_000_000_000;

function failing(times: number, breaker = new Breaker(), at = START): Breaker {
  for (let each = 0; each < times; each += 1) {
    breaker.began();
    breaker.failed(at);
  }
  return breaker;
}

test("five failures running open it, a success among them does not let it open", () => {
  expect(failing(4).state(START)).toBe("closed");
  expect(failing(5).state(START)).toBe("open");
  const mixed = failing(4);
  mixed.succeeded(START);
  expect(failing(4, mixed).state(START)).toBe("closed");
});

test("half of ten calls within 30 s open it; failures longer ago do not count", () => {
  const breaker = new Breaker();
  const both = (at: number) => {
    breaker.succeeded(at);
    breaker.failed(at);
  };
  for (const second of [0, 1, 2, 3]) both(START + second * 1_000);
  expect(breaker.state(START + 4_000)).toBe("closed");
  both(START + 45_000);
  expect(breaker.state(START + 45_000)).toBe("closed");
  for (const second of [46, 47, 48, 49]) both(START + second * 1_000);
  expect(breaker.state(START + 49_000)).toBe("open");
});

test("after 10 s one probe goes through; each that fails doubles the wait up to 5 min, one that succeeds closes it", () => {
  const breaker = failing(5);
  let at = START;
  for (const waitMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    expect(breaker.admits(at + waitMs - 1)).toBe(false);
    at += waitMs;
    expect([breaker.admits(at), breaker.state(at)]).toEqual([true, "probing"]);
    breaker.began();
    expect(breaker.admits(at)).toBe(false);
    breaker.failed(at);
  }
  at += 300_000;
  breaker.began();
  breaker.succeeded(at);
  expect([breaker.admits(at), breaker.state(at)]).toEqual([true, "closed"]);
});

test("a probe whose caller left makes room for the next", () => {
  const breaker = failing(5);
  breaker.began();
  breaker.left();
  expect(breaker.admits(START + 10_000)).toBe(true);
});

test("answers that were on their way when it opened change nothing", () => {
  const breaker = failing(5);
  breaker.succeeded(START + 1);
  breaker.failed(START + 2);
  expect(breaker.waitMs(START + 2)).toBe(9_998);
});

test("what another process tells opens one that has had no answer of late, and closes it again; it is probed as any other", () => {
  const idle = new Breaker();
  idle.toldOpen(20_000, START);
  expect([idle.state(START), idle.waitMs(START)]).toEqual(["open", 20_000]);
  idle.toldClosed(START + 1_000);
  expect(idle.state(START + 1_000)).toBe("closed");

  idle.toldOpen(10_000, START + 2_000);
  idle.toldOpen(40_000, START + 3_000);
  expect(idle.waitMs(START + 3_000)).toBe(40_000);
  idle.began();
  idle.failed(START + 43_000);
  expect(idle.waitMs(START + 43_000)).toBe(80_000);
});

test("who is answered itself, or has failed itself, goes by that: it may only probe sooner", () => {
  const answered = new Breaker();
  answered.succeeded(START);
  answered.toldOpen(10_000, START + 29_000);
  expect(answered.state(START + 29_000)).toBe("closed");
  answered.toldOpen(10_000, START + 31_000);
  expect(answered.state(START + 31_000)).toBe("open");

  const failed = failing(5);
  failed.toldOpen(300_000, START);
  expect(failed.waitMs(START)).toBe(10_000);
  failed.toldClosed(START + 1_000);
  expect(failed.state(START + 1_000)).toBe("probing");
  failed.began();
  failed.failed(START + 1_000);
  expect(failed.waitMs(START + 1_000)).toBe(20_000);

  const closed = new Breaker();
  closed.toldClosed(START);
  expect(closed.state(START)).toBe("closed");
});
