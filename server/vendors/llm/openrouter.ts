import { Pool } from "undici";
import { CallHandler, type CallListener, type OpenCall } from "./open-call.ts";
import { readGeneration, type Usage } from "./usage.ts";

export type OpenRouterOptions = {
  apiKey: string;
  /** Without a slash at the end, e.g. https://openrouter.ai/api/v1. */
  baseUrl: string;
  /** Connections at most, one call each. */
  maxConnections: number;
};

/** What the provider's books say of one generation. `unknown` may still become `found` shortly after its end. */
export type Lookup = { state: "found"; usage: Usage } | { state: "unknown" } | { state: "unavailable" };

export type LanguageModels = {
  readonly name: "openrouter";
  /** True where calls cost real money; a test credential must not reach it. */
  readonly live: boolean;
  /** Sends a chat body as it is. */
  chat(body: Buffer, listener: CallListener): OpenCall;
  /** Asks for the usage and cost of a generation; never throws. */
  generation(id: string): Promise<Lookup>;
  close(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 5_000;
const LOOKUP_TIMEOUT_MS = 5_000;
const LOOKUP_CONNECTIONS = 16;
const LIVE_HOST = "openrouter.ai";

/** A client of OpenRouter, or of whoever speaks like it under `baseUrl`. */
export function createOpenRouter({ apiKey, baseUrl, maxConnections }: OpenRouterOptions): LanguageModels {
  const { origin, pathname, hostname } = new URL(baseUrl);
  const base = {
    pipelining: 1,
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // The caller's deadlines are stricter and know what has arrived.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const calls = new Pool(origin, { ...base, connections: maxConnections });
  // Of their own, so that a look-up never waits behind open streams.
  const lookups = new Pool(origin, { ...base, connections: LOOKUP_CONNECTIONS });
  const headers = {
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
    "user-agent": "holdfast",
  };

  return {
    name: "openrouter",
    live: hostname === LIVE_HOST || hostname.endsWith(`.${LIVE_HOST}`),
    chat(body, listener) {
      const call = new CallHandler(listener);
      calls.dispatch({ method: "POST", path: `${pathname}/chat/completions`, headers, body }, call);
      return call;
    },
    async generation(id) {
      try {
        const answer = await lookups.request({
          method: "GET",
          path: `${pathname}/generation?id=${encodeURIComponent(id)}`,
          headers,
          signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS),
        });
        const body: unknown = await answer.body.json().catch(() => null);
        if (answer.statusCode === 404) return { state: "unknown" };
        const usage = answer.statusCode === 200 ? readGeneration(body) : null;
        return usage === null ? { state: "unavailable" } : { state: "found", usage };
      } catch {
        // Whatever went wrong, the books were not read; the caller asks again.
        return { state: "unavailable" };
      }
    },
    async close() {
      await Promise.all([calls.destroy(), lookups.destroy()]);
    },
  };
}
