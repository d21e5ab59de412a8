/**
 * Price lists as files have them: models.dev (USD per million tokens, by provider), LiteLLM (USD per token) and Langfuse (USD
 * per token, by tier). Pure. Where longer prompts cost more the dearest tier counts, so that no call is sold under its cost.
 */
import { formatAtto, parseAtto } from "../../../platform/money.ts";

export const FORMATS = ["models.dev", "litellm", "langfuse"] as const;
export type Format = (typeof FORMATS)[number];

/** Exact decimals in USD per token; null: the list does not say. */
export type FilePrice = {
  /** As the list calls it. */
  model: string;
  /** Whose model it is, where the list says so. */
  vendor: string | null;
  name: string;
  input: string;
  output: string;
  cacheRead: string | null;
  cacheWrite: string | null;
  cacheWrite1h: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
  /** Longer prompts cost more; these are the prices of the longest. */
  tiered: boolean;
};

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const asFields = (value: unknown): Fields => (isFields(value) ? value : {});
const asList = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const MILLION = 1_000_000n;

/** The prices of a file; null for what is no such file. `section`: the provider's part of it, where it has parts. */
export function readFile(format: Format, document: unknown, section?: string): FilePrice[] | null {
  if (format === "langfuse") return Array.isArray(document) ? asList(document).flatMap(ofLangfuse) : null;
  if (!isFields(document)) return null;
  return format === "litellm" ? ofLitellm(document, section) : ofModelsDev(document, section);
}

function ofModelsDev(document: Fields, section: string | undefined): FilePrice[] | null {
  const part = section === undefined ? document : document[section];
  const models = asFields(part)["models"];
  if (!isFields(models)) return null;
  return Object.entries(models).flatMap(([model, value]) => {
    const entry = asFields(value);
    const cost = asFields(entry["cost"]);
    const limit = asFields(entry["limit"]);
    const tiers = asList(cost["tiers"]);
    const all = [cost, ...tiers];
    return whole({
      model,
      vendor: section ?? null,
      name: textOr(entry["name"], model),
      input: dearest(all, ["input"], MILLION),
      output: dearest(all, ["output"], MILLION),
      cacheRead: dearest(all, ["cache_read"], MILLION),
      cacheWrite: dearest(all, ["cache_write"], MILLION),
      cacheWrite1h: null,
      contextLength: count(limit["context"]),
      maxOutputTokens: count(limit["output"]),
      tiered: tiers.length > 0,
    });
  });
}

const CHATS = new Set(["chat", "completion", "responses"]);
const TIER = /^(.+)_above_\d+k_tokens$/;

function ofLitellm(document: Fields, section: string | undefined): FilePrice[] {
  return Object.entries(document).flatMap(([model, value]) => {
    const entry = asFields(value);
    const vendor = entry["litellm_provider"];
    if (!CHATS.has(String(entry["mode"])) || (section !== undefined && vendor !== section)) return [];
    const withTiers = (line: string) => [
      line,
      ...Object.keys(entry).filter((name) => TIER.exec(name)?.[1] === line),
    ];
    const of = (line: string) => dearest([entry], withTiers(line), 1n);
    return whole({
      model,
      vendor: typeof vendor === "string" ? vendor : null,
      name: model,
      input: of("input_cost_per_token"),
      output: of("output_cost_per_token"),
      cacheRead: of("cache_read_input_token_cost"),
      cacheWrite: of("cache_creation_input_token_cost"),
      cacheWrite1h: of("cache_creation_input_token_cost_above_1hr"),
      contextLength: count(entry["max_input_tokens"] ?? entry["max_tokens"]),
      maxOutputTokens: count(entry["max_output_tokens"] ?? entry["max_tokens"]),
      tiered: Object.keys(entry).some((name) => TIER.test(name)),
    });
  });
}

function ofLangfuse(entry: Fields): FilePrice[] {
  const model = entry["modelName"];
  if (typeof model !== "string") return [];
  // Tiers of a quicker service are not asked for; those of longer prompts come by themselves.
  const tiers = asList(entry["pricingTiers"]).filter(({ conditions }) =>
    asList(conditions).every(({ source }) => source !== "model_parameters"),
  );
  const all = tiers.map(({ prices }) => asFields(prices));
  return whole({
    model,
    vendor: null,
    name: model,
    input: dearest(all, ["input", "input_tokens"], 1n),
    output: dearest(all, ["output", "output_tokens"], 1n),
    cacheRead: dearest(all, ["input_cache_read", "cache_read_input_tokens", "input_cached_tokens"], 1n),
    cacheWrite: dearest(
      all,
      ["input_cache_creation_5m", "input_cache_creation", "cache_creation_input_tokens"],
      1n,
    ),
    cacheWrite1h: dearest(all, ["input_cache_creation_1h"], 1n),
    contextLength: null,
    maxOutputTokens: null,
    tiered: tiers.length > 1,
  });
}

type Read = Omit<FilePrice, "input" | "output"> & { input: string | null; output: string | null };

/** A model without both prices is left out. */
const whole = ({ input, output, ...rest }: Read): FilePrice[] =>
  input === null || output === null ? [] : [{ ...rest, input, output }];

/** The highest of these lines in any of the tiers. */
function dearest(tiers: readonly Fields[], lines: readonly string[], per: bigint): string | null {
  let highest: bigint | null = null;
  for (const tier of tiers)
    for (const line of lines) {
      const atto = attoOf(tier[line], per);
      if (atto !== null && (highest === null || atto > highest)) highest = atto;
    }
  return highest === null ? null : formatAtto(highest);
}

/** Null for what is no price, or finer than can be kept. */
function attoOf(value: unknown, per: bigint): bigint | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  try {
    const atto = parseAtto(String(value));
    return atto < 0n || atto % per !== 0n ? null : atto / per;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const count = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;
const textOr = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value.trim() !== "" ? value.slice(0, 200) : otherwise;
