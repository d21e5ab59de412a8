/** How a caller asks for a call and is told its answer. What lies between, from hold to settlement, is the same for all. */
import type { ProblemKind } from "../../../platform/problem.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import type { Chat } from "../call/chat.ts";
import type { Tail, ToldCost } from "../keys/kept-answer.ts";

/** What an answer is told of. */
export type Told = { chat: Chat; requestId: string; now: Date };

export type Dialect = {
  /** Reads the exact bytes of a body; 400 with the field at fault. */
  read(bytes: unknown): Chat | Promise<Chat>;
  /** The whole answer, from the provider's. `usage` is what is charged for. */
  answer(body: Buffer, told: Told, usage: Usage): Buffer;
  /** Of the whole answer, once the call was read; JSON where it is left out. */
  mediaType?(): string;
  /** For one stream. */
  voice(told: Told): Voice;
  /** The end of a complete stream, with what it cost; null while that is not known. */
  streamEnd(cost: ToldCost | null, tail: Tail | null): Buffer;
};

/** Tells one stream. It hears only the attempt that brings content, from its first event on. */
export type Voice = {
  /** Each event is translated, so one that cannot be read breaks the stream; else those that bring text alone pass unread. */
  readonly readsAll: boolean;
  /** What the caller gets of one event of the provider's chat; null for nothing. Usage was taken out of it. */
  say(event: Buffer): Buffer | null;
  /** What is kept to write the end by, once everything was said. `head`: the provider's usage chunk, where one came. */
  tail(usage: Usage, head: Record<string, unknown> | null): Tail | null;
  /** The end of a stream that broke. */
  breakOff(kind: ProblemKind): Buffer;
};
