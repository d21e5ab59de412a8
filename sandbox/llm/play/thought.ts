/** What a model thinks before it answers. It is a part of the answer, in its tokens and on its bill. */
import { hash } from "node:crypto";
import { piecesOf } from "../tokens/tokens.ts";

export type Thinks = {
  /** Tokens at most; null: as many as it likes. */
  budget: number | null;
  /** The text stays with the company. */
  omitted?: boolean;
  /** A part of it is told sealed. */
  redacted?: string;
};

type Body = Record<string, unknown>;
const isObject = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const THINKER = "sandbox/reasoning";

/** As OpenRouter is asked for it; null where nothing is thought. */
export function readThinks(body: Body, model: string): Thinks | null {
  if (model !== THINKER) return null;
  const given = isObject(body["reasoning"]) ? body["reasoning"] : {};
  const { enabled, max_tokens: budget, effort = body["reasoning_effort"] } = given;
  if (enabled === false || effort === "none") return null;
  if (budget === undefined && effort === undefined && enabled !== true) return null;
  return { budget: Number.isSafeInteger(budget) ? Number(budget) : null };
}

const MOST_OF_PROMPT = 200;

const thoughtOf = (prompt: string): string =>
  `I am asked this: ${prompt.slice(0, MOST_OF_PROMPT)}. First I look at what was said, then at what is wanted, and ` +
  `whether a tool tells more than I know. After that I answer in as few words as will do.`;

/** What is thought of `prompt` within `room` tokens, in pieces, each with the tokens that it stands for. */
export function thoughtFor(thinks: Thinks, prompt: string, room: number): Thought {
  const most = Math.min(thinks.budget ?? room, room);
  const pieces = piecesOf(thoughtOf(prompt)).map(({ text, tokens }) => ({
    tokens,
    text: thinks.omitted ? "" : text,
  }));
  const fitting: { text: string; tokens: number }[] = [];
  let tokens = 0;
  for (const piece of pieces) {
    if (tokens + piece.tokens > most) break;
    tokens += piece.tokens;
    fitting.push(piece);
  }
  const sealed = thinks.redacted !== undefined && tokens < most ? thinks.redacted : null;
  return { pieces: fitting, sealed, tokens: tokens + (sealed === null ? 0 : 1) };
}

export type Thought = {
  pieces: readonly { text: string; tokens: number }[];
  sealed: string | null;
  tokens: number;
};

/** As a plan has them. */
type Drawn = { deltas: readonly string[]; tokensAfter: readonly number[]; message: string };

/** The answer after its thought. */
export function afterThought<P extends Drawn>(
  plan: P,
  { pieces, sealed, tokens }: Thought,
): P & { thought: number } {
  const details = (text: string) => [{ type: "reasoning.text", text, format: "unknown", index: 0 }];
  const told = (reasoning: string) => ({ reasoning, reasoning_details: details(reasoning) });
  const deltas = pieces.map(({ text }) => JSON.stringify({ role: "assistant", content: "", ...told(text) }));
  let sum = 0;
  const counts = pieces.map((piece) => (sum += piece.tokens));
  if (sealed !== null) {
    deltas.push(JSON.stringify({ sealed }));
    counts.push(tokens);
  }
  const whole = pieces.map(({ text }) => text).join("");
  const message = {
    ...(JSON.parse(plan.message) as Body),
    ...told(whole),
    ...(sealed !== null && { sealed }),
  };
  return {
    ...plan,
    deltas: [...deltas, ...plan.deltas],
    tokensAfter: [...counts, ...plan.tokensAfter.map((after) => after + tokens)],
    message: JSON.stringify(message),
    thought: tokens,
  };
}

/** Who has this knows that the text came from here. */
export const signatureOf = (text: string): string => hash("sha256", `sandbox thought\n${text}`, "base64");

/** A part of a thought that only who sealed it can read. */
export const seal = (text: string): string =>
  Buffer.from(JSON.stringify({ text, signature: signatureOf(text) })).toString("base64");

/** Null for what was sealed by nobody here. */
export function opened(data: string): string | null {
  try {
    const read: unknown = JSON.parse(Buffer.from(data, "base64").toString());
    return isObject(read) && read["signature"] === signatureOf(String(read["text"]))
      ? String(read["text"])
      : null;
  } catch {
    return null;
  }
}

export const isSealed = (data: string): boolean => opened(data) !== null;
