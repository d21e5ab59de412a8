/** Chooses who serves a call. Pure: equal state gives an equal choice. */
import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import { findModel, isAllowed } from "../models/catalogue.ts";
import type { Candidate, Catalogue, Model, PricedModel, Route } from "../models/catalogue.ts";
import { dearest, priceFor, reachable } from "../models/price.ts";
import { unpriced, type Need, type Task } from "../call/chat.ts";
import { withOwn, type Own } from "../own-keys/offers.ts";
import type { Routing } from "./routing.ts";

export type Wanted = {
  model: string;
  /** What it is asked to do; a chat unless told. */
  task?: Task;
  /** What the caller's key and its organization may call; an empty or absent list: everything. */
  allowed?: readonly (readonly string[] | null | undefined)[];
  mode: "test" | "live";
  /** In ms. */
  now: number;
  /** Of all that is asked; dearer prices of longer prompts are out of its reach. */
  promptBytes?: number;
  /** The wishes that count for it. */
  routing: Routing | null;
  /** Lines without which nobody is asked. */
  needs?: readonly Need[];
  /** The organization's own keys at providers; absent without any. */
  own?: Own | null;
};

/** Companies whose terms keep prompts out of training, or that are told so call by call. */
const KEEP_PRIVATE: ReadonlySet<string> = new Set(["openrouter", "openai", "anthropic"]);
const MILLION = 1_000_000n;

/**
 * 404 for a model that is not listed or not allowed, 400 for one without an active price or for what nobody sells of it, 503 when all who could serve it
 * are left out or not well.
 */
export function chooseRoute(catalogue: Catalogue, wanted: Wanted): Route {
  const { now } = wanted;
  const model = allowedModel(catalogue, wanted.model, wanted);
  if (!model) throw new Problem(gatewayProblems.model_not_found);
  if (model.row.task !== (wanted.task ?? "chat")) throw new Problem(gatewayProblems.wrong_endpoint);
  if (!model.price) throw new Problem(gatewayProblems.price_unknown);
  const unsold = wanted.needs?.find(
    (need) => !withOwn(model.candidates, wanted.own).some((each) => sells(each, need)),
  );
  if (unsold) unpriced(unsold.pointer);
  const [sole] = model.candidates;
  if (model.candidates.length === 1 && sole && wanted.routing === null && !wanted.own) {
    if (!reaches(sole, wanted)) throw unavailable(1_000);
    if (!sole.health.breaker.admits(now)) throw unavailable(sole.health.breaker.waitMs(now));
    return sole.route;
  }
  const wish: Routing = wanted.routing ?? {};
  const others = (wish.models ?? []).flatMap((id) => allowedModel(catalogue, id, wanted) ?? []);
  const models = [model, ...others.filter(({ row }) => row.task === model.row.task)];
  const possible = [...new Set(models)].map(({ candidates }) =>
    withOwn(candidates, wanted.own).filter((each) => reaches(each, wanted) && suits(each, wish, wanted)),
  );
  const well = possible.map((some) => some.filter(({ health }) => health.breaker.admits(now)));
  const sorted = well.flatMap((some) => sort(some, wish, now));
  const [first, ...rest] = wish.allow_fallbacks === false ? sorted.slice(0, 1) : sorted;
  if (!first) throw unavailable(soonest(possible.flat(), now));
  const candidates: Route["candidates"] = [first, ...rest];
  return { model: boundingModel(candidates), candidates, why: reason(first, sorted, wish) };
}

function allowedModel(
  catalogue: Catalogue,
  id: string,
  { allowed = [] }: Pick<Wanted, "allowed">,
): Model | null {
  const model = findModel(catalogue, id);
  if (!model || model.row.paused) return null;
  return allowed.every((list) => isAllowed(list ?? [], model.id)) ? model : null;
}

/** A test credential spends test credits, which must never buy a call that costs real money. */
const reaches = ({ provider: { llm } }: Candidate, { mode, task }: Pick<Wanted, "mode" | "task">): boolean =>
  (mode === "live" || !llm.live) &&
  (task !== "embedding" || llm.embeds) &&
  (task !== "transcription" || llm.transcribes);

/** What has no price is not asked for; by an organization's own key nothing is paid here. */
const sells = ({ price }: Candidate, { line }: Need): boolean => price.own === true || price[line] !== null;

