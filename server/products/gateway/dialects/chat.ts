/** OpenAI's chat, which the providers speak as well: nothing is translated. Pure. */
import type { ProblemKind } from "../../../platform/problem.ts";
import { chunkOf, type Usage } from "../../../vendors/llm/index.ts";
import { readChat } from "../call/read-chat.ts";
import { endOfStream, type Tail } from "../keys/kept-answer.ts";
import type { Dialect, Voice } from "./dialect.ts";
import { chatUsage } from "./usage.ts";

export const chatDialect: Dialect = {
  read: readChat,
  answer: (body) => body,
  voice: ({ chat }) => voiceOf(chat.wantsUsage),
  streamEnd: endOfStream,
};

function voiceOf(wantsUsage: boolean): Voice {
  let last: Buffer | null = null;
  return {
    readsAll: false,
    say: (event) => (last = event),
    tail: (usage, head) => (wantsUsage ? (head ?? usageHead(last, usage)) : null),
    breakOff: errorEvent,
  };
}

/** The usage chunk as the provider would have sent it, where its usage was found elsewhere. */
export function usageHead(last: Buffer | null, usage: Usage): Tail | null {
  const chunk = last && chunkOf(last);
  if (!chunk) return null;
  const { id, object, created, model } = chunk;
  return { id, object, created, model, usage: chatUsage(usage) };
}

/** OpenAI's envelope, as an event of a stream whose status is out. */
export function errorEvent({ title, code }: ProblemKind): Buffer {
  const error = { message: title, type: "server_error", param: null, code };
  return Buffer.from(`data: ${JSON.stringify({ error })}\n\n`);
}
