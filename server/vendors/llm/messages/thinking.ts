/** How long a model may think before it answers, and what it thought before, as Anthropic has them. Pure. */
import { asList, isFields, type Fields } from "./values.ts";
import { EFFORTS, type ThinkingWays } from "./ways.ts";

/** What OpenRouter calls thoughts that only Claude can read again. */
export const THOUGHTS_FORMAT = "anthropic-claude-v1";
const LEAST_BUDGET = 1_024;
const MOST_BUDGET = 128_000;
/** Of the answer's maximum, which thoughts are a part of; as OpenRouter has it. */
const SHARES: Readonly<Record<string, number>> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
};
/** Of a maximum that a named budget does not fit in. */
const MOST_SHARE = 0.95;
/** What the share is of where nothing bounds the answer: of a prompt that is only counted. */
const UNBOUNDED = 16_384;
const LEAST_TOP_P = 0.95;

export type Thinking = {
  /** Of the request. */
  fields: Fields;
  /** Fields of the chat that are left out: the wish to think itself, or what thinking does not go with. */
  left: readonly string[];
};

type Measured = { budget: number } | { effort: string };
type Wish = { name: string; config: Fields | null } & (
  | Measured
  /** How much is the model's own choice. */
  | { own: string }
);

/** What a chat's wish to think, and an effort that it names by itself, are there. */
export function thinkingOf(
  chat: Fields,
  maxTokens: number | null,
  ways: ThinkingWays | null = null,
): Thinking {
  const wished = wishedOf(chat, maxTokens, ways);
  const { output_config: config } = chat;
  if (!isFields(config)) return wished;
  const effort = ways ? fitted(String(config["effort"]), ways) : config["effort"];
  if (effort === undefined) return { ...wished, left: [...wished.left, "output_config"] };
  return { ...wished, fields: { ...wished.fields, output_config: { ...config, effort } } };
}

/**
 * What a chat's wish to think (`thinking` over `reasoning` over `reasoning_effort`) is there. A forced tool goes before it, and
 * so does a call of tools that began without thoughts; temperature, `top_k` and a low `top_p` give way to it. `ways`: what the
 * model takes, where that is known; a wish is then said in a way that it takes, or left out.
 */
function wishedOf(chat: Fields, maxTokens: number | null, ways: ThinkingWays | null): Thinking {
  const wish = wishOf(chat);
  if (wish === null) return { fields: {}, left: [] };
  if ("own" in wish && wish.own === "disabled")
    return takes(ways, "disabled")
      ? { fields: { thinking: wish.config }, left: [] }
      : { fields: {}, left: [wish.name] };
  const fields = isForced(chat) ? null : configOf(wish, chat, maxTokens, ways);
  return fields === null ? { fields: {}, left: [wish.name] } : { fields, left: untuned(chat) };
}

function wishOf({ thinking, reasoning, reasoning_effort: effort }: Fields): Wish | null {
  if (isFields(thinking)) {
    const { type, budget_tokens: budget } = thinking;
    const wish = { name: "thinking", config: thinking };
    if (type === "enabled") return { ...wish, budget: Number(budget) };
    return { ...wish, own: String(type) };
  }
  if (isFields(reasoning)) {
    const { max_tokens: budget, effort: asked, enabled } = reasoning;
    const wish = { name: "reasoning", config: null };
    if (enabled === false || asked === "none") return null;
    if (Number.isSafeInteger(budget)) return { ...wish, budget: Number(budget) };
    if (typeof asked === "string") return { ...wish, effort: asked };
    if (enabled === true) return { ...wish, effort: "medium" };
  }
  if (typeof effort !== "string" || effort === "none") return null;
  return { name: "reasoning_effort", config: null, effort };
}

const takes = (ways: ThinkingWays | null, type: string): boolean =>
  ways === null || ways.types.includes(type);

/** Null where there is no room for it, or the model does not take it. */
function configOf(
  wish: Wish,
  chat: Fields,
  maxTokens: number | null,
  ways: ThinkingWays | null,
): Fields | null {
  if ("own" in wish && takes(ways, wish.own)) return { thinking: wish.config };
  const measured = "own" in wish ? { effort: wish.own === "adaptive" ? ownEffort(chat) : "" } : wish;
  if (!takes(ways, "enabled"))
    return ways && takes(ways, "adaptive") ? adaptiveOf(wish, measured, maxTokens, ways) : null;
  if (beganWithout(chat["messages"])) return null;
  const budget = budgetOf(measured, maxTokens);
  if (!(budget >= LEAST_BUDGET && (maxTokens === null || budget < maxTokens))) return null;
  return { thinking: { ...wish.config, type: "enabled", budget_tokens: budget } };
}

