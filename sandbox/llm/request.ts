/** Reads a chat request and refuses what OpenRouter would refuse, in its words. */
import { refuse, type Refusal } from "./answers/errors.ts";
import { findModel, type Model } from "./models/models.ts";
import { parseUsd } from "./models/price.ts";
import { readSearch, type Search } from "./play/search.ts";
import { readThinks, type Thinks } from "./play/thought.ts";
import { heardTokens } from "./play/sound.ts";
import { checkFields } from "./request-fields.ts";

export type ToolCall = { id?: string; function: { name: string; arguments: string } };
export type Message = {
  role: "system" | "developer" | "user" | "assistant" | "tool";
  /** All text parts joined. */
  text: string;
  images: number;
  /** Tokens of its sound. */
  sound: number;
  name: string | null;
  toolCalls: readonly ToolCall[];
  /** What it thought when it said this. */
  thought?: string;
};
export type Tool = { name: string; description: string; parameters: Record<string, unknown> };
export type Chat = {
  model: Model;
  messages: readonly Message[];
  tools: readonly Tool[];
  /** The text of `tools` as sent: it is part of the prompt and counted. */
  toolsText: string;
  toolChoice: "none" | "auto" | "required" | { name: string };
  format: { kind: "text" | "json" } | { kind: "schema"; schema: Record<string, unknown>; text: string };
  stop: readonly string[];
  /** The caller's bound on the answer, or null. */
  maxTokens: number | null;
  stream: boolean;
  /** A streamed answer is to tell usage, where that has to be asked for. */
  wantsUsage: boolean;
  seed: number | null;
  user: string | null;
  metadata: Record<string, string> | null;
  sessionId: string | null;
  /** It thinks before it answers. */
  thinks?: Thinks;
  /** The beginning of the prompt that is to be kept, where the caller marks it: what it is, its share of the bytes, and whether for an hour. */
  mark?: { text: string; share: number; hour: boolean };
  /** It may search the web. */
  search?: Search;
  /** It answers aloud. */
  speaks?: true;
};

export type Body = Record<string, unknown>;
export const isObject = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const ROLES = new Set(["system", "developer", "user", "assistant", "tool"]);
const bad = (message: string): { refusal: Refusal } => refuse(400, message);

type Parsed<T> = T | { refusal: Refusal };
const isRefused = <T>(value: Parsed<T>): value is { refusal: Refusal } =>
  isObject(value) && "refusal" in value;

/** Text, images and sound of a message's content; null when it is malformed. */
function readContent(content: unknown): Pick<Message, "text" | "images" | "sound"> | null {
  if (typeof content === "string") return { text: content, images: 0, sound: 0 };
  if (!Array.isArray(content)) return null;
  let images = 0;
  let sound = 0;
  const texts: string[] = [];
  for (const part of content as unknown[]) {
    if (!isObject(part)) return null;
    if (part["type"] === "text" && typeof part["text"] === "string") texts.push(part["text"]);
    else if (part["type"] === "image_url" && isObject(part["image_url"])) images++;
    else if (part["type"] === "input_audio") {
      const tokens = heardTokens(part["input_audio"]);
      if (tokens === null) return null;
      sound += tokens;
    } else return null;
  }
  return { text: texts.join("\n"), images, sound };
}

function readToolCalls(given: unknown): ToolCall[] | null {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return null;
  const ok = given.every(
    (call) =>
      isObject(call) &&
      isObject(call["function"]) &&
      typeof call["function"]["name"] === "string" &&
      typeof call["function"]["arguments"] === "string",
  );
  return ok ? (given as ToolCall[]) : null;
}

function readMessage(given: unknown, at: number): Parsed<Message> {
  if (!isObject(given) || !ROLES.has(String(given["role"]))) {
    return bad(`Invalid input: messages[${at}].role must be one of system, developer, user, assistant, tool`);
  }
  const role = given["role"] as Message["role"];
  const toolCalls = readToolCalls(given["tool_calls"]);
  if (toolCalls === null) return bad(`Invalid input: messages[${at}].tool_calls is malformed`);
  const silent = role === "assistant" && (given["content"] === null || given["content"] === undefined);
  const content = silent ? { text: "", images: 0, sound: 0 } : readContent(given["content"]);
  if (content === null) {
    return bad(
      `Invalid input: messages[${at}].content must be a string or an array of text and image_url parts`,
    );
  }
  if (role === "tool" && typeof given["tool_call_id"] !== "string") {
    return bad(`Invalid input: messages[${at}].tool_call_id is required`);
  }
  const name = typeof given["name"] === "string" ? given["name"] : null;
  const thought = given["reasoning"];
  return { role, ...content, name, toolCalls, ...(typeof thought === "string" && { thought }) };
}

