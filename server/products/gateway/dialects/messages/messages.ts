/** Anthropic's messages, over any chat model. */
import type { Dialect } from "../dialect.ts";
import { answerOf } from "./answer.ts";
import { readMessages } from "./read.ts";
import { MessagesVoice, streamEnd } from "./stream.ts";

export const messagesDialect: Dialect = {
  read: (bytes) => readMessages(bytes),
  answer: answerOf,
  voice: (told) => new MessagesVoice(told),
  streamEnd,
};
