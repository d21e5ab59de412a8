/** Where model calls come in, and how they are spoken there. */
import { chatDialect } from "./chat.ts";
import { completionsDialect } from "./completions.ts";
import type { Dialect } from "./dialect.ts";
import { embeddingsDialect } from "./embeddings.ts";
import { messagesDialect } from "./messages/messages.ts";
import { responsesDialect } from "./responses/responses.ts";

export const BASES = ["/v1", "/api/llm"] as const;

export type Door = { path: string; operation: string; summary: string; dialect: Dialect };

/** Those whose errors are in OpenAI's envelope. */
export const OPENAI_DOORS: readonly Door[] = [
  {
    path: "/chat/completions",
    operation: "createChatCompletion",
    summary: "Chat with a model, as JSON or as a stream",
    dialect: chatDialect,
  },
  {
    path: "/completions",
    operation: "createCompletion",
    summary: "Complete a prompt by a chat model, as JSON or as a stream",
    dialect: completionsDialect,
  },
  {
    path: "/embeddings",
    operation: "createEmbedding",
    summary: "Turn up to 2,048 texts into vectors",
    dialect: embeddingsDialect,
  },
  {
    path: "/responses",
    operation: "createResponse",
    summary: "Ask a model for a response, as JSON or as a stream; nothing is kept between calls",
    dialect: responsesDialect,
  },
];

export const MESSAGES: Door = {
  path: "/messages",
  operation: "createMessage",
  summary: "Chat with any model in Anthropic's words, as JSON or as a stream",
  dialect: messagesDialect,
};

const ALL = [...OPENAI_DOORS, MESSAGES];

/** Every path that costs credits. */
export const CALL_PATHS: readonly string[] = BASES.flatMap((base) => ALL.map(({ path }) => base + path));

/** How calls to one of these paths are read; undefined for any other path. */
export const dialectAt = (path: string): Dialect | undefined =>
  ALL.find((door) => BASES.some((base) => base + door.path === path))?.dialect;
