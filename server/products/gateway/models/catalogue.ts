/** The models that can be called, and who serves them at what price. Pure. */
import { formatAtto, formatScaled } from "../../../platform/money.ts";
import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import type { LanguageModels, ProviderKind, ThinkingWays } from "../../../vendors/llm/index.ts";
import type { Timeouts } from "../call/relay/timeouts.ts";
import type { Health } from "../routing/health/health.ts";
import { dearest, parsePrice, type Price, type PriceText } from "./price.ts";
import type { OwnKeyId } from "../own-keys/own-key.ts";
import { linesIn, type PriceColumns } from "./lines.ts";
import type { LineRow, ModelRow } from "./store.ts";

/** Somebody who serves models. */
export type Provider = {
  id: string;
  kind: ProviderKind;
  llm: LanguageModels;
  enabled: boolean;
  costBasis: "provider" | "table";
  /** What becomes of a call whose caller left: cut, or read to its end. */
  onDisconnect: "abort" | "drain";
  /** Its own deadlines, in ms; null: those of all. */
  timeouts: Partial<Timeouts> | null;
};

/** One provider's offer of one model. */
export type Candidate = {
  provider: Provider;
  model: PricedModel;
  /** What the provider calls the model. */
  upstreamModel: string;
  price: Price;
  /** The standing price as OpenRouter's `provider.max_price`, as JSON: nobody dearer may serve the call. */
  maxPrice: string;
  /** How it may be asked to think; null where nobody told. */
  thinking: ThinkingWays | null;
  /** The most that it says in one answer. */
  maxOutputTokens: number;
  health: Health;
  /** The organization's key by which it is asked; null: the installation's. */
  ownKey: OwnKeyId | null;
  /** The way of a call that can go nowhere else. */
  route: Route;
};

export type Route = {
  /** What the call is bounded by: the dearest of its candidates. */
  model: PricedModel;
  /** Who may serve it, the best first; never empty. */
  candidates: readonly [Candidate, ...Candidate[]];
  /** Why the first is first. */
  why: string;
};

export type Model = {
  id: string;
  row: ModelRow;
  contextLength: number;
  maxOutputTokens: number;
  /** The most an image can count; null where the model takes none. */
  imageTokens: number | null;
  /** The same of a part of sound. */
  audioTokens: number | null;
  /** Null while it has no active price: listed nowhere, refused with a reason. Else the dearest of its candidates. */
  price: Price | null;
  /** By the ids of their providers. */
  candidates: readonly Candidate[];
};

export type Catalogue = {
  models: ReadonlyMap<string, Model>;
  /** By their other ids. */
  aliases: ReadonlyMap<string, Model>;
};

/** A model that can be called. */
export type PricedModel = Model & { price: Price };

export type CatalogueRows = { models: readonly ModelRow[]; lines: readonly LineRow[] };

const MILLION = 1_000_000n;

/** `health` of a provider's model outlives the catalogue. */
export function buildCatalogue(
  rows: CatalogueRows,
  providers: ReadonlyMap<string, Provider>,
  health: (provider: string, model: string) => Health,
): Catalogue {
  const lines = Map.groupBy(rows.lines, ({ model }) => model);
  const models = rows.models.map((row) => modelOf(row, lines.get(row.id) ?? [], providers, health));
  return {
    models: new Map(models.map((model) => [model.id, model])),
    aliases: new Map(models.flatMap((model) => model.row.aliases.map((alias) => [alias, model] as const))),
  };
}

function modelOf(
  row: ModelRow,
  all: readonly LineRow[],
  providers: ReadonlyMap<string, Provider>,
  health: (provider: string, model: string) => Health,
): Model {
  const lines = all.filter(({ provider }) => providers.get(provider)?.enabled === true);
  const model: Model = {
    id: row.id,
    row,
    contextLength: Math.max(0, ...lines.map((line) => line.context_length)),
    maxOutputTokens: Math.max(0, ...lines.map((line) => line.max_output_tokens)),
    imageTokens: row.image_tokens,
    audioTokens: row.audio_tokens,
    price: null,
    candidates: [],
  };
  if (lines.length === 0) return model;
  const priced = Object.assign(model, { price: dearest(lines.map((line) => priceOf(line, providers))) });
  priced.candidates = lines.map((line) => candidateOf(line, priced, providers, health));
  return priced;
}

/** By its id or another that an operator gave it. */
export const findModel = (catalogue: Catalogue, id: string): Model | undefined =>
  catalogue.models.get(id) ?? catalogue.aliases.get(id);

export const isAllowed = (allowed: readonly string[], id: string): boolean =>
  allowed.length === 0 || allowed.includes(id);

/** The model to call. 404 for one that is not listed or not allowed, 400 for one without a price. */
export function chooseModel(catalogue: Catalogue, id: string, allowed: readonly string[] = []): PricedModel {
  const model = findModel(catalogue, id);
  if (!model || model.row.paused || !isAllowed(allowed, model.id))
    throw new Problem(gatewayProblems.model_not_found);
  if (!model.price) throw new Problem(gatewayProblems.price_unknown);
  return model as PricedModel;
}

const priceOf = (line: LineRow, providers: ReadonlyMap<string, Provider>): Price =>
  parsePrice(line.version, textOf(line), providers.get(line.provider)?.costBasis === "table");

/** What of a line is its price. */
export type PricedLine = PriceColumns & Pick<LineRow, "tiers" | "markup_percent">;

export const textOf = (line: PricedLine): PriceText => ({
  ...linesIn(line),
  tiers: line.tiers,
  markup_percent: line.markup_percent,
});

const perMillion = (atto: bigint): string => formatScaled(atto * MILLION, 18);

/** The dearest of these, as OpenRouter's `provider.max_price`: of tokens per million, of an image and a request each. */
export function maxPriceOf(prices: readonly Price[]): string {
  const most = (line: "input" | "output" | "image" | "request") =>
    prices.map(({ base }) => base[line] ?? 0n).reduce((a, b) => (a > b ? a : b));
  const [image, request] = [most("image"), most("request")];
  const pieces = `${image > 0n ? `,"image":${formatAtto(image)}` : ""}${request > 0n ? `,"request":${formatAtto(request)}` : ""}`;
  return `{"prompt":${perMillion(most("input"))},"completion":${perMillion(most("output"))}${pieces}}`;
}

function candidateOf(
  line: LineRow,
  model: PricedModel,
  providers: ReadonlyMap<string, Provider>,
  health: (provider: string, model: string) => Health,
): Candidate {
  const price = priceOf(line, providers);
  const candidate = {
    provider: providers.get(line.provider) as Provider,
    model,
    upstreamModel: line.upstream_model ?? line.model,
    price,
    maxPrice: maxPriceOf([price]),
    thinking: line.thinking ?? null,
    maxOutputTokens: line.max_output_tokens,
    health: health(line.provider, line.model),
    ownKey: null,
  };
  const sole = {
    ...model,
    price,
    contextLength: line.context_length,
    maxOutputTokens: line.max_output_tokens,
  };
  const whole: Candidate = Object.assign(candidate, { route: undefined as unknown as Route });
  whole.route = { model: sole, candidates: [whole], why: "only" };
  return whole;
}
