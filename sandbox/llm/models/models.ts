import rows from "./models.json" with { type: "json" };
import { parseUsd, type Override, type Rates } from "./price.ts";

/** One row of `models.json`, with its prices parsed. */
export type Model = {
  id: string;
  name: string;
  provider: string;
  tokenizer: string;
  created: number;
  contextLength: number;
  maxCompletionTokens: number;
  takesImages: boolean;
  /** Prompts of 1,024 tokens and more are read from cache when their beginning was seen in the last 5 minutes. */
  cachesPrefixes: boolean;
  rates: Rates;
  /** As `/models` answers it. */
  listing: Record<string, unknown>;
};

/** Charged by models whose listed price is "-1": what serves the call sets the price. */
const UNLISTED = { prompt: "0.000001", completion: "0.000002" };

const SUPPORTED = [
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "seed",
  "stop",
  "tools",
  "tool_choice",
  "response_format",
  "structured_outputs",
];

/** What the rows of the `sandbox/…` models leave out. */
const OWN = {
  provider: "Sandbox",
  tokenizer: "Other",
  created: 1_763_683_200,
  context_length: 32_768,
  max_completion_tokens: 8_192,
  images: false,
  caches_prefixes: false,
};

type Row = typeof OWN & {
  id: string;
  name: string;
  description?: string;
  pricing: {
    prompt: string;
    completion: string;
    input_cache_read?: string;
    input_cache_write?: string;
    input_cache_write_1h?: string;
    request?: string;
    image?: string;
    image_token?: string;
    audio?: string;
    audio_output?: string;
    web_search?: string;
    overrides?: Override[];
  };
};

/** Prices that only some models have. */
const OWN_PRICES = {
  cacheWrite1h: "input_cache_write_1h",
  request: "request",
  image: "image",
  imageToken: "image_token",
  audioIn: "audio",
  audioOut: "audio_output",
  webSearch: "web_search",
} as const satisfies Partial<Record<keyof Rates, keyof Row["pricing"]>>;

function ratesOf(row: Row): Rates {
  const { prompt, completion } = row.pricing.prompt === "-1" ? UNLISTED : row.pricing;
  return {
    prompt: parseUsd(prompt),
    completion: parseUsd(completion),
    cacheRead: parseUsd(row.pricing.input_cache_read ?? prompt),
    cacheWrite: parseUsd(row.pricing.input_cache_write ?? prompt),
    ...Object.fromEntries(
      Object.entries(OWN_PRICES).flatMap(([rate, name]) => {
        const usd = row.pricing[name];
        return usd === undefined ? [] : [[rate, parseUsd(usd)]];
      }),
    ),
    overrides: row.pricing.overrides ?? [],
  };
}

function listingOf(row: Row): Record<string, unknown> {
  const inputs = ["text", ...(row.images ? ["image"] : []), ...(row.pricing.audio ? ["audio"] : [])];
  const outputs = ["text", ...(row.pricing.audio_output ? ["audio"] : [])];
  return {
    id: row.id,
    canonical_slug: row.id,
    hugging_face_id: null,
    name: row.name,
    created: row.created,
    description: row.description ?? `${row.name}, answered by fixed rules on this machine.`,
    context_length: row.context_length,
    architecture: {
      modality: `${inputs.join("+")}->${outputs.join("+")}`,
      input_modalities: inputs,
      output_modalities: outputs,
      tokenizer: row.tokenizer,
      instruct_type: null,
    },
    pricing: row.pricing,
    top_provider: {
      context_length: row.context_length,
      max_completion_tokens: row.max_completion_tokens,
      is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: SUPPORTED,
    default_parameters: {},
    supported_voices: null,
    links: { details: `/api/v1/models/${row.id}/endpoints` },
  };
}

function modelOf(row: Row): Model {
  return {
    id: row.id,
    name: row.name,
    provider: row.provider,
    tokenizer: row.tokenizer,
    created: row.created,
    contextLength: row.context_length,
    maxCompletionTokens: row.max_completion_tokens,
    takesImages: row.images,
    cachesPrefixes: row.caches_prefixes,
    rates: ratesOf(row),
    listing: listingOf(row),
  };
}

/** Every model, in the order of `models.json`. */
export const models: readonly Model[] = rows.map((row) => modelOf({ ...OWN, ...row } as Row));

const byId = new Map(models.map((model) => [model.id, model]));

/** OpenRouter's variant suffixes (`:free`, `:nitro`, `:floor`) are not offered, so only exact ids are found. */
export function findModel(id: string): Model | null {
  return byId.get(id) ?? null;
}
