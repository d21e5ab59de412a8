/** OpenAI's chat, which the providers speak as well: nothing is translated. Pure. */
import type { ProblemKind } from "../../../platform/problem.ts";
import { chunkOf, type Usage } from "../../../vendors/llm/index.ts";
import { readChat } from "../call/read-chat.ts";
import { endOfStream, type Tail } from "../keys/kept-answer.ts";
import type { Dialect, Voice } from "./dialect.ts";
import { chatUsage } from "./usage.ts";

export const chatDialect: Dialect = {
  read: readChat,
  answer: (body, _told, usage) => withUsage(body, usage),
  voice: ({ chat }) => voiceOf(chat.wantsUsage),
  streamEnd: endOfStream,
};

const CLOSE_OBJECT = 125;

/** The provider's own answer; where it tells no usage in it, with what was found elsewhere. */
function withUsage(body: Buffer, usage: Usage): Buffer {
  const told = chatUsage(usage);
  if (told.total_tokens === 0 || body.includes('"usage"')) return body;
  const end = body.lastIndexOf(CLOSE_OBJECT);
  return Buffer.concat([body.subarray(0, end), Buffer.from(`,"usage":${JSON.stringify(told)}}`)]);
}

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
