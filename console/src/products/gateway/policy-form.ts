import type {
  ApiKeyInput,
  InstallationLlmPolicy,
  LlmPolicy,
  PolicyOfAllCalls,
  PolicyOfCalls,
} from "../../api/types.ts";

type Routing = NonNullable<PolicyOfCalls["routing"]>;
type DefaultsOfKey = NonNullable<ApiKeyInput["defaults"]>;

export const SORTS: [NonNullable<Routing["sort"]>, string][] = [
  ["balanced", "Price, speed and success together"],
  ["price", "The cheapest first"],
  ["latency", "The quickest first"],
  ["health", "Whoever answers most reliably first"],
];

export const FALLBACKS: ["yes" | "no", string][] = [
  ["yes", "Somebody else is asked"],
  ["no", "Their failure is the answer"],
];
export const COLLECTIONS: [NonNullable<Routing["data_collection"]>, string][] = [
  ["allow", "They may"],
  ["deny", "Only those who do not are asked"],
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
  const fallbacks = FALLBACKS.find(([value]) => value === textOf(form, "fallbacks"));
  const collection = COLLECTIONS.find(([value]) => value === textOf(form, "collection"));
  const routing: Routing = {
    ...(Object.fromEntries(lists) as Pick<Routing, "models" | "order" | "only" | "ignore">),
    ...(sort && { sort }),
    ...(prices.length > 0 && { max_price: Object.fromEntries(prices) }),
    ...(fallbacks && { allow_fallbacks: fallbacks[0] === "yes" }),
    ...(collection && { data_collection: collection[0] }),
  };
  return Object.keys(routing).length > 0 ? routing : null;
}

function cacheOf(form: FormData): NonNullable<PolicyOfAllCalls["cache"]> | null {
  const scope = CACHES.find(([value]) => value === textOf(form, "cache"))?.[0];
  const minutes = Number(textOf(form, "cache_minutes")) || DEFAULT_CACHE_MINUTES;
  return scope ? { scope, ttl_seconds: Math.round(minutes * 60) } : null;
}

function memoryOf(form: FormData): NonNullable<PolicyOfAllCalls["memory"]> | null {
  const scope = MEMORIES.find(([value]) => value === textOf(form, "memory"))?.[0];
  return scope ? { scope } : null;
}

type Compression = NonNullable<PolicyOfAllCalls["compression"]>;
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

/** An option's way, false where it is turned off, null where nothing is said of it. */
const orOff = <T>(form: FormData, name: string, chosen: T): T | false =>
  textOf(form, name) === "off" ? false : chosen;

/** What an organization lays down; null is as the installation has it. */
export function policyOf(form: FormData): PolicyOfCalls {
  const allowed = listOf(form, "allowed_models");
  const folds = textOf(form, "fold_retries");
  return {
    routing: routingOf(form),
    allowed_models: allowed.length > 0 ? allowed : null,
    cache: orOff(form, "cache", cacheOf(form)),
    memory: orOff(form, "memory", memoryOf(form)),
    compression: orOff(form, "compression", compressionOf(form)),
    memory_model: textOf(form, "memory_model") || null,
    fold_retries: folds === "" ? null : folds === "on",
  };
}

/** What an operator lays down for all of them. */
export const policyOfAll = (form: FormData): PolicyOfAllCalls => ({
  routing: routingOf(form),
  cache: cacheOf(form),
  memory: memoryOf(form),
  compression: compressionOf(form),
  fold_retries: form.has("fold_retries"),
});

/** What a key lays down for its calls; what it leaves out is the organization's. */
export function defaultsOf(form: FormData): DefaultsOfKey {
  const routing = routingOf(form);
  const cache = orOff(form, "cache", cacheOf(form));
  const memory = orOff(form, "memory", memoryOf(form));
  const compression = orOff(form, "compression", compressionOf(form));
  return {
    ...(routing && { routing }),
    ...(cache !== null && { cache }),
    ...(compression !== null && { compression }),
    ...(memory !== null && { memory }),
  };
}

/** What a text field shows of a list. */
export const shownList = (list: readonly string[] | null | undefined): string => list?.join(", ") ?? "";

/** Either of the two; the models that may be called, and what learns, are an organization's own matter. */
export type AnyPolicy = LlmPolicy | InstallationLlmPolicy;

/** In one line, for whoever only reads it; `nothing` where it says none. */
export function summaryOf(policy: AnyPolicy, nothing: string): string {
  const { routing, cache, memory, compression, fold_retries: folds } = policy;
  const { allowed_models: allowed, memory_model: reader } = {
    allowed_models: null,
    memory_model: null,
    ...policy,
  };
  const off = Object.entries({ cache, memory, shortening: compression })
    .filter(([, value]) => value === false)
    .map(([name]) => name);
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
    off.length > 0 && `off: ${off.join(", ")}`,
  ].filter((part) => typeof part === "string");
  return parts.length === 0 ? nothing : parts.join(" · ");
}
