/** The routes that only read: models, one generation, the key, the credits. */
import type { Exchange, World } from "../../core/company.ts";
import { findGeneration, spentOf, thoughtIn, type Generation } from "./bill.ts";
import { refuse, sendRefusal } from "../answers/errors.ts";
import { models } from "../models/models.ts";
import { formatUsd, parseUsd } from "../models/price.ts";
import { settingsOf } from "../settings.ts";

type Reading = Pick<Exchange, "query" | "res"> & { world?: World };

const send = ({ res }: Pick<Exchange, "res">, body: string): void => {
  res.writeHead(200, { "content-type": "application/json" }).end(body);
};

/** A whole number within bounds, `otherwise` when absent, null when it makes no sense. */
function integer(text: string | null, otherwise: number, low: number, high: number): number | null {
  if (text === null) return otherwise;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  return value >= low && value <= high ? value : null;
}

/** As its list has it now: a world may list other prices than it charges. */
function listed(listing: Record<string, unknown>, world: World | undefined): Record<string, unknown> {
  const percent = world === undefined ? 100 : settingsOf(world).listed_percent;
  if (percent === 100) return listing;
  const times = (price: unknown): unknown => {
    if (Array.isArray(price)) return price.map(all);
    if (typeof price !== "string" || price === "-1") return price;
    return formatUsd((parseUsd(price) * BigInt(percent)) / 100n);
  };
  const all = (prices: object): object =>
    Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, times(price)]));
  return { ...listing, pricing: all(listing["pricing"] as object) };
}

/** `GET /models`: `offset`, `limit`, `q`, `supported_parameters`; other filters are refused, not ignored. */
export function listModels(exchange: Reading): void {
  const { query, res } = exchange;
  const known = new Set(["offset", "limit", "q", "supported_parameters", "output_modalities"]);
  for (const name of query.keys()) {
    if (!known.has(name))
      return sendRefusal(res, refuse(501, `sandbox_not_implemented: models?${name}`).refusal);
  }
  const offset = integer(query.get("offset"), 0, 0, 100_000);
  const limit = integer(query.get("limit"), 500, 1, 1_000);
  if (offset === null || limit === null)
    return sendRefusal(res, refuse(400, "Invalid offset or limit").refusal);
  const q = (query.get("q") ?? "").toLowerCase();
  const wanted = (query.get("supported_parameters") ?? "").split(",").filter((name) => name !== "");
  const found = models.filter((model) => {
    const supported = model.listing["supported_parameters"] as string[];
    const named = `${model.id} ${model.name}`.toLowerCase().includes(q);
    return named && wanted.every((name) => supported.includes(name));
  });
  const page = found.slice(offset, offset + limit).map((model) => listed(model.listing, exchange.world));
  const more = offset + limit < found.length;
  const next = more ? `/api/v1/models?offset=${offset + limit}&limit=${limit}` : null;
  send(exchange, JSON.stringify({ data: page, total_count: found.length, links: { next } }));
}

function generationText(g: Generation): string {
  const cost = formatUsd(g.cost);
  const data = {
    id: g.id,
    upstream_id: g.id.replace("gen-", "chatcmpl-"),
    cache_discount: null,
    upstream_inference_cost: null,
    created_at: new Date(g.createdMs).toISOString(),
    model: g.model,
    app_id: null,
    streamed: g.streamed,
    cancelled: g.state === "cancelled",
    provider_name: g.provider,
    latency: g.firstTokenMs,
    moderation_latency: null,
    generation_time: g.generationMs,
    finish_reason: g.finishReason,
    native_finish_reason: g.nativeFinishReason,
    service_tier: null,
    tokens_prompt: g.counts.prompt,
    tokens_completion: g.counts.completion,
    native_tokens_prompt: g.counts.prompt,
    native_tokens_completion: g.counts.completion,
    native_tokens_completion_images: 0,
    native_tokens_reasoning: thoughtIn(g),
    native_tokens_cached: g.counts.cached,
    num_media_prompt: null,
    num_input_audio_prompt: null,
    num_media_completion: 0,
    num_search_results: null,
    num_fetches: null,
    web_search_engine: null,
    origin: g.referer ?? "",
    is_byok: false,
    external_user: g.user,
    api_type: "completions",
    preset_id: null,
    router: null,
    provider_responses: null,
    user_agent: g.userAgent,
    http_referer: g.referer,
    data_region: "global",
    workspace_id: null,
    session_id: g.sessionId,
  };
  return `{"data":${JSON.stringify(data).slice(0, -1)},"total_cost":${cost},"usage":${cost}}}`;
}

/** `GET /generation?id=`: 404 until the generation has ended, as at OpenRouter. */
export function getGeneration(exchange: Exchange): void {
  const id = exchange.query.get("id") ?? "";
  if (id === "") return sendRefusal(exchange.res, refuse(400, "Missing required parameter: id").refusal);
  const found = exchange.fault?.fault === "lookup_404" ? null : findGeneration(exchange.world, id);
  if (found === null) return sendRefusal(exchange.res, refuse(404, `Generation ${id} not found`).refusal);
  send(exchange, generationText(found));
}

/** `GET /key`. The sandbox's keys have no limit of their own and all their use counts as this month's. */
export function getKey(exchange: Exchange): void {
  const spent = formatUsd(spentOf(exchange.world));
  const label = `sk-or-v1-${exchange.world.name}…`;
  const fixed = {
    label,
    limit: null,
    limit_remaining: null,
    limit_reset: null,
    include_byok_in_limit: false,
    is_free_tier: false,
    is_management_key: false,
    is_provisioning_key: false,
    creator_user_id: null,
    expires_at: null,
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0,
    rate_limit: { requests: -1, interval: "10s", note: "This field is deprecated and safe to ignore." },
  };
  const usage = ["usage", "usage_daily", "usage_weekly", "usage_monthly"].map((name) => `"${name}":${spent}`);
  send(exchange, `{"data":${JSON.stringify(fixed).slice(0, -1)},${usage.join(",")}}}`);
}

/** `GET /credits`. */
export function getCredits(exchange: Exchange): void {
  const { credits } = settingsOf(exchange.world);
  send(exchange, `{"data":{"total_credits":${credits},"total_usage":${formatUsd(spentOf(exchange.world))}}}`);
}
