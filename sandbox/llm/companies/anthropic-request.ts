/** Reads a request of Messages into the chat that all companies here answer, and refuses what Anthropic would refuse. */
import { refuse, type Refusal } from "../answers/errors.ts";
import { findModel, models, type Model } from "../models/models.ts";
import type { Search } from "../play/search.ts";
import { isObject, readChat, type Body, type Chat } from "../request.ts";
import { waysOf } from "./anthropic-models.ts";
import { falseFind, textOfFinds } from "./anthropic-finds.ts";
import { effortIn, falseThought, textOfThoughts, thinksIn } from "./anthropic-thinking.ts";

const VENDOR = "anthropic/";
type Refused = { refusal: Refusal };
const bad = (message: string): Refused => refuse(400, message);

/** What Anthropic calls a model of ours. */
export const nameOf = (id: string): string =>
  id.startsWith(VENDOR) ? id.slice(VENDOR.length).replaceAll(".", "-") : id;
export const own: readonly Model[] = models.filter(({ id }) => id.startsWith(VENDOR));
const find = (name: string): Model | null =>
  own.find(({ id }) => nameOf(id) === name) ?? (name.startsWith("sandbox/") ? findModel(name) : null);

const FIELDS = new Set([
  "model",
  "max_tokens",
  "messages",
  "system",
  "stream",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "tools",
  "tool_choice",
  "metadata",
  "cache_control",
  "thinking",
  "output_config",
]);

/** The request as a chat; `bound`: it must say how long the answer may be. */
export function readMessages(rawBody: Buffer, bound = true): Chat | Refused {
  const body = parse(rawBody);
  if (body === null) return bad("The request body is not valid JSON");
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return bad(`${unknown}: Extra inputs are not permitted`);
  const { model, max_tokens: most, temperature } = body;
  if (typeof model !== "string") return bad("model: Field required");
  if (find(model) === null) return refuse(404, `model: ${model}`);
  if (bound && most === undefined) return bad("max_tokens: Field required");
  if (most !== undefined && !(Number.isSafeInteger(most) && Number(most) >= 1))
    return bad("max_tokens: Input should be greater than or equal to 1");
  if (temperature !== undefined && !(typeof temperature === "number" && temperature >= 0 && temperature <= 1))
    return bad("temperature: range: 0..1");
  const messages = chatMessages(body);
  if (!Array.isArray(messages)) return messages;
  const chat = readChat(Buffer.from(JSON.stringify(chatBody(body, messages))), find);
  if ("refusal" in chat) return chat;
  const turns = body["messages"] as unknown[];
  const altered = falseThought(turns) ?? falseFind(turns);
  if (altered) return altered;
  const ways = waysOf(chat.model.id);
  const effort = effortIn(body, ways);
  if (isObject(effort)) return effort;
  const thinks = thinksIn(body, { bound, types: ways.types, effort });
  if (thinks && "refusal" in thinks) return thinks;
  const mark = markIn(body);
  const search = searchIn(body);
  if (search && chat.model.rates.webSearch === undefined)
    return bad("tools: web search is not supported by this model");
  return { ...chat, ...(mark && { mark }), ...(search && { search }), ...(thinks && { thinks }) };
}

function parse(rawBody: Buffer): Body | null {
  try {
    const body: unknown = JSON.parse(rawBody.toString());
    return isObject(body) ? body : null;
  } catch {
    return null;
  }
}

const SEARCH_TOOL = "web_search_20250305";
const isSearch = ({ type, name }: Body): boolean => type === SEARCH_TOOL && name === "web_search";

/** Its own tool; without `max_uses` nothing bounds it. */
function searchIn({ tools }: Body): Search | null {
  const tool = (blocksOf(tools) ?? []).find(isSearch);
  return tool ? { most: Number(tool["max_uses"] ?? 50), always: false, rereads: true } : null;
}

