import fc from "fast-check";
import { expect, test } from "vitest";
import { faded, isForgotten, recalled, repeated } from "./importance.ts";
import { rankFacts, saysTheSame, wordsOf } from "./rank.ts";

const DAY_MS = 86_400_000;
let made = 0;
const fact = (text: string, importance = 0.5) => ({
  id: `mem_${(made += 1)}`,
  text,
  words: wordsOf(text),
  importance,
});
const ranked = (asked: string, facts: readonly ReturnType<typeof fact>[]) =>
  rankFacts(wordsOf(asked), facts).map(({ item }) => item.text);

test("what shares words with the question comes first, then what matters more", () => {
  const facts = [
    fact("I live in Berlin", 0.9),
    fact("My dog is called Rufus", 0.2),
    fact("I work as a baker", 0.4),
  ];
  expect(ranked("How old are dogs when they are called old?", facts)[0]).toBe("My dog is called Rufus");
  expect(ranked("Tell me a joke", facts)).toEqual([
    "I live in Berlin",
    "I work as a baker",
    "My dog is called Rufus",
  ]);
  expect(ranked("犬の名前は?", [fact("天気が好き"), fact("犬の名前はハチ")])[0]).toBe("犬の名前はハチ");
});

test("a rank is 0.6 of the words' share and 0.4 of the importance", () => {
  const [first, second] = rankFacts(wordsOf("dog"), [fact("a dog", 0.5), fact("a cat", 1)]);
  expect([first?.relevance, first?.rank]).toEqual([1, 0.6 + 0.2]);
  expect([second?.relevance, second?.rank]).toEqual([0, 0.4]);
});

test("where it is known how near a fact is to the question, that counts instead of its words", () => {
  const [cat, dog] = [fact("a cat", 0.5), fact("a dog", 0.5)];
  const [first, second] = rankFacts(
    wordsOf("dog"),
    [cat, dog],
    new Map([
      [cat.id, 1],
      [dog.id, 0.25],
    ]),
  );
  expect([first?.item, first?.rank]).toEqual([cat, 0.6 + 0.2]);
  expect(second?.relevance).toBe(0.25);
});

test("the same words in another order say the same; one that denies does not", () => {
  expect(saysTheSame(wordsOf("I live in Berlin."), wordsOf("In Berlin I live"))).toBe(true);
  expect(saysTheSame(wordsOf("The user likes tea"), wordsOf("The user does not like tea"))).toBe(false);
  expect(saysTheSame(wordsOf(""), wordsOf("the"))).toBe(false);
});

test("use makes it grow to 1 at most", () => {
  expect(repeated(0.5)).toBeCloseTo(0.6);
  expect(recalled(0.5)).toBeCloseTo(0.55);
  expect([repeated(0.95), recalled(1)]).toEqual([1, 1]);
});

test("it fades by days, however often that is reckoned, and never below 0.1 or its own", () => {
  const usedAt = new Date("2026-01-01T00:00:00Z");
  const at = (days: number) => new Date(usedAt.getTime() + days * DAY_MS);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 20 }),
      (importance, hours) => {
        const stops = hours.map((hour) => hour / 24).toSorted((a, b) => a - b);
        const start = { importance, usedAt, fadedAt: usedAt };
        const now = { ...start };
        for (const days of stops) Object.assign(now, faded(now, at(days)));
        const last = stops.at(-1) ?? 0;
        const once = faded(start, at(last));
        expect(now.importance).toBeCloseTo(once.importance, 9);
        const idle = Math.max(0, Math.floor(last - 7));
        expect(once.importance).toBeCloseTo(
          Math.max(Math.min(importance, 0.1), importance * 0.95 ** idle),
          9,
        );
      },
    ),
  );
});

test("what matters little is forgotten after 30 idle days", () => {
  const usedAt = new Date("2026-01-01T00:00:00Z");
  const on = (day: number) => new Date(usedAt.getTime() + day * DAY_MS);
  expect(isForgotten({ importance: 0.19, usedAt }, on(29))).toBe(false);
  expect(isForgotten({ importance: 0.19, usedAt }, on(30))).toBe(true);
  expect(isForgotten({ importance: 0.2, usedAt }, on(300))).toBe(false);
});
