/** OpenAI's responses, over any chat model; nothing is kept between calls. */
import type { Dialect } from "../dialect.ts";
import { answerOf } from "./answer.ts";
import { readResponse } from "./read.ts";
import { ResponsesVoice, streamEnd } from "./stream.ts";

export const responsesDialect: Dialect = {
  read: readResponse,
  answer: answerOf,
  voice: (told) => new ResponsesVoice(told),
  streamEnd,
};
