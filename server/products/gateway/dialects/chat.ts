/** OpenAI's chat, which the providers speak as well: nothing is translated. Pure. */
import type { ProblemKind } from "../../../platform/problem.ts";
import { readChat } from "../call/read-chat.ts";
import { endOfStream } from "../keys/kept-answer.ts";
import type { Dialect } from "./dialect.ts";

export const chatDialect: Dialect = {
  read: readChat,
  answer: (body) => body,
  voice: ({ chat }) => ({
    say: (event) => event,
    tail: (_usage, head) => (chat.wantsUsage ? head : null),
    breakOff: errorEvent,
  }),
  streamEnd: endOfStream,
};

/** OpenAI's envelope, as an event of a stream whose status is out. */
export function errorEvent({ title, code }: ProblemKind): Buffer {
  const error = { message: title, type: "server_error", param: null, code };
  return Buffer.from(`data: ${JSON.stringify({ error })}\n\n`);
}