function readTools(given: unknown): Parsed<Tool[]> {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return bad("Invalid input: tools must be an array");
  const tools: Tool[] = [];
  for (const [at, tool] of given.entries()) {
    if (isObject(tool) && typeof tool["type"] === "string" && tool["type"] !== "function") {
      return refuse(501, `sandbox_not_implemented: server tool ${tool["type"]}`);
    }
    const fn: unknown = isObject(tool) ? tool["function"] : null;
    if (!isObject(fn) || typeof fn["name"] !== "string" || !/^[A-Za-z0-9_.:-]{1,64}$/.test(fn["name"])) {
      return bad(`Invalid input: tools[${at}].function.name must be 1 to 64 characters`);
    }
    if (fn["parameters"] !== undefined && !isObject(fn["parameters"])) {
      return bad(`Invalid input: tools[${at}].function.parameters must be an object`);
    }
    const description = typeof fn["description"] === "string" ? fn["description"] : "";
    tools.push({ name: fn["name"], description, parameters: fn["parameters"] ?? {} });
  }
  return tools;
}

function readToolChoice(given: unknown, tools: readonly Tool[]): Parsed<Chat["toolChoice"]> {
  if (given === undefined || given === null || given === "auto") return "auto";
  if (given === "none") return "none";
  if (given === "required" && tools.length > 0) return "required";
  const fn: unknown = isObject(given) && given["type"] === "function" ? given["function"] : null;
  const name = isObject(fn) ? fn["name"] : null;
  if (typeof name === "string" && tools.some((tool) => tool.name === name)) return { name };
  return bad("Invalid input: tool_choice must be none, auto, required, or name one of the tools");
}

function readFormat(given: unknown): Parsed<Chat["format"]> {
  if (given === undefined || given === null) return { kind: "text" };
  const type = isObject(given) ? given["type"] : null;
  if (type === "text") return { kind: "text" };
  if (type === "json_object") return { kind: "json" };
  if (type === "json_schema" && isObject(given) && isObject(given["json_schema"])) {
    const { name, schema } = given["json_schema"];
    if (typeof name === "string" && name.length <= 64 && isObject(schema)) {
      return { kind: "schema", schema, text: JSON.stringify(schema) };
    }
    return bad("Invalid input: response_format.json_schema needs a name and a schema");
  }
  if (type === "grammar" || type === "python") return refuse(501, "sandbox_not_implemented: response_format");
  return bad("Invalid input: response_format.type must be text, json_object or json_schema");
}

/** The first of `model` and `models` that exists, or OpenRouter's refusal. */
function readModel(body: Body, find: FindModel): Parsed<Model> {
  const named = [body["model"], ...(Array.isArray(body["models"]) ? (body["models"] as unknown[]) : [])];
  const ids = named.filter((id) => typeof id === "string");
  if (ids.length === 0) return bad("No models provided");
  for (const id of ids) {
    const model = find(id);
    if (model !== null) return model;
  }
  return bad(`${String(ids[0])} is not a valid model ID`);
}

/** A model by what the company calls it. */
export type FindModel = (id: string) => Model | null;

const slugOf = (provider: string): string => provider.toLowerCase().replaceAll(" ", "-");

