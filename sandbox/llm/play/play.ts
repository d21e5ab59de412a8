/**
 * Plays one call in real time: waits for its hold, sends what has fallen due, ends as planned or as told to
 * misbehave, and writes the bill before the last byte.
 */
import { performance } from "node:perf_hooks";
import type { Exchange } from "../../core/company.ts";
import type { Behaviour } from "./behaviour.ts";
import { price, save, type Generation } from "../bills/bill.ts";
import { waitForRelease } from "../bills/holds.ts";
import type { Dialect } from "../answers/dialect.ts";
import type { Plan } from "./plan.ts";
import type { Chat } from "../request.ts";
import { everyTick } from "./ticker.ts";

/** Silent streams end here, and so do calls whose caller never reads. */
export const LONGEST_MS = 10 * 60_000;
const CHECKPOINT_MS = 1_000;

export type Pace = { firstTokenMs: number; tokensPerSecond: number; hold: string | null; drain: boolean };

export type Call = {
  dialect: Dialect;
  exchange: Exchange;
  chat: Chat;
  plan: Plan;
  behaviour: Behaviour;
  generation: Generation;
  pace: Pace;
};

/** How many contents the caller gets, and what happens then. */
export type Script = { contents: number; ending: "done" | "cut" | "stall" | "error" | "broken" };

export function scriptOf(plan: Plan, behaviour: Behaviour): Script {
  const { errorFirst, errorAfter, cutAfter, stallAfter, brokenAfter } = behaviour;
  const upTo = (n: number): number => Math.min(n, plan.deltas.length);
  if (errorFirst) return { contents: 0, ending: "error" };
  if (errorAfter !== null) return { contents: upTo(errorAfter), ending: "error" };
  if (cutAfter !== null) return { contents: upTo(cutAfter), ending: "cut" };
  if (stallAfter !== null) return { contents: upTo(stallAfter), ending: "stall" };
  if (brokenAfter !== null) return { contents: upTo(brokenAfter), ending: "broken" };
  return { contents: plan.deltas.length, ending: "done" };
}

/** Milliseconds from the start until content `at` is due. */
export function dueMs({ plan, pace }: Call, at: number): number {
  if (pace.tokensPerSecond === 0 || at === 0) return pace.firstTokenMs;
  const before = plan.tokensAfter[at - 1] ?? 0;
  return pace.firstTokenMs + ((before - (plan.tokensAfter[0] ?? 0) + 1) * 1000) / pace.tokensPerSecond;
}

/** Contents due after `elapsed` milliseconds, at least `from`. */
export function dueCount(call: Call, from: number, elapsed: number): number {
  const all = call.plan.deltas.length;
  let count = from;
  while (count < all && dueMs(call, count) <= elapsed) count++;
  return count;
}

/** Writes the bill for `contents` delivered or generated contents; a failure that delivered nothing is free. */
export function settle(call: Call, state: Exclude<Generation["state"], "running">, contents: number): void {
  const { generation, chat, plan, behaviour, pace, exchange } = call;
  const finished = state === "finished";
  const completion = contents === 0 ? 0 : (plan.tokensAfter[contents - 1] ?? 0);
  generation.state = state;
  generation.finishReason = finished ? plan.finish : state === "failed" ? "error" : null;
  generation.nativeFinishReason = finished ? plan.nativeFinish : generation.finishReason;
  generation.firstTokenMs = pace.firstTokenMs;
  generation.generationMs = contents === 0 ? 0 : Math.round(dueMs(call, contents - 1));
  price(generation, chat, completion, state === "failed" && contents === 0 ? 0n : behaviour.costTimes);
  save(exchange.world, generation);
}

/** Writes the row of a running call as of now. */
export function checkpoint({ generation, chat, plan, behaviour, exchange }: Call, contents: number): void {
  price(generation, chat, plan.tokensAfter[contents - 1] ?? 0, behaviour.costTimes);
  save(exchange.world, generation);
}

/** Keeps the row of a long call up to date, at most once a second. */
export function checkpoints(call: Call): (now: number, contents: number) => void {
  let savedAt = performance.now();
  return (now, contents) => {
    if (now - savedAt < CHECKPOINT_MS) return;
    savedAt = now;
    checkpoint(call, contents);
  };
}

/**
 * Calls `step` with the milliseconds since the start, at once and then at every tick, until it says false. When
 * it throws (the world was reset under a running call), the connection breaks.
 */
export async function run(call: Call, step: (elapsed: number, now: number) => boolean): Promise<void> {
  const { exchange, pace } = call;
  if (pace.hold !== null) await waitForRelease(exchange.world, pace.hold, exchange.signal);
  const started = performance.now();
  const guarded = (now: number): boolean => {
    try {
      return step(now - started, now);
    } catch (cause) {
      process.stderr.write(
        `${JSON.stringify({ level: "error", msg: "generation broke off", error: String(cause) })}\n`,
      );
      exchange.res.destroy();
      return false;
    }
  };
  if (!guarded(started)) return;
  await new Promise<void>((resolve) => {
    everyTick((now) => {
      if (guarded(now)) return true;
      resolve();
      return false;
    });
  });
}
