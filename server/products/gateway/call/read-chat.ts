import { isUtf8 } from "node:buffer";
import { Problem, common } from "../../../platform/problem.ts";
import { scanBody } from "./bound/body-scan.ts";
import { soundIn } from "./bound/heard.ts";
import { searchInChat } from "./search/search.ts";
import { SEARCH_FIELDS } from "./search/words.ts";
import { roomToThink } from "./thoughts.ts";
import { bad, isFields, unpriced, type Chat, type Fields } from "./chat.ts";

export const MAX_MESSAGES = 2_000;
export const MAX_TOOLS = 256;
export const MAX_CHOICES = 8;

/** Parses and checks the body of a chat call; 400 with the field at fault. */
export function readChat(given: unknown): Chat {
  const { bytes, body, repeatsFields } = online(readBody(given));
  const model = modelOf(body);
  checkMessages(body["messages"]);
  checkTools(body["tools"]);
  const search = searchInChat(body);
  const hears = soundIn(body["messages"]);
  const speaks = speaksIn(body);
  checkPriced(body, [...SEARCH_FIELDS, ...(speaks ? SPOKEN_FIELDS : [])]);
  const stream = streamOf(body);
  const options = objectOf(body, "stream_options");
  const usage = objectOf(body, "usage");
  objectOf(body, "provider");
  const room = roomToThink(body);
  return {
    endpoint: "chat/completions",
    task: "chat",
    body,
    bytes,
    repeatsFields,
    model,
    stream,
    wantsUsage: options?.["include_usage"] === true || usage?.["include"] === true,
    choices: integer(body, "n", MAX_CHOICES) ?? 1,
    maxTokens: largest(integer(body, "max_tokens"), integer(body, "max_completion_tokens")) ?? room,
    dropped: [],
    ...(search && { search }),
    ...(hears !== null && { hears }),
    ...(speaks && { speaks: "/modalities" }),
  };
}

const SPOKEN_FIELDS = ["audio", "modalities"];
const SPOKEN = new Set<unknown>(["text", "audio"]);

/** A spoken answer is asked for. */
function speaksIn(body: Fields): boolean {
  const modalities = body["modalities"];
  if (!Array.isArray(modalities) || !modalities.includes("audio")) return false;
  if (!modalities.every((each) => SPOKEN.has(each))) unpriced("/modalities");
  const audio = objectOf(body, "audio") ?? bad("/audio", "must say voice and format");
  if (typeof audio["format"] !== "string") bad("/audio/format", "must be a text");
  return true;
}

type Read = ReturnType<typeof readBody>;
const ONLINE = ":online";

/** OpenRouter's short form of a search: a model's id with an ending. */
function online(read: Read): Read {
  const { model, plugins } = read.body;
  if (typeof model !== "string" || !model.endsWith(ONLINE)) return read;
  const others = Array.isArray(plugins) ? (plugins as unknown[]) : [];
  const body = { ...read.body, model: model.slice(0, -ONLINE.length), plugins: [...others, { id: "web" }] };
  return { body, bytes: Buffer.from(JSON.stringify(body)), repeatsFields: false };
}

/** Bounds and parses a body; 400 for what is no JSON object, or no text: its bytes go to the provider as they are. */
export function readBody(bytes: unknown): { bytes: Buffer; body: Fields; repeatsFields: boolean } {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0 || !isUtf8(bytes))
    throw new Problem(common.malformed_json);
  const { outermostMembers } = scanBody(bytes);
  const body = parse(bytes);
  if (!isFields(body)) return bad("/", "must be an object");
  return { bytes, body, repeatsFields: outermostMembers !== Object.keys(body).length };
}

export function modelOf({ model }: Fields): string {
  if (typeof model === "string" && model.length > 0 && model.length <= 256) return model;
  return bad("/model", "must name a model");
}

export function streamOf({ stream }: Fields): boolean {
  if (!absent(stream) && typeof stream !== "boolean") bad("/stream", "must be a boolean");
  return stream === true;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new Problem(common.malformed_json, { cause });
  }
}

export const absent = (value: unknown): value is null | undefined => value === undefined || value === null;
const largest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

export function objectOf(body: Fields, name: string): Fields | null {
  const value = body[name];
  if (absent(value)) return null;
  return isFields(value) ? value : bad(`/${name}`, "must be an object");
}

export function integer(body: Fields, name: string, most = 10_000_000): number | null {
  const value = body[name];
  if (absent(value)) return null;
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most) return Number(value);
  return bad(`/${name}`, `must be an integer from 1 to ${most}`);
}

const ROLES = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

function checkMessages(messages: unknown): void {
  if (!Array.isArray(messages) || messages.length === 0) bad("/messages", "must hold at least one message");
  if ((messages as unknown[]).length > MAX_MESSAGES)
    bad("/messages", `must hold at most ${MAX_MESSAGES} messages`);
  for (const [at, message] of (messages as unknown[]).entries()) {
    if (!isFields(message)) bad(`/messages/${at}`, "must be an object");
    const { role, content } = message as Fields;
    if (typeof role !== "string" || !ROLES.has(role)) bad(`/messages/${at}/role`, "is not a role");
    if (typeof content !== "string" && !absent(content) && !Array.isArray(content))
      bad(`/messages/${at}/content`, "must be a text or a list of parts");
    for (const [part, value] of Array.isArray(content) ? content.entries() : [])
      if (!isFields(value) || typeof value["type"] !== "string")
        bad(`/messages/${at}/content/${part}`, "must be a part with a type");
  }
}

function checkTools(tools: unknown): void {
  if (absent(tools)) return;
  if (!Array.isArray(tools)) return bad("/tools", "must be a list");
  if (tools.length > MAX_TOOLS) bad("/tools", `must hold at most ${MAX_TOOLS} tools`);
  for (const [at, tool] of tools.entries()) {
    if (!isFields(tool)) bad(`/tools/${at}`, "must be an object");
    if ((tool as Fields)["type"] !== "function") unpriced(`/tools/${at}/type`);
  }
}

/** Options that send the call to another model or add a cost per use. */
const UNPRICED = [...SEARCH_FIELDS, "models", "route", "audio", "preset"];

/** `read`: those that were looked at. */
export function checkPriced(body: Fields, read: readonly string[] = []): void {
  for (const name of UNPRICED) {
    const value = body[name];
    if (!read.includes(name) && !absent(value) && !(Array.isArray(value) && value.length === 0))
      unpriced(`/${name}`);
  }
  const modalities = read.includes("modalities") ? null : body["modalities"];
  if (!absent(modalities) && !(Array.isArray(modalities) && modalities.every((each) => each === "text")))
    unpriced("/modalities");
  const tier = body["service_tier"];
  if (!absent(tier) && tier !== "auto" && tier !== "default") unpriced("/service_tier");
}
