import type { Metrics } from "../../platform/telemetry/index.ts";

export type OpenRouterOptions = {
  apiKey: string;
  /** Without a slash at the end, e.g. https://openrouter.ai/api/v1. */
  baseUrl: string;
  /** Connections at most, one call each. */
  maxConnections: number;
  metrics: Metrics;
};

export type LanguageModels = {
  readonly name: "openrouter";
  close(): Promise<void>;
};

export function createOpenRouter(_options: OpenRouterOptions): LanguageModels {
  return { name: "openrouter", close: async () => {} };
}
