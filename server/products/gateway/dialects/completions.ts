/**
 * OpenAI's completions from before there were chats, over any chat model: the prompt is what the user says, the answer's
 * text what the model says. Pure.
 */
import type { Chat } from "../call/chat.ts";
import {
  absent,
  checkPriced,
  integer,
  MAX_CHOICES,
  modelOf,
  objectOf,
  readBody,
  streamOf,
} from "../call/read-chat.ts";
import { chunkOf, type Usage } from "../../../vendors/llm/index.ts";
import { endOfStream } from "../keys/kept-answer.ts";
import { errorEvent, usageHead } from "./chat.ts";
import type { Dialect, Voice } from "./dialect.ts";
import { bad, isFields, listOf, namesOfRest, present, textOr, unpriced, type Fields } from "./fields.ts";
import { chatUsage } from "./usage.ts";

/** Said to the chat as they are. */
const SAME = [
  "temperature",
  "top_p",
  "stop",
  "n",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "user",
  "logit_bias",
  "provider",
  "holdfast",
];
const KNOWN = new Set([
  ...SAME,
  "model",
  "prompt",
  "max_tokens",
  "stream",
  "stream_options",
  "suffix",
  "echo",
  "best_of",
]);

export const completionsDialect: Dialect = {
  read: readCompletion,
  answer: answerOf,
  voice: ({ chat }) => voiceOf(chat.wantsUsage),
  streamEnd: endOfStream,
};

const OBJECT = "text_completion";

function voiceOf(wantsUsage: boolean): Voice {
  let last: Buffer | null = null;
  return {
    readsAll: true,
    say(event) {
      last = event;
      return eventOf(event);
    },
    tail(usage, head) {
      const told = wantsUsage ? (head ?? usageHead(last, usage)) : null;
      return told && { ...told, object: OBJECT };
    },
    breakOff: errorEvent,
  };
}

/** Reads the body of a completion; 400 with the field at fault. */
export function readCompletion(given: unknown): Chat {
  const { body } = readBody(given);
  const model = modelOf(body);
  const content = promptOf(body["prompt"]);
  checkPriced(body);
  if (!absent(body["suffix"]) && body["suffix"] !== "")
    bad("/suffix", "is not taken: chat models do not fill in");
  if (!absent(body["echo"]) && body["echo"] !== false) bad("/echo", "is not taken");
  const choices = integer(body, "n", MAX_CHOICES) ?? 1;
  if ((integer(body, "best_of") ?? 1) > choices) unpriced("/best_of");
  const options = objectOf(body, "stream_options");
  objectOf(body, "provider");
  const stream = streamOf(body);
  const asked: Fields = {
    model,
    messages: [{ role: "user", content }],
    ...present(body, SAME),
    ...(stream ? { stream } : {}),
  };
  return {
    endpoint: "completions",
    task: "chat",
    body: asked,
    bytes: Buffer.from(JSON.stringify(asked)),
    repeatsFields: false,
    model,
    stream,
    wantsUsage: options?.["include_usage"] === true,
    choices,
    maxTokens: integer(body, "max_tokens"),
    dropped: namesOfRest(body, KNOWN),
  };
}

/** One text; several prompts at once would be several calls. */
function promptOf(prompt: unknown): string {
  const [only, ...more] = Array.isArray(prompt) ? (prompt as unknown[]) : [prompt];
  if (more.length > 0) return bad("/prompt", "must be one text; call once for each prompt");
  if (typeof only !== "string" || only.length === 0) return bad("/prompt", "must be a text");
  return only;
}

function answerOf(body: Buffer, _told: unknown, usage: Usage): Buffer {
  const answer = JSON.parse(body.toString()) as Fields;
  const choices = listOf(answer["choices"]).map((choice, at) => {
    const message = isFields(choice["message"]) ? choice["message"] : {};
    return choiceOf(choice, at, textOr(message["content"], ""));
  });
  const told = isFields(answer["usage"]) ? answer["usage"] : chatUsage(usage);
  return Buffer.from(JSON.stringify({ ...headOf(answer), choices, usage: told }));
}

function eventOf(event: Buffer): Buffer | null {
  const chunk = chunkOf(event);
  const choices = listOf(chunk?.["choices"]).map((choice, at) => {
    const delta = isFields(choice["delta"]) ? choice["delta"] : {};
    return choiceOf(choice, at, textOr(delta["content"], ""));
  });
  if (!choices.some(({ text, finish_reason: finish }) => text !== "" || finish !== null)) return null;
  return Buffer.from(`data: ${JSON.stringify({ ...headOf(chunk ?? {}), choices })}\n\n`);
}

const headOf = ({ id, created, model }: Fields) => ({ id, object: OBJECT, created, model });

const choiceOf = (choice: Fields, at: number, text: string) => ({
  index: typeof choice["index"] === "number" ? choice["index"] : at,
  text,
  logprobs: null,
  finish_reason: textOr(choice["finish_reason"], null),
});
