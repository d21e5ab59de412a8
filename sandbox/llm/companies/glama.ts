/**
 * Glama, mounted at `/glama/api/gateway`: chat that tells no usage, models as a bare array, and completion requests, which
 * tell usage and cost a little after the end.
 */
import type { Company, Exchange } from "../../core/company.ts";
import { findGeneration } from "../bills/bill.ts";
import { models } from "../models/models.ts";
import { formatUsd } from "../models/price.ts";
import { readChat } from "../request.ts";
import { chatCompany, json } from "./chat-company.ts";
import { openaiDialect } from "./openai.ts";

const PATH = "/api/gateway/v1/completion-requests";
/** How often a request is asked for in vain after its end. */
const LATE_BY = 2;

/** `GET /completion-requests/{id}`: without usage at first, as its books run late. */
function completionRequest(exchange: Exchange): void {
  const { world, path, fault } = exchange;
  const id = path.slice(PATH.length + 1);
  const found = fault?.fault === "lookup_404" ? null : findGeneration(world, id);
  if (found === null) return json(exchange, { error: { message: "Completion request not found" } }, 404);
  const key = `late ${id}`;
  const asked = Number(world.memory.get(key) ?? 0) + 1;
  world.memory.set(key, asked);
  const known = asked > LATE_BY;
  const { counts, cost, model, createdMs } = found;
  json(exchange, {
    id,
    createdAt: new Date(createdMs).toISOString(),
    model,
    totalCostUsd: known ? formatUsd(cost) : null,
    tokenUsage: known
      ? {
          promptTokens: counts.prompt,
          completionTokens: counts.completion,
          cacheReadInputTokens: counts.cached,
          cacheCreationInputTokens: 0,
        }
      : null,
  });
}

export const glama: Company = chatCompany({
  name: "glama",
  keyPrefix: "glama-sandbox-",
  basePath: "/api/gateway",
  chat: "/api/gateway/openai/v1/chat/completions",
  dialect: openaiDialect(
    { own: false, cost: null, tells: false, onRequest: false },
    {
      idPrefix: "cmpl-",
      readChat: (rawBody) => readChat(rawBody),
      headers: ({ id }) => ({ "x-completion-request-id": id }),
    },
  ),
  routes: {
    [`GET ${PATH}/*`]: completionRequest,
    "GET /api/gateway/v1/models": (exchange) =>
      json(
        exchange,
        models.map((model) => ({
          id: model.id,
          maxTokensInput: model.contextLength,
          maxTokensOutput: model.maxCompletionTokens,
          capabilities: [
            ...(model.takesImages ? ["input:image"] : []),
            ...(model.cachesPrefixes ? ["caching"] : []),
          ],
          pricePerToken: {
            input: formatUsd(model.rates.prompt),
            output: formatUsd(model.rates.completion),
            cacheRead: formatUsd(model.rates.cacheRead),
          },
        })),
      ),
  },
});
