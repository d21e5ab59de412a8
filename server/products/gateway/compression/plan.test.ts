import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fields } from "../call/chat.ts";
import { compressionOption, type CompressionOption } from "./option.ts";
import { lengthAfter, NO_OUTPUT, NOTE_TOKENS, planOf, shortened, type Plan } from "./plan.ts";

const NOTE = { role: "user", content: "left out" };
const DEFAULT = compressionOption.parse({});

type Said = { message: Fields; tokens: number };
const tokens = fc.integer({ min: 1, max: 3_000 });
const text = (role: string) => tokens.map((n): Said[] => [{ message: { role, content: "x" }, tokens: n }]);
/** Calls of tools by one message, answered at once, or only after somebody said something else. */
const step = fc
  .tuple(fc.array(tokens, { minLength: 1, maxLength: 3 }), tokens, fc.boolean())
  .map(([each, n, late]) => {
    const calls = each.map((size, at) => ({ id: `call_${n}_${size}_${at}`, size }));
    const answers = calls.map(({ id, size }) => ({
      message: { role: "tool", tool_call_id: id, content: "output" },
      tokens: size,
    }));
    const between = late ? [{ message: { role: "assistant", content: "wait" }, tokens: 5 }] : [];
    return [
      {
        message: {
          role: "assistant",
          content: null,
          tool_calls: calls.map(({ id }) => ({ id, type: "function" })),
        },
        tokens: n,
      },
      ...between,
      ...answers,
    ];
  });
const conversation = fc
  .array(fc.oneof(text("user"), text("assistant"), text("system"), step, step), {
    minLength: 1,
    maxLength: 40,
  })
  .map((parts) => [{ message: { role: "system", content: "be brief" }, tokens: 20 }, ...parts.flat()]);
const option = fc
  .record({
    trigger_percent: fc.integer({ min: 10, max: 100 }),
    target_percent: fc.integer({ min: 5, max: 95 }),
    keep_last: fc.integer({ min: 1, max: 12 }),
  })
  .filter((each) => each.target_percent < each.trigger_percent);
const WINDOW = 16_384;

const sizedOf = (said: readonly Said[]) => ({
  messages: said.map(({ message }) => message),
  tokens: said.map((each) => each.tokens),
  besides: 100,
  window: WINDOW,
});
const sent = (said: readonly Said[], plan: Plan) => shortened(sizedOf(said).messages, plan, NOTE);
const planFor = (said: readonly Said[], wish: CompressionOption) => planOf(sizedOf(said), wish);
const leftOf = ({ units, leaves }: Plan) => new Set(units.slice(0, leaves).flat());

test("a call of a tool and its result are never parted; system, first user and last messages stay as they are", () => {
  fc.assert(
    fc.property(conversation, option, (said, wish) => {
      const plan = planFor(said, wish);
      if (!plan) return;
      const rest = sent(said, plan);
      const called = rest.flatMap(
        ({ tool_calls: calls }) => (calls as Fields[] | undefined)?.map(({ id }) => id) ?? [],
      );
      const answered = rest.filter(({ role }) => role === "tool").map(({ tool_call_id: id }) => id);
      expect(answered.toSorted()).toEqual(called.toSorted());
      const messages = sizedOf(said).messages;
      const first = messages.find(({ role }) => role === "user");
      const kept = [...messages.filter(({ role }) => role === "system"), ...(first ? [first] : [])];
      for (const message of [...kept, ...messages.slice(-wish.keep_last)]) expect(rest).toContain(message);
    }),
  );
});

test("the target is reached, or everything is left out that may be", () => {
  fc.assert(
    fc.property(conversation, option, (said, wish) => {
      const sized = sizedOf(said);
      const plan = planOf(sized, wish);
      const before = sized.tokens.reduce((sum, each) => sum + each, sized.besides);
      const percent = (before * 100) / WINDOW;
      if (!plan) return;
      expect(percent).toBeGreaterThan(wish.trigger_percent - 0.01);
      const after = lengthAfter(sized.tokens, plan, NOTE_TOKENS);
      expect(after).toBeLessThan(before);
      if (after <= (WINDOW * wish.target_percent) / 100) return;
      const left = leftOf(plan);
      const end = said.length - wish.keep_last;
      for (const [at, { message, tokens: size }] of said.entries())
        if (message["role"] === "tool" && at < end && size > 12)
          expect(left.has(at) || plan.outputs.includes(at)).toBe(true);
      const units = plan.units
        .flat()
        .reduce((sum, at) => sum + (plan.outputs.includes(at) ? 12 : (sized.tokens[at] ?? 0)), 0);
      if (plan.leaves < plan.units.length) expect([plan.leaves, units <= NOTE_TOKENS]).toEqual([0, true]);
    }),
  );
});

test("outputs go before turns, the oldest first, and the same messages give the same plan", () => {
  fc.assert(
    fc.property(conversation, option, (said, wish) => {
      const plan = planFor(said, wish);
      expect(planFor(structuredClone(said), wish)).toEqual(plan);
      if (!plan) return;
      const end = said.length - wish.keep_last;
      const all = said.flatMap(({ message, tokens: size }, at) =>
        message["role"] === "tool" && at < end && size > 12 ? [at] : [],
      );
      expect(plan.outputs).toEqual(all.slice(0, plan.outputs.length));
      if (plan.leaves > 0) expect(plan.outputs).toEqual(all);
    }),
  );
});

const turn = (n: number, size: number): Said[] => [
  { message: { role: "assistant", content: null, tool_calls: [{ id: `c${n}` }] }, tokens: 40 },
  { message: { role: "tool", tool_call_id: `c${n}`, content: `output ${n}` }, tokens: size },
];
const opening: Said[] = [
  { message: { role: "system", content: "be brief" }, tokens: 20 },
  { message: { role: "user", content: "do it" }, tokens: 30 },
];

test("what is left out stays the same while a conversation grows by less than a step", () => {
  const grow = (turns: number) => [
    ...opening,
    ...Array.from({ length: turns }, (_, n) => turn(n, 400)).flat(),
  ];
  const plans = Array.from(
    { length: 12 },
    (_, more) => planFor(grow(33 + more), DEFAULT)?.outputs.length ?? 0,
  );
  expect(new Set(plans).size).toBeLessThanOrEqual(4);
  expect(plans.filter((each, at) => each === plans[at - 1]).length).toBeGreaterThanOrEqual(7);
});

test("a prompt below the trigger is left alone, and so is one of which nothing may go", () => {
  expect(planFor([...opening, ...turn(1, 400)], DEFAULT)).toBeNull();
  expect(planFor([...opening, ...turn(1, 15_000)], DEFAULT)).toBeNull();
  const plan = planFor(
    [...opening, ...turn(1, 15_000), ...turn(2, 10), ...turn(3, 10), ...turn(4, 10)],
    DEFAULT,
  );
  expect(plan).toMatchObject({ outputs: [3], leaves: 0 });
  expect(
    sent([...opening, ...turn(1, 15_000), ...turn(2, 10), ...turn(3, 10), ...turn(4, 10)], plan as Plan)[3],
  ).toEqual({
    role: "tool",
    tool_call_id: "c1",
    content: NO_OUTPUT,
  });
});

test("a target that is no lower than its trigger makes no sense", () => {
  expect(compressionOption.safeParse({ trigger_percent: 60, target_percent: 60 }).success).toBe(false);
  expect(compressionOption.safeParse({ trigger_percent: 60, target_percent: 59 }).success).toBe(true);
});