function chatBody(body: Body, messages: Body[]): Body {
  const tools = Array.isArray(body["tools"])
    ? body["tools"].filter(isObject).filter((tool) => !isSearch(tool))
    : [];
  const choice = isObject(body["tool_choice"]) ? body["tool_choice"] : null;
  const { max_tokens, stream, temperature, top_p, top_k, stop_sequences: stop } = body;
  const plain = { model: body["model"], messages, max_tokens, stream, temperature, top_p, top_k, stop };
  if (tools.length === 0) return plain;
  return {
    ...plain,
    tools: tools.map(({ type, name, description, input_schema: parameters }) => ({
      type: type === undefined || type === "custom" ? "function" : type,
      function: { name, description, parameters },
    })),
    ...(choice && { tool_choice: CHOICES[String(choice["type"])]?.(choice["name"]) }),
  };
}

const CHOICES: Readonly<Record<string, (name: unknown) => unknown>> = {
  auto: () => "auto",
  any: () => "required",
  none: () => "none",
  tool: (name) => ({ type: "function", function: { name } }),
};

/** System first, then the turns; results of tools are messages of their own. */
function chatMessages(body: Body): Body[] | Refused {
  const { messages, system } = body;
  if (!Array.isArray(messages) || messages.length === 0)
    return bad("messages: at least one message is required");
  const all: Body[] = [];
  const said = textOf(system);
  if (said !== "") all.push({ role: "system", content: said });
  for (const [at, message] of (messages as unknown[]).entries()) {
    if (!isObject(message)) return bad(`messages.${at}: Input should be a valid dictionary`);
    const { role, content } = message;
    if (role !== "user" && role !== "assistant")
      return bad(`messages.${at}.role: Input should be 'user' or 'assistant'`);
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : blocksOf(content);
    if (blocks === null || blocks.length === 0) return bad(`messages.${at}.content: Field required`);
    if (blocks.some(({ type, text }) => type === "text" && text === ""))
      return bad(`messages.${at}: text content blocks must be non-empty`);
    all.push(...turn(role, blocks));
  }
  return all;
}

const blocksOf = (content: unknown): Body[] | null =>
  Array.isArray(content) && content.every(isObject) ? (content as Body[]) : null;

const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : (blocksOf(content) ?? []).flatMap(({ text }) => (typeof text === "string" ? [text] : [])).join("\n");

function turn(role: "user" | "assistant", blocks: Body[]): Body[] {
  const of = (type: string) => blocks.filter((block) => block["type"] === type);
  const results = of("tool_result").map(({ tool_use_id: id, content }) => ({
    role: "tool",
    tool_call_id: id,
    content: textOf(content),
  }));
  const calls = of("tool_use").map(({ id, name, input }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input ?? {}) },
  }));
  const text = textOf(of("text"));
  const images = of("image").map(() => ({ type: "image_url", image_url: { url: "image" } }));
  const thought = [textOfThoughts(blocks), textOfFinds(blocks)].filter((each) => each !== "").join("\n");
  const rest = {
    ...(thought !== "" && { reasoning: thought }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  if (role === "assistant") return [{ role, content: text, ...rest }];
  const parts = [...(text === "" ? [] : [{ type: "text", text }]), ...images];
  return [...results, ...(parts.length > 0 ? [{ role, content: parts }] : [])];
}

/** All up to the last block that is marked for the cache; the whole where the request itself is. */
function markIn(body: Body): Chat["mark"] | null {
  const messages = (body["messages"] as Body[]).flatMap(
    ({ content }) => blocksOf(content) ?? [{ text: content }],
  );
  const blocks = [...(blocksOf(body["tools"]) ?? []), ...(blocksOf(body["system"]) ?? []), ...messages];
  const whole = isObject(body["cache_control"]);
  const last = whole ? blocks.length - 1 : blocks.findLastIndex((block) => isObject(block["cache_control"]));
  if (last === -1) return null;
  const sizes = blocks.map((block) => JSON.stringify(block).length);
  const sum = (some: readonly number[]) => some.reduce((total, size) => total + size, 0);
  const text = JSON.stringify([body["model"], blocks.slice(0, last + 1)]);
  const { cache_control: mark } = whole ? body : (blocks[last] ?? {});
  const hour = isObject(mark) && mark["ttl"] === "1h";
  return { text, share: sum(sizes.slice(0, last + 1)) / sum(sizes), hour };
}
