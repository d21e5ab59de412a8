import { expect, test } from "vitest";
import { createLine } from "./line.ts";

function make() {
  let at = 0;
  let hear: (payload: string) => void = () => undefined;
  let gaps = 0;
  let resets = 0;
  const sent: string[] = [];
  const line = createLine(
    (listen) => {
      hear = listen;
      return {
        send: async (payload) => void sent.push(payload),
        reset: () => void (resets += 1),
        close: async () => undefined,
      };
    },
    { beat: "b me 1 ", hear: () => undefined, onGap: () => void (gaps += 1) },
    () => at,
  );
  return {
    line,
    advance: (ms: number) => void (at += ms),
    /** The newest beat comes back. */
    back: () => hear(sent.at(-1) ?? ""),
    gaps: () => gaps,
    resets: () => resets,
  };
}

test("a line is up once its own beat came back, and says how long that took", () => {
  const { line, advance, back, gaps } = make();
  line.tick();
  expect(line.alive()).toBe(false);
  advance(4);
  back();
  expect(line.alive()).toBe(true);
  expect(line.lagMs()).toBe(4);
  expect(gaps()).toBe(1);
});

test("a silent loss shows within a second, before any tick, and is told at the loss and at the return", () => {
  const { line, advance, back, gaps } = make();
  line.tick();
  back();
  advance(751);
  expect(line.alive()).toBe(false);
  expect(gaps()).toBe(1);
  line.tick();
  expect(gaps()).toBe(2);
  back();
  expect(line.alive()).toBe(true);
  expect(gaps()).toBe(3);
});

test("a connection that stays silent is replaced every 3 seconds", () => {
  const { line, advance, resets } = make();
  for (let at = 0; at < 9_500; at += 250) {
    line.tick();
    advance(250);
  }
  expect(resets()).toBe(2);
});
