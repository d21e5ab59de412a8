/** Searches of the web, as models here make them: always the same pages, which are read, counted and billed. */
import { refuse, type Refusal } from "../answers/errors.ts";
import type { Model } from "../models/models.ts";
import type { Behaviour } from "./behaviour.ts";

export type Search = {
  most: number;
  /** It searches whatever is asked. */
  always: boolean;
  /** With each search the whole prompt is read again, and paid. */
  rereads: boolean;
};

type Body = Record<string, unknown>;
const isObject = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** OpenRouter's plugin or OpenAI's options; null for none. */
export function readSearch(body: Body, model: Model): Search | null | { refusal: Refusal } {
  const plugins = Array.isArray(body["plugins"]) ? (body["plugins"] as unknown[]).filter(isObject) : [];
  const plugin = plugins.find(({ id, enabled }) => id === "web" && enabled !== false);
  const options = body["web_search_options"];
  if (!plugin && !isObject(options)) return null;
  if (model.rates.webSearch === undefined)
    return refuse(400, "Web search options not supported with this model.");
  const uses = plugin?.["max_uses"];
  if (uses !== undefined && !(Number.isSafeInteger(uses) && Number(uses) > 0))
    return refuse(400, "Invalid input: plugins.max_uses must be a positive integer");
  return { most: Number(uses ?? 1), always: isObject(options), rereads: false };
}

/** As often as the prompt says (`searches=2`), once unless told, never more than it may; a fault adds to it. */
export function searchesOf(search: Search, prompt: string, { extraSearches }: Behaviour): number {
  const [, said] = /\bsearches=(\d{1,2})\b/.exec(prompt) ?? [];
  const wanted = search.always || said === undefined ? 1 : Number(said);
  return Math.min(wanted, search.most) + extraSearches;
}

/** What one search brings the model to read. */
const FOUND_TOKENS = 400;

export function withFound<C extends { prompt: number }>(counts: C, searches: number, { rereads }: Search) {
  const found = rereads
    ? counts.prompt * searches + (FOUND_TOKENS * searches * (searches + 1)) / 2
    : FOUND_TOKENS * searches;
  return { ...counts, prompt: counts.prompt + found, searches };
}

export type Page = { url: string; title: string; text: string };

/** One of each search. */
export const pagesOf = (searches: number): Page[] =>
  Array.from({ length: searches }, (_, at) => ({
    url: `https://example.org/pages/${at + 1}`,
    title: `Page ${at + 1}`,
    text: `What page ${at + 1} says.`,
  }));

/** As OpenAI's chats name them. */
export const annotationsOf = (pages: readonly Page[], length: number): Body[] =>
  pages.map(({ url, title, text }) => ({
    type: "url_citation",
    url_citation: { url, title, content: text, start_index: 0, end_index: length },
  }));