function suits(candidate: Candidate, wish: Routing, wanted: Wanted): boolean {
  const { provider, price } = candidate;
  const { now, promptBytes = 0, needs = [] } = wanted;
  if (!needs.every((need) => sells(candidate, need))) return false;
  if (wish.only && !wish.only.includes(provider.id)) return false;
  if (wish.ignore?.includes(provider.id)) return false;
  if (wish.data_collection === "deny" && !KEEP_PRIVATE.has(provider.kind)) return false;
  const { prompt, completion } = wish.max_price ?? {};
  // No tokenizer makes more tokens than there are bytes: what the call cannot reach is not held against it.
  return reachable(price, promptBytes, new Date(now)).every(
    ({ input, output }) => !isDearer(input, prompt) && !isDearer(output, completion),
  );
}

const isDearer = (atto: bigint, usdPerMillion: number | undefined): boolean =>
  usdPerMillion !== undefined && Number(atto * MILLION) / 1e18 > usdPerMillion * (1 + Number.EPSILON);

/** Those that were asked for first, in their order; then by what is sorted by; ties by id. */
function sort(candidates: readonly Candidate[], wish: Routing, now: number): Candidate[] {
  if (candidates.length < 2) return [...candidates];
  const order = wish.order ?? [];
  const place = ({ provider }: Candidate) => {
    const at = order.indexOf(provider.id);
    return at === -1 ? order.length : at;
  };
  const score = scores(candidates, wish.sort ?? "balanced", now);
  return candidates.toSorted(
    (a, b) =>
      place(a) - place(b) ||
      Number(a.ownKey === null) - Number(b.ownKey === null) ||
      (score.get(a) ?? 0) - (score.get(b) ?? 0) ||
      (a.provider.id < b.provider.id ? -1 : 1),
  );
}

/** The lower the better. */
function scores(
  candidates: readonly Candidate[],
  by: NonNullable<Routing["sort"]>,
  now: number,
): Map<Candidate, number> {
  const prices = candidates.map(({ price }) => {
    const { input, output } = priceFor(price, 0, new Date(now));
    return Number(input + output);
  });
  const latencies = candidates.map(({ health }) => health.firstContentP50(now));
  const cheapest = Math.max(Math.min(...prices), 1);
  const known = latencies.filter((ms) => ms !== null);
  const fastest = Math.max(Math.min(...known, Number.MAX_SAFE_INTEGER), 1);
  return new Map(
    candidates.map((each, at) => {
      const price = (prices[at] ?? 0) / cheapest;
      // Nobody knows how quick it is: as quick as the quickest, so that it is tried.
      const latency = Math.max(latencies[at] ?? fastest, 1) / fastest;
      const success = Math.max(each.health.success(now), 0.01);
      const score = { price, latency, health: 1 / success, balanced: (price * latency) / success ** 2 }[by];
      return [each, score];
    }),
  );
}

function reason(first: Candidate, sorted: readonly Candidate[], wish: Routing): string {
  if (wish.order?.includes(first.provider.id)) return "order";
  if (first.ownKey !== null) return "own-key";
  return sorted.length === 1 ? "only" : (wish.sort ?? "balanced");
}

function soonest(candidates: readonly Candidate[], now: number): number {
  const waits = candidates.map(({ health }) => health.breaker.waitMs(now));
  return waits.length === 0 ? 1_000 : Math.min(...waits);
}

const unavailable = (waitMs: number): Problem =>
  new Problem(gatewayProblems.no_provider_available, { retryAfter: Math.max(Math.ceil(waitMs / 1_000), 1) });

/** The most that any of them can cost and say. */
function boundingModel(candidates: Route["candidates"]): PricedModel {
  const [first] = candidates;
  if (candidates.length === 1) return first.route.model;
  const models = candidates.map(({ model }) => model);
  const most = (cap: "imageTokens" | "audioTokens") =>
    first.model[cap] === null ? null : Math.max(...models.map((model) => model[cap] ?? 0));
  return {
    ...first.model,
    contextLength: Math.max(...models.map(({ contextLength }) => contextLength)),
    maxOutputTokens: Math.max(...models.map(({ maxOutputTokens }) => maxOutputTokens)),
    imageTokens: most("imageTokens"),
    audioTokens: most("audioTokens"),
    price: dearest(candidates.map(({ price }) => price)),
  };
}
