import type { ApiKeyInput, LlmPolicy, PolicyOfCalls } from "../../api/types.ts";

type Routing = NonNullable<PolicyOfCalls["routing"]>;
type DefaultsOfKey = NonNullable<ApiKeyInput["defaults"]>;

export const SORTS: [NonNullable<Routing["sort"]>, string][] = [
  ["balanced", "Price, speed and success together"],
  ["price", "The cheapest first"],
  ["latency", "The quickest first"],
  ["health", "Whoever answers most reliably first"],
];

export const CACHES: ["user" | "org", string][] = [
  ["user", "For the same person or key"],
  ["org", "For everybody in the organization"],
];
export const MEMORIES: ["user" | "project", string][] = [
  ["user", "One for all of a person's calls"],
  ["project", "One for each project of a person's"],
];
export const DEFAULT_CACHE_MINUTES = 60;

const textOf = (form: FormData, name: string): string => String(form.get(name) ?? "").trim();
const listOf = (form: FormData, name: string): string[] =>
  textOf(form, name)
    .split(/[\s,]+/)
    .filter(Boolean);

/** The form's wishes; what says nothing is left out, and nothing at all is null. */
function routingOf(form: FormData): Routing | null {
  const sort = SORTS.find(([value]) => value === textOf(form, "sort"))?.[0];
  const lists = (["models", "order", "only", "ignore"] as const).flatMap((name) => {
    const list = listOf(form, name);
    return list.length > 0 ? [[name, list] as const] : [];
  });
  const prices = (["prompt", "completion"] as const).flatMap((name) => {
    const text = textOf(form, `max_${name}`);
    return text === "" ? [] : [[name, Number(text)] as const];
  });
  const routing: Routing = {
    ...(Object.fromEntries(lists) as Pick<Routing, "models" | "order" | "only" | "ignore">),
    ...(sort && { sort }),
    ...(prices.length > 0 && { max_price: Object.fromEntries(prices) }),
    ...(form.has("no_fallbacks") && { allow_fallbacks: false }),
    ...(form.has("deny_collection") && { data_collection: "deny" as const }),
  };
  return Object.keys(routing).length > 0 ? routing : null;
}

function cacheOf(form: FormData): NonNullable<PolicyOfCalls["cache"]> | null {
  const scope = CACHES.find(([value]) => value === textOf(form, "cache"))?.[0];
  const minutes = Number(textOf(form, "cache_minutes")) || DEFAULT_CACHE_MINUTES;
  return scope ? { scope, ttl_seconds: Math.round(minutes * 60) } : null;
}

function memoryOf(form: FormData): NonNullable<PolicyOfCalls["memory"]> | null {
  const scope = MEMORIES.find(([value]) => value === textOf(form, "memory"))?.[0];
  return scope ? { scope } : null;
}

type Compression = NonNullable<PolicyOfCalls["compression"]>;
export const DEFAULT_COMPRESSION = { trigger_percent: 85, target_percent: 70, keep_last: 6 };

function compressionOf(form: FormData): Compression | null {
  if (textOf(form, "compression") !== "on") return null;
  const number = (name: keyof typeof DEFAULT_COMPRESSION) =>
    Number(textOf(form, name)) || DEFAULT_COMPRESSION[name];
  return {
    trigger_percent: number("trigger_percent"),
    target_percent: number("target_percent"),
    keep_last: number("keep_last"),
  };
}

export function policyOf(form: FormData): PolicyOfCalls {
  const allowed = listOf(form, "allowed_models");
  return {
    routing: routingOf(form),
    allowed_models: allowed.length > 0 ? allowed : null,
    cache: cacheOf(form),
    memory: memoryOf(form),
    compression: compressionOf(form),
    memory_model: textOf(form, "memory_model") || null,
    fold_retries: form.has("fold_retries"),
  };
}

/** What a key lays down for its calls; what it leaves out is the organization's. */
export function defaultsOf(form: FormData): DefaultsOfKey {
  const routing = routingOf(form);
  const cache = textOf(form, "cache") === "off" ? false : cacheOf(form);
  const memory = textOf(form, "memory") === "off" ? false : memoryOf(form);
  const compression = textOf(form, "compression") === "off" ? false : compressionOf(form);
  return {
    ...(routing && { routing }),
    ...(cache !== null && { cache }),
    ...(compression !== null && { compression }),
    ...(memory !== null && { memory }),
  };
}

/** What a text field shows of a list. */
export const shownList = (list: readonly string[] | null | undefined): string => list?.join(", ") ?? "";

/** In one line, for whoever only reads it. */
export function summaryOf({
  routing,
  allowed_models: allowed,
  cache,
  memory,
  compression,
  memory_model: reader,
  fold_retries: folds,
}: LlmPolicy): string {
  const parts = [
    routing?.sort && SORTS.find(([value]) => value === routing.sort)?.[1],
    routing?.order?.length && `first ${routing.order.join(", ")}`,
    routing?.only?.length && `only ${routing.only.join(", ")}`,
    routing?.ignore?.length && `never ${routing.ignore.join(", ")}`,
    routing?.data_collection === "deny" && "no training on prompts",
    routing?.allow_fallbacks === false && "no second try elsewhere",
    allowed && `${allowed.length} models allowed`,
    cache && `the same call is answered again for ${Math.round(cache.ttl_seconds / 60)} min`,
    memory && "people's memory is used",
    reader && `${reader} learns for it`,
    compression && `prompts above ${compression.trigger_percent} % of the window are shortened`,
    folds && "lost calls are not paid twice",
  ].filter((part) => typeof part === "string");
  return parts.length === 0
    ? "Nothing is laid down: the installation's own order counts."
    : parts.join(" · ");
}