const ownEffort = ({ output_config: config }: Fields): string =>
  isFields(config) ? String(config["effort"]) : "medium";

/** The most of what the model knows that is no more than what is asked, else its least; undefined where it knows none. */
function fitted(asked: string, { efforts }: ThinkingWays): string | undefined {
  const most = EFFORTS.indexOf(asked);
  return efforts.findLast((each) => EFFORTS.indexOf(each) <= most) ?? efforts[0];
}

/** How much is the model's own choice, within an effort. */
function adaptiveOf(
  { config }: Wish,
  measured: Measured,
  maxTokens: number | null,
  ways: ThinkingWays,
): Fields | null {
  const asked = "effort" in measured ? measured.effort : effortOf(measured.budget, maxTokens);
  if (!Object.hasOwn(SHARES, asked)) return null;
  const effort = fitted(asked, ways);
  const { budget_tokens: _budget, ...shown } = config ?? {};
  return {
    thinking: { ...shown, type: "adaptive" },
    ...(effort !== undefined && { output_config: { effort } }),
  };
}

/** A budget as an effort: by the third of the answer's maximum that it lies in. */
function effortOf(budget: number, maxTokens: number | null): string {
  const share = budget / (maxTokens ?? UNBOUNDED);
  if (share <= 1 / 3) return "low";
  return share <= 2 / 3 ? "medium" : "high";
}

/** Tokens; not a number for what is no effort. */
function budgetOf(wish: Measured, maxTokens: number | null): number {
  if ("effort" in wish) {
    const share = Math.floor((maxTokens ?? UNBOUNDED) * (SHARES[wish.effort] ?? NaN));
    return Math.max(Math.min(share, MOST_BUDGET), LEAST_BUDGET);
  }
  const asked = Math.max(wish.budget, LEAST_BUDGET);
  return maxTokens === null || asked < maxTokens ? asked : Math.floor(maxTokens * MOST_SHARE);
}

function isForced({ tools, tool_choice: choice }: Fields): boolean {
  if (!Array.isArray(tools) || tools.length === 0) return false;
  return choice === "required" || isFields(choice);
}

/** The names of what would be refused beside thoughts. */
function untuned({ temperature, top_p: topP, top_k: topK }: Fields): string[] {
  return [
    // A higher one is the highest there.
    ...(typeof temperature === "number" && temperature < 1 ? ["temperature"] : []),
    ...(typeof topK === "number" ? ["top_k"] : []),
    ...(typeof topP === "number" && topP < LEAST_TOP_P ? ["top_p"] : []),
  ];
}

/** A turn goes on that began without thoughts: there it is refused to think. */
function beganWithout(given: unknown): boolean {
  const messages = asList(given);
  let first: Fields | null = null;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const { role } = messages[at] ?? {};
    // What a user adds to results of tools is no new turn.
    if (role === "user" && messages[at - 1]?.["role"] !== "tool") break;
    if (role === "assistant") first = messages[at] ?? null;
  }
  return first !== null && thoughtsOf(first).length === 0;
}

/** The blocks of what a message of a chat says that Claude thought: as they were signed, in their order. */
export function thoughtsOf({ reasoning_details: given }: Fields): Fields[] {
  const blocks: Fields[] = [];
  /** Of a stream one thought may have come in pieces, the signature last. */
  let open = { index: null as unknown, text: "" };
  for (const detail of asList(given)) {
    const { type, text, signature, data, index = null } = detail;
    const format = detail["format"] ?? null;
    if (type === "reasoning.encrypted" && format === THOUGHTS_FORMAT && typeof data === "string")
      blocks.push({ type: "redacted_thinking", data });
    if (type !== "reasoning.text" || (format !== null && format !== THOUGHTS_FORMAT)) continue;
    if (index !== open.index) open = { index, text: "" };
    if (typeof text === "string") open.text += text;
    if (typeof signature !== "string" || signature === "") continue;
    blocks.push({ type: "thinking", thinking: open.text, signature });
    open = { index: null, text: "" };
  }
  return blocks;
}

/** One block of thoughts, or a piece of it, as OpenRouter tells it in a chat. */
export const anthropicDetail = (
  index: number,
  said: { text?: unknown; signature?: unknown } | { data: unknown },
): Fields => ({
  type: "data" in said ? "reasoning.encrypted" : "reasoning.text",
  ...said,
  format: THOUGHTS_FORMAT,
  index,
});
