/** What is left out of a prompt that is too long. Pure: the same messages give the same plan. */
import type { Fields } from "../call/chat.ts";
import type { CompressionOption } from "./option.ts";

/** Messages that go together: a question with its answer, or calls of tools with their results. */
export type Unit = readonly number[];

export type Plan = {
  /** Tokens of the whole prompt as it came. */
  before: number;
  /** Messages whose tool output is left out; in their order. */
  outputs: readonly number[];
  /** All that may be left out, the oldest first. */
  units: readonly Unit[];
  /** How many of `units` are. */
  leaves: number;
};

/** What stands for an output that was left out. */
export const NO_OUTPUT = "[output left out to save room]";
export const NO_OUTPUT_TOKENS = 12;
/** The most that stands for turns which were left out: the summary and its frame. */
export const SUMMARY_TOKENS = 400;
export const NOTE_TOKENS = SUMMARY_TOKENS + 40;

type Sized = {
  messages: readonly Fields[];
  /** Of each message. */
  tokens: readonly number[];
  /** Of what stands beside the messages: tools, schemas. */
  besides: number;
  /** The model's, in tokens. */
  window: number;
};

/**
 * Null while the prompt is not longer than the trigger, and where nothing may be left out. Else tool output older than the
 * last messages goes first, then the oldest turns, until the target is reached. What goes is measured in steps as wide as
 * trigger and target are apart: so it stays the same over several calls of a growing conversation, its beginning can be read
 * from the provider's cache and its summary is made once.
 */
export function planOf({ messages, tokens, besides, window }: Sized, option: CompressionOption): Plan | null {
  const before = tokens.reduce((sum, each) => sum + each, besides);
  const share = (percent: number) => Math.floor((window * percent) / 100);
  const [trigger, target] = [share(option.trigger_percent), share(option.target_percent)];
  if (before <= trigger) return null;
  const step = Math.max(trigger - target, 1);
  const needed = Math.ceil((before - target) / step) * step;
  const end = messages.length - option.keep_last;
  let saved = 0;
  const outputs: number[] = [];
  for (const [at, { role }] of messages.entries()) {
    if (at >= end || saved >= needed) break;
    const output = (tokens[at] ?? 0) - NO_OUTPUT_TOKENS;
    if (!isResult(role) || output <= 0) continue;
    outputs.push(at);
    saved += output;
  }
  const without = new Set(outputs);
  const units = unitsOf(messages).filter((unit) => (unit.at(-1) ?? 0) < end);
  const inUnit = (unit: Unit): number =>
    unit.reduce((sum, at) => sum + (without.has(at) ? NO_OUTPUT_TOKENS : (tokens[at] ?? 0)), 0);
  let leaves = 0;
  let left = 0;
  while (leaves < units.length && saved + left - (leaves > 0 ? NOTE_TOKENS : 0) < needed)
    left += inUnit(units[leaves++] ?? []);
  // What is written in their place may be longer.
  if (left <= NOTE_TOKENS) leaves = 0;
  return outputs.length + leaves > 0 ? { before, outputs, units, leaves } : null;
}

/** Tokens of the prompt as it is sent, with a note of so many. */
export function lengthAfter(tokens: readonly number[], plan: Plan, noteTokens: number): number {
  const left = new Set(leftOut(plan));
  const outputs = plan.outputs.filter((at) => !left.has(at));
  const saved = [...left].reduce((sum, at) => sum + (tokens[at] ?? 0), 0);
  const cut = outputs.reduce((sum, at) => sum + (tokens[at] ?? 0) - NO_OUTPUT_TOKENS, 0);
  return plan.before - saved - cut + (plan.leaves > 0 ? noteTokens : 0);
}

const leftOut = ({ units, leaves }: Plan): number[] => units.slice(0, leaves).flat();

const isResult = (role: unknown): boolean => role === "tool" || role === "function";
const isSystem = (role: unknown): boolean => role === "system" || role === "developer";

/** Everything but what the system and the first user say. A call of a tool and its result are always in one. */
function unitsOf(messages: readonly Fields[]): number[][] {
  const first = messages.findIndex(({ role }) => role === "user");
  const units: number[][] = [];
  /** Which unit calls a tool by this id. */
  const calls = new Map<unknown, number>();
  let asked = false;
  for (const [at, message] of messages.entries()) {
    const { role, tool_calls: made, tool_call_id: answered } = message;
    if (isSystem(role) || at === first) continue;
    const joins = isResult(role) || (role === "assistant" && asked) || (role === "user" && asked);
    if (!joins || units.length === 0) units.push([]);
    units.at(-1)?.push(at);
    asked = role === "user";
    const caller = isResult(role) ? calls.get(answered) : undefined;
    // Whatever stands between a call and its result goes with them.
    if (caller !== undefined && caller < units.length - 1) {
      units.push(units.splice(caller).flat());
      for (const [id, unit] of calls) if (unit > caller) calls.set(id, caller);
    }
    for (const call of Array.isArray(made) ? (made as Fields[]) : []) calls.set(call["id"], units.length - 1);
  }
  return units;
}

/** The messages as they are sent. `note` stands where turns were left out. */
export function shortened(messages: readonly Fields[], plan: Plan, note: Fields): Fields[] {
  const outputs = new Set(plan.outputs);
  const left = new Set(leftOut(plan));
  const [first] = left;
  return messages.flatMap((message, at) => {
    if (left.has(at)) return at === first ? [note] : [];
    return [outputs.has(at) ? { ...message, content: NO_OUTPUT } : message];
  });
}

/** The first message that is not sent as it came. */
export const firstChange = ({ outputs, units, leaves }: Plan): number =>
  Math.min(outputs[0] ?? Infinity, leaves > 0 ? (units[0]?.[0] ?? Infinity) : Infinity);