/** `provider` preferences: `only`, `ignore` and `max_price` (USD per million tokens) can leave nobody to answer. */
export function checkRouting(given: unknown, model: Pick<Model, "provider" | "rates">): Refusal | null {
  if (!isObject(given)) return null;
  const lists = (name: string): boolean => {
    const list = given[name];
    return (
      Array.isArray(list) &&
      list.some((entry) => typeof entry === "string" && slugOf(entry) === slugOf(model.provider))
    );
  };
  const only = Array.isArray(given["only"]) && given["only"].length > 0 && !lists("only");
  if (only || lists("ignore")) {
    return { status: 404, message: "No allowed providers are available for the selected model." };
  }
  const max = given["max_price"];
  if (!isObject(max)) return null;
  for (const line of ["prompt", "completion", "image", "request"] as const) {
    const limit = max[line];
    if (limit === undefined || limit === null) continue;
    const text = typeof limit === "number" ? limit.toFixed(9) : String(limit);
    if (!/^\d+(\.\d{1,12})?$/.test(text))
      return { status: 400, message: `Invalid input: provider.max_price.${line}` };
    const times = line === "prompt" || line === "completion" ? 1_000_000n : 1n;
    if ((model.rates[line] ?? 0n) * times > parseUsd(text)) {
      return { status: 404, message: "No endpoints found that match your max price." };
    }
  }
  return null;
}

/** As OpenAI has it: a voice and a format, which of a stream is raw. */
function speaksIn({ modalities, audio, stream }: Body): Parsed<boolean> {
  if (!Array.isArray(modalities) || !modalities.includes("audio")) return false;
  if (!isObject(audio) || typeof audio["voice"] !== "string")
    return bad("Missing required parameter: 'audio'.");
  const { format } = audio;
  if (stream === true && format !== "pcm16")
    return bad(`Unsupported value: 'audio.format' does not support '${String(format)}' when stream=true.`);
  return format === "pcm16" || format === "wav" ? true : refuse(501, "sandbox_not_implemented: audio.format");
}

/** Reads the body of `POST /chat/completions`. */
export function readChat(rawBody: Buffer, find: FindModel = findModel): Parsed<Chat> {
  let body: unknown;
  try {
    body = JSON.parse(rawBody.toString());
  } catch {
    return bad("Invalid JSON in request body");
  }
  if (!isObject(body)) return bad("Request body must be a JSON object");
  const wrong = checkFields(body);
  if (wrong !== null) return { refusal: wrong };
  const model = readModel(body, find);
  if (isRefused(model)) return model;
  const messages: Message[] = [];
  for (const [at, given] of (body["messages"] as unknown[]).entries()) {
    const message = readMessage(given, at);
    if (isRefused(message)) return message;
    if (message.images > 0 && !model.takesImages)
      return refuse(404, "No endpoints found that support image input");
    if (message.sound > 0 && model.rates.audioIn === undefined)
      return refuse(404, "No endpoints found that support input audio");
    messages.push(message);
  }
  const speaks = speaksIn(body);
  if (speaks !== true && speaks !== false) return speaks;
  if (speaks && model.rates.audioOut === undefined)
    return refuse(404, "No endpoints found that support the requested output modalities: audio");
  const tools = readTools(body["tools"]);
  if (isRefused(tools)) return tools;
  const toolChoice = readToolChoice(body["tool_choice"], tools);
  if (isRefused(toolChoice)) return toolChoice;
  const format = readFormat(body["response_format"]);
  if (isRefused(format)) return format;
  const search = readSearch(body, model);
  if (search !== null && isRefused(search)) return search;
  const unroutable = checkRouting(body["provider"], model);
  if (unroutable !== null) return { refusal: unroutable };
  const thinks = readThinks(body, model.id);
  const { stop, metadata, session_id: session } = body;
  return {
    model,
    messages,
    tools,
    toolsText: tools.length === 0 ? "" : JSON.stringify(body["tools"]),
    toolChoice,
    format,
    stop: (typeof stop === "string" ? [stop] : ((stop as string[] | null | undefined) ?? [])).filter(
      (s) => s !== "",
    ),
    maxTokens: (body["max_completion_tokens"] ?? body["max_tokens"] ?? null) as number | null,
    stream: body["stream"] === true,
    wantsUsage: isObject(body["stream_options"]) && body["stream_options"]["include_usage"] === true,
    seed: (body["seed"] ?? null) as number | null,
    user: (body["user"] ?? null) as string | null,
    metadata: (metadata ?? null) as Record<string, string> | null,
    sessionId: (session ?? null) as string | null,
    ...(search && { search }),
    ...(thinks && { thinks }),
    ...(speaks && { speaks }),
  };
}
