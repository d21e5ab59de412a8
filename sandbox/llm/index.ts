/**
 * OpenRouter on this machine, mounted at `/openrouter/api/v1`: models with prices, chat (JSON and SSE), the
 * lookup of a generation, the key and its credits, what was used per day.
 *
 * Owns: the wire protocol, the answers (fixed rules, a function of seed, model, messages and tools), token
 * counts, and the provider's own bill in table `openrouter_generations`. Invariants: what was generated is
 * billed before its last byte leaves; amounts are exact; the same seed and calls give the same bytes.
 */
import { hash } from "node:crypto";
import type { Company, Exchange, World } from "../core/company.ts";
import { getActivity } from "./bills/activity.ts";
import { FAULT_KINDS } from "./play/behaviour.ts";
import { billOf, listGenerations } from "./bills/bill.ts";
import { chatCompletions } from "./chat.ts";
import { connect, CONNECT_OPERATION } from "./connect.ts";
import { control } from "./control.ts";
import { openrouterDialect } from "./answers/dialect.ts";
import { embedIn } from "./embeddings/embed.ts";
import { embeddingModels, findEmbeddingModel } from "./embeddings/models.ts";
import { refusalOf, refuse, sendRefusal } from "./answers/errors.ts";
import { getCredits, getGeneration, getKey, listModels } from "./bills/lookups.ts";
import { formatUsd } from "./models/price.ts";

export { anthropic } from "./companies/anthropic.ts";
export { glama } from "./companies/glama.ts";
export { openai } from "./companies/openai.ts";
export { requesty } from "./companies/requesty.ts";

const ROUTES: Readonly<Record<string, (exchange: Exchange) => void | Promise<void>>> = {
  "GET /api/v1/models": listModels,
  "POST /api/v1/chat/completions": chatCompletions,
  "POST /api/v1/embeddings": (exchange) =>
    embedIn({ dialect: openrouterDialect, find: findEmbeddingModel, own: true }, exchange),
  "GET /api/v1/embeddings/models": listEmbeddingModels,
  "GET /api/v1/generation": getGeneration,
  "GET /api/v1/key": getKey,
  "GET /api/v1/credits": getCredits,
  "GET /api/v1/activity": (exchange) =>
    getActivity(exchange, {
      management: managementKeyOf(exchange.world),
      apiKey: keyOf(exchange.world, "openrouter"),
    }),
};

/** `GET /embeddings/models`: a list of its own, as at OpenRouter. */
function listEmbeddingModels({ res }: Exchange): void {
  const data = embeddingModels.map(({ id, name, created, contextLength, rates }) => ({
    id,
    canonical_slug: id,
    name,
    created,
    description: `${name}, answered by fixed rules on this machine.`,
    context_length: contextLength,
    architecture: {
      modality: "text->embeddings",
      input_modalities: ["text"],
      output_modalities: ["embeddings"],
      tokenizer: "GPT",
      instruct_type: null,
    },
    pricing: { prompt: formatUsd(rates.prompt), completion: "0" },
    top_provider: { context_length: contextLength, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [],
    default_parameters: {},
    supported_voices: null,
    links: { details: `/api/v1/models/${id}/endpoints` },
  }));
  res
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ data, total_count: data.length, links: { next: null } }));
}

/** Operations in OpenRouter's published document that this company could play. */
const OFFICIAL_OPERATIONS = 20;

/** `sk-or-v1-{world}-{hex}`; the hex part of a real key has 64 characters and no world before it. */
const KEY = /^Bearer sk-or-v1-([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)-[0-9a-f]{32}$/;

const keyOf = (world: Pick<World, "name" | "seed">, what: string): string =>
  `sk-or-v1-${world.name}-${hash("sha256", `${what}\n${world.seed}`).slice(0, 32)}`;
/** Reads the account's books; calls no model. */
const managementKeyOf = (world: Pick<World, "name" | "seed">): string =>
  keyOf(world, "openrouter management");

export const openrouter: Company = {
  name: "openrouter",
  faults: FAULT_KINDS,
  worldOf: (headers) => KEY.exec(headers.authorization ?? "")?.[1] ?? null,
  unauthorized(res, headers) {
    const message = headers.authorization === undefined ? "No auth credentials found" : "User not found.";
    sendRefusal(res, { status: 401, message });
  },
  handle(exchange) {
    const { method, path, res } = exchange;
    const route = ROUTES[`${method} ${path}`];
    if (route !== undefined) return Promise.resolve(route(exchange));
    const known = path.startsWith("/api/v1/");
    sendRefusal(res, known ? refusalOf(501, "not_implemented") : refuse(404, "Not Found").refusal);
    return Promise.resolve();
  },
  error: (res, status, kind) => sendRefusal(res, refusalOf(kind === "not_implemented" ? 501 : status, kind)),
  credentials: (world) => ({
    api_key: keyOf(world, "openrouter"),
    management_key: managementKeyOf(world),
    base_url: `${world.baseUrl}/openrouter/api/v1`,
  }),
  /** The price list is public at OpenRouter: without a credential it is answered all the same. */
  page(request) {
    const { method, path, query, headers, res } = request;
    if (connect(request)) return Promise.resolve(true);
    const open = method === "GET" && path === "/api/v1/models" && headers.authorization === undefined;
    if (open) listModels({ query, res });
    return Promise.resolve(open);
  },
  control,
  books: billOf,
  objects: (world, limit) =>
    listGenerations(world, limit).map((g) => ({
      kind: "generation",
      id: g.id,
      created: Math.floor(g.createdMs / 1000),
      state: g.state,
      text: `${g.model}, ${g.counts.prompt} + ${g.counts.completion} tokens, ${formatUsd(g.cost)} USD`,
      body: { ...g, cost: formatUsd(g.cost), promptCost: formatUsd(g.promptCost) },
    })),
  coverage: () => ({
    basis: "official",
    operations: { built: [...Object.keys(ROUTES), CONNECT_OPERATION], of: OFFICIAL_OPERATIONS },
    events: { built: [], of: 0 },
  }),
};
