/** Turns an answer into what will be streamed: one delta per token, with the tokens it stands for. */
import { hash } from "node:crypto";
import type { World } from "../../core/company.ts";
import { answer, MAX_ANSWER } from "../answers/answer.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Chat } from "../request.ts";
import { afterThought, thoughtFor } from "./thought.ts";
import { SPOKEN_PER_TOKEN, spokenData } from "./sound.ts";
import { annotationsOf, pagesOf } from "./search.ts";
import { piecesOf, type Piece } from "../tokens/tokens.ts";

export type Plan = {
  /** The `delta` of each content as JSON text. */
  deltas: readonly string[];
  /** Completion tokens after each content. */
  tokensAfter: readonly number[];
  /** The whole `message` of a JSON answer, as JSON text. */
  message: string;
  /** Members of the last delta of a stream, beside its empty text. */
  last: Readonly<Record<string, unknown>>;
  finish: "stop" | "length" | "tool_calls";
  nativeFinish: string;
  /** Milliseconds between tokens that the prompt asked for (`sandbox/long`), or null. */
  gapMs: number | null;
  /** Tokens of what is thought first. */
  thought?: number;
};

const NATIVE: Readonly<Record<string, Readonly<Record<Plan["finish"], string>>>> = {
  Anthropic: { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" },
};

/** Each is one token when it follows a space; a long answer is a walk through them. */
const LONG_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const DEFAULT_LONG = 200;
const DEFAULT_GAP_MS = 5;
/** Said when a fault tears characters apart, so that there are some. */
const MULTIBYTE = "Voilà ✓ 日本語 🎉 ";

function numberIn(text: string, name: string, otherwise: number): number {
  const match = new RegExp(`\\b${name}=(\\d{1,7})\\b`).exec(text);
  return match?.[1] === undefined ? otherwise : Number(match[1]);
}

function longPieces(count: number): Piece[] {
  return Array.from({ length: count }, (_, at) => ({ text: ` ${LONG_WORDS[at % 10] ?? ""}`, tokens: 1 }));
}

/** Cuts at the first stop sequence, which itself is not said. */
function cutAtStop(text: string, stops: readonly string[]): string {
  const at = stops.map((stop) => text.indexOf(stop)).filter((found) => found >= 0);
  return at.length === 0 ? text : text.slice(0, Math.min(...at));
}

/** The pieces that fit into `room` tokens. */
function fitInto(pieces: readonly Piece[], room: number): { fitting: readonly Piece[]; cut: boolean } {
  let tokens = 0;
  for (const [at, piece] of pieces.entries()) {
    tokens += piece.tokens;
    if (tokens > room) return { fitting: pieces.slice(0, at), cut: true };
  }
  return { fitting: pieces, cut: false };
}

function running(pieces: readonly Piece[], start: number): number[] {
  let sum = start;
  return pieces.map((piece) => (sum += piece.tokens));
}

type Bare = Omit<Plan, "nativeFinish" | "last">;

function textPlan(pieces: readonly Piece[], room: number, gapMs: number | null): Bare {
  const { fitting, cut } = fitInto(pieces, room);
  return {
    deltas: fitting.map((piece) => `{"role":"assistant","content":${JSON.stringify(piece.text)}}`),
    tokensAfter: running(fitting, 0),
    message: JSON.stringify({
      role: "assistant",
      content: fitting.map((piece) => piece.text).join(""),
      refusal: null,
      reasoning: null,
    }),
    finish: cut ? "length" : "stop",
    gapMs,
  };
}

function toolPlan(tool: { name: string; args: string }, id: string, room: number): Bare {
  const head = piecesOf(tool.name).reduce((sum, piece) => sum + piece.tokens, 2);
  const { fitting, cut } = fitInto(piecesOf(tool.args), Math.max(room - head, 0));
  const opening = {
    role: "assistant",
    content: null,
    tool_calls: [{ index: 0, id, type: "function", function: { name: tool.name, arguments: "" } }],
  };
  const args = fitting.map((piece) => piece.text).join("");
  const call = { index: 0, id, type: "function", function: { name: tool.name, arguments: args } };
  return {
    deltas: [
      JSON.stringify(opening),
      ...fitting.map(
        (piece) => `{"tool_calls":[{"index":0,"function":{"arguments":${JSON.stringify(piece.text)}}}]}`,
      ),
    ],
    tokensAfter: [head, ...running(fitting, head)],
    message: JSON.stringify({
      role: "assistant",
      content: null,
      refusal: null,
      reasoning: null,
      tool_calls: [call],
    }),
    finish: cut ? "length" : "tool_calls",
    gapMs: null,
  };
}

/** The same said aloud: the text is its transcript. Each piece takes more tokens, so that fewer have room. */
function spokenPlan(pieces: readonly Piece[], room: number, id: string): Bare {
  const times = SPOKEN_PER_TOKEN + 1;
  const spoken = pieces.map(({ text, tokens }) => ({ text, tokens: tokens * times }));
  const { fitting, cut } = fitInto(spoken, room);
  const audioOf = (text: string, tokens: number) => ({
    id,
    transcript: text,
    data: spokenData(tokens / times),
  });
  const all = running(fitting, 0);
  const whole = audioOf(fitting.map(({ text }) => text).join(""), all.at(-1) ?? 0);
  return {
    deltas: fitting.map(({ text, tokens }) =>
      JSON.stringify({ role: "assistant", audio: audioOf(text, tokens) }),
    ),
    tokensAfter: all,
    message: JSON.stringify({
      role: "assistant",
      content: null,
      refusal: null,
      audio: { ...whole, expires_at: EXPIRES_AT },
    }),
    finish: cut ? "length" : "stop",
    gapMs: null,
  };
}
const EXPIRES_AT = 2_000_000_000;

/** `room`: tokens the answer may have, by the caller's maximum, the model's and its window. */
export function makePlan(world: World, chat: Chat, behaviour: Behaviour, room: number): Plan {
  const whole = Math.min(room, behaviour.lengthAt ?? room);
  const prompt =
    chat.messages.findLast((message) => message.role === "user")?.text.slice(0, MAX_ANSWER) ?? "";
  const thought = chat.thinks && !behaviour.silent ? thoughtFor(chat.thinks, prompt, whole) : null;
  const limit = whole - (thought?.tokens ?? 0);
  const plan = (): Bare => {
    if (behaviour.silent) return textPlan([], limit, null);
    if (chat.model.id === "sandbox/long") {
      const count = Math.min(numberIn(prompt, "tokens", DEFAULT_LONG), limit + 1);
      return textPlan(longPieces(count), limit, numberIn(prompt, "gap", DEFAULT_GAP_MS));
    }
    const said = answer(world.seed, chat);
    if ("tool" in said) {
      const id = `call_${hash("sha1", `${world.seed}\n${said.tool.name}\n${said.tool.args}`).slice(0, 24)}`;
      return toolPlan(said.tool, id, limit);
    }
    const text = cutAtStop(behaviour.splitUtf8 ? MULTIBYTE + said.text : said.text, chat.stop);
    const pieces = piecesOf(text);
    if (chat.speaks) return spokenPlan(pieces, limit, `audio_${hash("sha1", text).slice(0, 24)}`);
    // A model that must stop early always has more to say.
    const more = behaviour.lengthAt === null ? [] : longPieces(behaviour.lengthAt);
    return textPlan(more.length === 0 ? pieces : [...pieces, ...more, ...longPieces(1)], limit, null);
  };
  const made = thought === null ? plan() : afterThought(plan(), thought);
  return { ...made, last: {}, nativeFinish: NATIVE[chat.model.provider]?.[made.finish] ?? made.finish };
}

/** The same with the pages that were found. */
export function withPages(plan: Plan, searches: number): Plan {
  const message = JSON.parse(plan.message) as { content: string | null };
  const annotations = annotationsOf(pagesOf(searches), message.content?.length ?? 0);
  if (annotations.length === 0 || message.content === null) return plan;
  return { ...plan, last: { annotations }, message: JSON.stringify({ ...message, annotations }) };
}
