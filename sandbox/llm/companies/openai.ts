/** OpenAI, mounted at `/openai/v1`: chat, embeddings, transcriptions and models. */
import type { Company } from "../../core/company.ts";
import type { Dialect } from "../answers/dialect.ts";
import type { Refusal } from "../answers/errors.ts";
import { findModel, models, type Model } from "../models/models.ts";
import { isObject, readChat, type Chat } from "../request.ts";
import { chunksOf, DONE, jsonText, type Manner } from "../answers/wire.ts";
import { embedIn } from "../embeddings/embed.ts";
import { embeddingModels, findEmbeddingModel } from "../embeddings/models.ts";
import { findSoundModel, soundModels } from "../transcriptions/models.ts";
import { transcribeIn } from "../transcriptions/transcribe.ts";
import { chatCompany, json } from "./chat-company.ts";

const VENDOR = "openai/";
const MANNER: Manner = { own: false, cost: null, tells: true, onRequest: true };

const TYPES: Readonly<Record<number, string>> = {
  401: "invalid_request_error",
  402: "insufficient_quota",
  429: "requests",
  500: "server_error",
  502: "server_error",
  503: "server_error",
};

/** OpenAI's error body, which many speak. */
export const openaiError = ({ status, message }: Refusal): string =>
  JSON.stringify({
    error: { message, type: TYPES[status] ?? "invalid_request_error", param: null, code: null },
  });

/** OpenAI's models by OpenAI's names, and those that exist for tests. */
export function openaiModel(id: string): Model | null {
  const model = findModel(id.includes("/") ? id : `${VENDOR}${id}`);
  const own = id.includes("/") ? id.startsWith("sandbox/") : true;
  return own ? model : null;
}

/** Fields that OpenAI does not know and refuses, which others take. */
const UNKNOWN = ["usage", "provider", "transforms", "session_id", "holdfast", "top_k", "min_p", "top_a"];

export function readOpenaiChat(rawBody: Buffer): Chat | { refusal: Refusal } {
  const foreign = foreignField(rawBody);
  if (foreign !== null)
    return { refusal: { status: 400, message: `Unrecognized request argument supplied: ${foreign}` } };
  return readChat(rawBody, openaiModel);
}

function foreignField(rawBody: Buffer): string | null {
  try {
    const body: unknown = JSON.parse(rawBody.toString());
    return isObject(body) ? (UNKNOWN.find((name) => name in body) ?? foreignMember(body["messages"])) : null;
  } catch {
    return null; // Said in the reader's own words.
  }
}

/** Members of a message that others know. */
const UNKNOWN_MEMBERS = ["reasoning", "reasoning_content", "reasoning_details"];

function foreignMember(messages: unknown): string | null {
  for (const [at, message] of (Array.isArray(messages) ? (messages as unknown[]) : []).entries()) {
    const name = isObject(message) ? UNKNOWN_MEMBERS.find((each) => each in message) : undefined;
    if (name !== undefined) return `messages[${at}].${name}`;
  }
  return null;
}

/** Its way of speaking with another manner. */
export const openaiDialect = (manner: Manner, rest: Partial<Dialect> = {}): Dialect => ({
  idPrefix: "chatcmpl-",
  comment: "",
  done: DONE,
  readChat: readOpenaiChat,
  chunks(generation, behaviour, chat) {
    const tells = manner.tells && (!manner.onRequest || chat.wantsUsage);
    return chunksOf(generation, behaviour, { ...manner, tells });
  },
  json: (generation, plan, behaviour) => jsonText(generation, plan, behaviour, manner),
  headers: () => ({}),
  errorBody: openaiError,
  ...rest,
});

const dialect = openaiDialect(MANNER);

export const openai: Company = chatCompany({
  name: "openai",
  keyPrefix: "sk-sandbox-",
  basePath: "/v1",
  chat: "/v1/chat/completions",
  dialect,
  routes: {
    "POST /v1/embeddings": (exchange) =>
      embedIn({ dialect, find: (id) => findEmbeddingModel(`${VENDOR}${id}`), own: false }, exchange),
    "POST /v1/audio/transcriptions": (exchange) =>
      transcribeIn({ dialect, find: (id) => findSoundModel(`${VENDOR}${id}`) }, exchange),
    "GET /v1/models": (exchange) =>
      json(exchange, {
        object: "list",
        data: [...models, ...embeddingModels, ...soundModels]
          .filter(({ id }) => id.startsWith(VENDOR))
          .map(({ id, created }) => ({
            id: id.slice(VENDOR.length),
            object: "model",
            created,
            owned_by: "openai",
          })),
      }),
  },
});
