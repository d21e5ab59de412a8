/** Anthropic, mounted at `/anthropic/v1`: messages with marks for the prompt's cache, their count, and models. */
import type { Company, Exchange } from "../../core/company.ts";
import { chatIn } from "../chat.ts";
import { sendRefusalIn, type Dialect } from "../answers/dialect.ts";
import { countPrompt } from "../tokens/prompt-tokens.ts";
import { chatCompany, json, type Route } from "./chat-company.ts";
import { capabilitiesOf } from "./anthropic-models.ts";
import { nameOf, own, readMessages } from "./anthropic-request.ts";
import { anthropicError, eventsOf, messageText } from "./anthropic-wire.ts";

const VERSION = "2023-06-01";

const dialect: Dialect = {
  idPrefix: "msg_",
  comment: "",
  done: `event: message_stop\ndata: {"type":"message_stop"}\n\n`,
  readChat: (rawBody) => readMessages(rawBody),
  chunks: (generation, behaviour) => eventsOf(generation, behaviour),
  json: messageText,
  headers: ({ id }) => ({ "request-id": `req_${id.slice(4)}` }),
  errorBody: anthropicError,
};

/** Every operation asks for the version of the protocol. */
const versioned =
  (route: Route): Route =>
  (exchange) =>
    exchange.headers["anthropic-version"] === VERSION
      ? route(exchange)
      : sendRefusalIn(dialect, exchange.res, {
          status: 400,
          message: "anthropic-version: header is required",
        });

async function countTokens(exchange: Exchange): Promise<void> {
  const chat = readMessages(exchange.rawBody, false);
  if ("refusal" in chat) return sendRefusalIn(dialect, exchange.res, chat.refusal);
  // Counting keeps nothing.
  const { mark: _mark, ...plain } = chat;
  const { prompt } = await countPrompt(exchange.world, plain);
  json(exchange, { input_tokens: prompt });
}

export const anthropic: Company = chatCompany({
  name: "anthropic",
  keyPrefix: "sk-ant-sandbox-",
  keyHeader: "x-api-key",
  basePath: "/v1",
  chat: "/v1/messages",
  dialect,
  routes: {
    "POST /v1/messages": versioned((exchange) => chatIn(dialect, exchange)),
    "POST /v1/messages/count_tokens": versioned(countTokens),
    "GET /v1/models": versioned((exchange) => {
      const data = own.map(({ id, name, created }) => ({
        type: "model",
        id: nameOf(id),
        display_name: name.replace(/^Anthropic: /, ""),
        created_at: new Date(created * 1_000).toISOString(),
        capabilities: capabilitiesOf(id),
      }));
      json(exchange, {
        data,
        has_more: false,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
      });
    }),
  },
});
