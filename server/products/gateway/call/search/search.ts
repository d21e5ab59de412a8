/** That a model may search the web, in whose words ever it is asked for. Pure. */
import { bad, isFields, unpriced, type Fields, type Search } from "../chat.ts";

const MOST_SEARCHES = 50;
const MOST_RESULTS = 50;
const MOST_DOMAINS = 100;
const SIZES = new Set(["low", "medium", "high"]);

/** Of a chat: OpenAI's `web_search_options`, which search once, or OpenRouter's plugin `web`; null for none. */
export function searchInChat(body: Fields): Search | null {
  const plugin = pluginIn(body["plugins"]);
  const options = body["web_search_options"];
  if (options === undefined || options === null) return plugin;
  const pointer = "/web_search_options";
  if (!isFields(options)) return bad(pointer, "must be an object");
  const { user_location: location } = options;
  const where = isFields(location) ? location["approximate"] : location;
  return {
    most: Math.max(1, plugin?.most ?? 1),
    pointer,
    options: { ...plugin?.options, ...optionsIn({ ...options, user_location: where }, pointer) },
  };
}

function pluginIn(plugins: unknown): Search | null {
  if (plugins === undefined || plugins === null) return null;
  if (!Array.isArray(plugins)) return bad("/plugins", "must be a list");
  for (const [at, plugin] of (plugins as unknown[]).entries()) {
    const pointer = `/plugins/${at}`;
    if (!isFields(plugin) || plugin["id"] !== "web") return unpriced(pointer);
    if (plugin["enabled"] === false) continue;
    // Any other engine is paid by what it finds.
    const { engine = null, include_domains: allowed, exclude_domains: blocked } = plugin;
    if (engine !== null && engine !== "native") unpriced(`${pointer}/engine`);
    const named = { ...plugin, allowed_domains: allowed, blocked_domains: blocked };
    return { most: countIn(plugin, "max_uses", pointer) ?? 1, pointer, options: optionsIn(named, pointer) };
  }
  return null;
}

const RESPONSES_TOOLS = /^web_search(_preview)?(_2025_\d\d_\d\d)?$/;
export const isSearchTool = ({ type }: Fields): boolean => RESPONSES_TOOLS.test(String(type));

/** A tool of OpenAI's responses; `most` is bounded by the tools that it may call. */
export function searchByTool(tool: Fields, pointer: string, most: number | null): Search {
  const { filters } = tool;
  const domains = isFields(filters) ? filters["allowed_domains"] : undefined;
  return { most: most ?? 1, pointer, options: optionsIn({ ...tool, allowed_domains: domains }, pointer) };
}

const ANTHROPIC_TOOL = "web_search_20250305";
export const isAnthropicSearch = ({ type }: Fields): boolean => type === ANTHROPIC_TOOL;

/** Anthropic's own tool; 400 without `max_uses`, since nothing else bounds its cost. */
export function searchByAnthropic(tool: Fields, pointer: string): Search {
  const most = countIn(tool, "max_uses", pointer);
  return {
    most: most ?? bad(`${pointer}/max_uses`, "must be given: it bounds what the searches cost"),
    pointer,
    options: optionsIn(tool, pointer),
  };
}

function countIn(of: Fields, name: string, pointer: string, most = MOST_SEARCHES): number | null {
  const value = of[name];
  if (value === undefined || value === null) return null;
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most) return Number(value);
  return bad(`${pointer}/${name}`, `must be an integer from 1 to ${most}`);
}

function optionsIn(of: Fields, pointer: string): Fields {
  const size = of["search_context_size"];
  if (size !== undefined && size !== null && !SIZES.has(String(size)))
    bad(`${pointer}/search_context_size`, "must be low, medium or high");
  const results = countIn(of, "max_results", pointer, MOST_RESULTS);
  const location = locationIn(of["user_location"]);
  return {
    ...(typeof size === "string" && { search_context_size: size }),
    ...(results !== null && { max_results: results }),
    ...(location && { user_location: location }),
    ...domainsIn(of, "allowed_domains", pointer),
    ...domainsIn(of, "blocked_domains", pointer),
  };
}

function domainsIn(of: Fields, name: string, pointer: string): Fields {
  const value = of[name];
  if (value === undefined || value === null) return {};
  const ok =
    Array.isArray(value) && value.length <= MOST_DOMAINS && value.every((each) => typeof each === "string");
  if (!ok) bad(`${pointer}/${name}`, `must be a list of at most ${MOST_DOMAINS} domains`);
  return (value as string[]).length === 0 ? {} : { [name]: value };
}

function locationIn(value: unknown): Fields | null {
  if (!isFields(value)) return null;
  const known = ["city", "country", "region", "timezone"].flatMap((name) => {
    const text = value[name];
    return typeof text === "string" ? [[name, text] as const] : [];
  });
  return known.length === 0 ? null : Object.fromEntries(known);
}
