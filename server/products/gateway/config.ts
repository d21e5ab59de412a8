import { z } from "zod";
import { KINDS, type ProviderKind } from "../../vendors/llm/index.ts";
import type { ProviderSetting } from "./models/registry.ts";

const baseUrl = (kind: ProviderKind, company: string) =>
  z
    .url()
    .default(KINDS[kind].officialUrl ?? "")
    .transform((url) => url.replace(/\/+$/, ""))
    .describe(`where ${company} is reached`);
const key = (company: string) =>
  z.string().min(1).optional().describe(`key of ${company}; without it nothing is asked there`);

/** The gateway's slice of the environment. */
export const gatewayConfig = z.object({
  OPENROUTER_API_KEY: z.string().min(1).describe("key of the language-model provider"),
  OPENROUTER_BASE_URL: baseUrl("openrouter", "the provider"),
  OPENROUTER_MANAGEMENT_KEY: z
    .string()
    .min(1)
    .optional()
    .describe(
      "reads OpenRouter's figures of a day for the daily proof; without it single calls are looked up",
    ),
  OPENAI_API_KEY: key("OpenAI"),
  OPENAI_BASE_URL: baseUrl("openai", "OpenAI"),
  GLAMA_API_KEY: key("Glama"),
  GLAMA_BASE_URL: baseUrl("glama", "Glama"),
  ANTHROPIC_API_KEY: key("Anthropic"),
  ANTHROPIC_BASE_URL: baseUrl("anthropic", "Anthropic"),
  REQUESTY_API_KEY: key("Requesty"),
  REQUESTY_BASE_URL: baseUrl("requesty", "Requesty"),
  GATEWAY_HOLD_LEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(3)
    .max(3_600)
    .default(90)
    .describe("a call whose process died is settled this long after its last sign of life"),
  GATEWAY_MAX_UPSTREAM_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1_100)
    .describe("calls held open at the provider at once; further ones are answered 503"),
  GATEWAY_CACHE_HIT_COST_PERCENT: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe("what an answer from the cache costs, in percent of what it cost the first time"),
  GATEWAY_PROVIDER_CREDIT_LOW_USD: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(10)
    .describe("operators are told when a provider's account has less left to spend"),
  GATEWAY_MEMORY_MODEL: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      "model that reads what people said in calls with memory; the model that answered them if not set",
    ),
  GATEWAY_MEMORY_EMBEDDING_MODEL: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("embedding model that what is remembered is found by; by its words if not set"),
});

type Config = z.output<typeof gatewayConfig>;

/** What the environment says of `GatewayDeps`. */
export const gatewaySettings = (config: Config) => ({
  providers: providerSettings(config),
  holdLeaseSeconds: config.GATEWAY_HOLD_LEASE_SECONDS,
  maxOpenCalls: config.GATEWAY_MAX_UPSTREAM_CONNECTIONS,
  hitCostPercent: config.GATEWAY_CACHE_HIT_COST_PERCENT,
  lowCreditUsd: config.GATEWAY_PROVIDER_CREDIT_LOW_USD,
  memoryModel: config.GATEWAY_MEMORY_MODEL,
  memoryEmbeddingModel: config.GATEWAY_MEMORY_EMBEDDING_MODEL,
});

/** The providers that have a key in the environment. */
function providerSettings(config: Config): ProviderSetting[] {
  const all: [ProviderKind, string | undefined, string][] = [
    ["openrouter", config.OPENROUTER_API_KEY, config.OPENROUTER_BASE_URL],
    ["openai", config.OPENAI_API_KEY, config.OPENAI_BASE_URL],
    ["anthropic", config.ANTHROPIC_API_KEY, config.ANTHROPIC_BASE_URL],
    ["glama", config.GLAMA_API_KEY, config.GLAMA_BASE_URL],
    ["requesty", config.REQUESTY_API_KEY, config.REQUESTY_BASE_URL],
  ];
  const booksKey = config.OPENROUTER_MANAGEMENT_KEY;
  return all.flatMap(([kind, apiKey, baseUrl]) => {
    if (!apiKey) return [];
    const books = kind === "openrouter" && booksKey ? { booksKey } : {};
    return [{ id: kind, kind, apiKey, baseUrl, ...books }];
  });
}
