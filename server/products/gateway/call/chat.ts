/** A chat request as the gateway understands it, and how its fields are refused. Pure. */
import type { Container } from "../../../platform/sound/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";

export type Fields = Record<string, unknown>;

/** What the gateway itself makes a call for. */
export type Purpose = "compression" | "memory";

/** Where a call came in, or what it is for, as rows and metrics name it. */
export type Endpoint =
  | "audio/transcriptions"
  | "chat/completions"
  | "completions"
  | "embeddings"
  | "messages"
  | "responses"
  | Purpose;

/** What a model does. */
export type Task = "chat" | "embedding" | "transcription";

/** What is to be written down. */
export type Sound = {
  bytes: Buffer;
  container: Container;
  /** What is held for: whole seconds, or the most there may be where the file does not tell. */
  heldMs: number;
};

/** That it may search the web. */
export type Search = {
  /** Searches of one choice; where a provider makes as many as it likes, what it is asked not to exceed. */
  most: number;
  /** Where it is asked for. */
  pointer: string;
  /** `search_context_size`, `user_location{city, country, region, timezone}`, `allowed_domains`, `blocked_domains`, `max_results`. */
  options: Fields;
};

/** A call, as far as the gateway has to understand it. */
export type Chat = {
  endpoint: Endpoint;
  task: Task;
  /** What is asked of the provider; translated, where the caller's words are others. */
  body: Fields;
  /** `body` as JSON; the caller's own bytes where nothing was translated. */
  bytes: Buffer;
  /** The body names a field twice at its outermost level, so that readers may differ about it. */
  repeatsFields: boolean;
  model: string;
  stream: boolean;
  /** The caller wants to see usage in the stream. */
  wantsUsage: boolean;
  choices: number;
  /** The caller's bound on the answer; what is bounded here and not in `body` is put there for each provider. */
  maxTokens: number | null;
  /** Fields that are understood, and left out because no provider takes them. */
  dropped: readonly string[];
  /** It may search the web. */
  search?: Search;
  /** Where its prompt holds sound, and where it asks for a spoken answer. */
  hears?: string;
  speaks?: string;
  /** Of a transcription, whose `body` holds the fields beside it. */
  sound?: Sound;
  /** Thoughts are told so that they can be sent again, where its dialect tells them otherwise. */
  resendsThoughts?: true;
  /** What the answer repeats of what was asked, where its dialect does so. */
  echo?: Fields;
};

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function unpriced(pointer: string): never {
  throw new Problem(gatewayProblems.unpriced_feature, {
    errors: [{ pointer, detail: "adds a cost that has no price here" }],
  });
}

export function bad(pointer: string, detail: string): never {
  throw new Problem(common.invalid_input, { errors: [{ pointer, detail }] });
}

/** A line without which nobody may be asked, and the field that needs it. */
export type Need = { line: "webSearch" | "audioIn" | "audioOut"; pointer: string };

export function needsOf({ search, hears, speaks }: Pick<Chat, "search" | "hears" | "speaks">): Need[] {
  const needs: Need[] = [];
  if (search) needs.push({ line: "webSearch", pointer: search.pointer });
  if (hears !== undefined) needs.push({ line: "audioIn", pointer: hears });
  if (speaks !== undefined) needs.push({ line: "audioOut", pointer: speaks });
  return needs;
}
