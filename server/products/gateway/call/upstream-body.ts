/** The body that goes to the provider: the caller's bytes with our own fields added. Pure. */
import { KINDS } from "../../../vendors/llm/index.ts";
import { maxPriceOf, type Candidate } from "../models/catalogue.ts";
import { reachable } from "../models/price.ts";
import type { Bound } from "./bound/bound.ts";
import { isFields, type Chat, type Fields } from "./chat.ts";
import { absent } from "./read-chat.ts";
import { SEARCH_FIELDS, searchField, unsaidOf } from "./search/words.ts";
import { foreignWords, leftForThoughts, losesThoughts, saidElsewhere, withoutThoughts } from "./thoughts.ts";

const CLOSE_OBJECT = 125;
/** Never sent upstream. */
const OWN_OPTIONS = "holdfast";
/** Fields that others refuse. */
const OPENROUTERS_OWN = ["usage", "provider", "transforms", "session_id"];

/**
 * Adds the maximum of the answer, the request for usage and the highest price that may be charged. The caller's bytes are
 * kept and the fields put behind them, since writing megabytes anew would hold up other calls; only a body that already
 * has one of these fields is rewritten.
 */
export function upstreamBody(chat: Chat, candidate: Candidate, bound: Bound): Buffer {
  const { kind } = candidate.provider;
  const isChat = chat.task === "chat";
  const fields = new Map<string, string>();
  if (kind === "openrouter") {
    if (isChat) fields.set("usage", `{"include":true}`);
    fields.set("provider", providerOf(chat, candidate, bound));
  }
  if (chat.search) fields.set(...searchField(kind, chat.search));
  if (chat.stream) fields.set("stream_options", `{"include_usage":true}`);
  const own = ownMaximum(chat, candidate, bound);
  if (isChat && own !== null)
    fields.set(kind === "openai" ? "max_completion_tokens" : "max_tokens", String(own));
  if (candidate.upstreamModel !== chat.model) fields.set("model", JSON.stringify(candidate.upstreamModel));
  const added = [...fields].map(([name, json]) => `"${name}":${json}`).join(",");
  const left = [OWN_OPTIONS, ...(kind === "openrouter" ? [] : OPENROUTERS_OWN), ...untaken(chat, candidate)];
  if (bound.fitted) left.push("max_tokens", "max_completion_tokens");
  if (chat.search) left.push(...SEARCH_FIELDS);
  const unkept = losesHours(candidate, bound);
  const unread = losesThoughts(chat, candidate);
  const rewritten =
    chat.repeatsFields || unkept || unread || [...fields.keys(), ...left].some((name) => name in chat.body);
  if (!rewritten) {
    if (added === "") return chat.bytes;
    const end = chat.bytes.lastIndexOf(CLOSE_OBJECT);
    return Buffer.concat([chat.bytes.subarray(0, end), Buffer.from(`,${added}}`)]);
  }
  const rest = unkept ? withoutHours(chat.body) : { ...chat.body };
  if (unread) rest["messages"] = withoutThoughts(rest["messages"], candidate);
  for (const name of [...fields.keys(), ...left]) delete rest[name];
  const text = JSON.stringify(rest);
  return Buffer.from(added === "" ? text : `${text.slice(0, -1)},${added}}`);
}

/** A budget of thoughts and a mark of the whole prompt, as OpenRouter has them; callers of another dialect cannot know who refuses them. */
const OPENROUTERS_WORDS = ["reasoning", "cache_control"];

/** Fields that its company would refuse or not know. */
function untaken(chat: Chat, candidate: Candidate): string[] {
  const { endpoint, task, body } = chat;
  const { kind } = candidate.provider;
  const { takes } = KINDS[kind];
  if (task !== "chat") return [];
  if (takes !== null) return Object.keys(body).filter((name) => !takes.has(name));
  const translated = endpoint !== "chat/completions" && kind !== "openrouter";
  const words = translated ? OPENROUTERS_WORDS.filter((name) => name in body) : [];
  return [...words, ...foreignWords(chat, candidate)];
}

/** What is to be kept for an hour is kept as long as usual where that hour has no price. */
const losesHours = ({ price }: Candidate, { prompt }: Bound): boolean =>
  prompt.keepsHour && price.cacheWrite1h === null;

/** The same without the times of its marks for the cache. */
function withoutHours(body: Fields): Fields {
  const parts = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((each) => (isFields(each) ? unmarked(each) : each)) : value;
  const unmarked = (part: Fields): Fields => {
    const { cache_control: mark, content } = part;
    const { ttl: _ttl, ...rest } = isFields(mark) ? mark : {};
    return {
      ...part,
      ...(isFields(mark) && { cache_control: rest }),
      ...(Array.isArray(content) && { content: parts(content) }),
    };
  };
  const { tools } = body;
  return {
    ...unmarked(body),
    messages: parts(body["messages"]),
    ...(tools !== undefined && { tools: parts(tools) }),
  };
}

/** Fields that were said another way, or are ours. */
const HEEDED = new Set([OWN_OPTIONS, "usage", ...SEARCH_FIELDS]);
const NAMEABLE = /^[\w.-]{1,64}$/;
const MOST_NAMED = 20;

/** What the caller asked for and this candidate does not hear of, by name; null for nothing. */
export function droppedFields(chat: Chat, candidate: Candidate, bound: Bound): string | null {
  const { body } = chat;
  const others = candidate.provider.kind === "openrouter" ? [] : OPENROUTERS_OWN;
  const names = new Set([...others.filter((name) => name in body), ...untaken(chat, candidate)]);
  for (const name of saidElsewhere(chat, candidate)) names.delete(name);
  const most = ownMaximum(chat, candidate, bound) ?? body["max_completion_tokens"] ?? body["max_tokens"];
  const untold = [...names].filter(
    (name) => !HEEDED.has(name) && NAMEABLE.test(name) && body[name] !== undefined && body[name] !== null,
  );
  const told = [...chat.dropped, ...untold, ...leftForThoughts(chat, candidate, Number(most))];
  if (losesHours(candidate, bound)) told.push("cache_control.ttl");
  if (chat.search) told.push(...unsaidOf(candidate.provider.kind, chat.search));
  return told.length === 0 ? null : [...new Set(told)].slice(0, MOST_NAMED).join(", ");
}

/** The maximum of the answer, where the caller names none that stands; null where the caller's own goes there. */
const ownMaximum = (chat: Chat, { maxOutputTokens }: Candidate, bound: Bound): number | null =>
  bound.fitted || !namesMaximum(chat) ? Math.min(bound.maxTokens, maxOutputTokens) : null;

const namesMaximum = ({ body }: Chat): boolean =>
  !absent(body["max_tokens"]) || !absent(body["max_completion_tokens"]);

/** The caller's wishes about who serves the call, under our price limit or the caller's own where that is lower. */
function providerOf(chat: Chat, { price, maxPrice }: Candidate, { promptTokens, at }: Bound): string {
  const wishes = isFields(chat.body["provider"]) ? chat.body["provider"] : {};
  const own = isFields(wishes["max_price"]) ? wishes["max_price"] : {};
  const max = JSON.parse(
    price.tiers.length === 0 ? maxPrice : maxPriceOf(reachable(price, promptTokens, at)),
  ) as Record<string, number>;
  const lower = Object.entries(own).filter(
    ([line, price]) => typeof price === "number" && !(price >= (max[line] ?? 0)),
  );
  return JSON.stringify({ ...wishes, max_price: { ...max, ...Object.fromEntries(lower) } });
}
