/** Requesty, mounted at `/requesty/v1`: chat with the cost in `usage.total_cost`, and models with prices. */
import type { Company } from "../../core/company.ts";
import { formatUsd } from "../models/price.ts";
import { models } from "../models/models.ts";
import { readChat } from "../request.ts";
import { chatCompany, json } from "./chat-company.ts";
import { openaiDialect } from "./openai.ts";

export const requesty: Company = chatCompany({
  name: "requesty",
  keyPrefix: "rqsty-sk-sandbox-",
  basePath: "/v1",
  chat: "/v1/chat/completions",
  dialect: openaiDialect(
    { own: false, cost: "total_cost", tells: true, onRequest: true },
    { readChat: (rawBody) => readChat(rawBody) },
  ),
  routes: {
    "GET /v1/models": (exchange) =>
      json(exchange, {
        object: "list",
        data: models.map((model) => ({
          id: model.id,
          object: "model",
          created: model.created,
          owned_by: "system",
          input_price: Number(formatUsd(model.rates.prompt)),
          output_price: Number(formatUsd(model.rates.completion)),
          cached_price: Number(formatUsd(model.rates.cacheRead)),
          context_window: model.contextLength,
          max_output_tokens: model.maxCompletionTokens,
          supports_caching: model.cachesPrefixes,
          supports_vision: model.takesImages,
          description: model.name,
        })),
      }),
  },
});
