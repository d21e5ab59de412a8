/** A chat in OpenAI's shape as a request of Anthropic's Messages. Pure. */
import { inOrder } from "./finds.ts";
import { thinkingOf, thoughtsOf } from "./thinking.ts";
import { asList, isFields, type Fields } from "./values.ts";
import type { ThinkingWays } from "./ways.ts";

const absent = (value: unknown): boolean => value === undefined || value === null;

export type Asked = { body: Buffer; stream: boolean };
/** What cannot be said there: the field. */
export type Unsayable = { field: string };

class NotSayable extends Error {
  readonly field: string;
  constructor(field: string) {
    super("not sayable in Messages");
    this.field = field;
  }
}

/**
 * The request, or the field that has no counterpart there and changes the answer. Fields that only tune it (penalties, seeds,
 * log probabilities) are left out. Marks for the prompt's cache stay. `ways`: how the model takes a wish to think.
 */
export function toMessages(bytes: Buffer, ways: ThinkingWays | null = null): Asked | Unsayable {
  const chat = JSON.parse(bytes.toString()) as Fields;
  try {
    const stream = chat["stream"] === true;
    return {
      stream,
      body: Buffer.from(JSON.stringify({ ...requestOf(chat, ways), ...(stream ? { stream } : {}) })),
    };
  } catch (error) {
    if (error instanceof NotSayable) return { field: error.field };
    throw error;
  }
}

function requestOf(chat: Fields, ways: ThinkingWays | null): Fields {
  const { n, response_format: format, user, stop } = chat;
  if (!absent(n) && n !== 1) throw new NotSayable("n");
  if (isFields(format) && format["type"] !== "text") throw new NotSayable("response_format");
  const system: Fields[] = [];
  const messages: Message[] = [];
  for (const message of asList(chat["messages"])) {
    if (message["role"] === "system" || message["role"] === "developer") system.push(...textsOf(message));
    else add(messages, turnOf(message));
  }
  const stops = typeof stop === "string" ? [stop] : Array.isArray(stop) ? stop : [];
  const most = chat["max_completion_tokens"] ?? chat["max_tokens"];
  const thinking = thinkingOf(chat, typeof most === "number" ? most : null, ways);
  const tuning = (name: string): number | null =>
    typeof chat[name] === "number" && !thinking.left.includes(name) ? chat[name] : null;
  const [temperature, topP, topK] = ["temperature", "top_p", "top_k"].map(tuning);
  return {
    model: chat["model"],
    max_tokens: most,
    messages,
    ...thinking.fields,
    ...(system.length > 0 && { system }),
    ...toolsOf(chat),
    ...cachedBy(chat),
    // OpenAI's scale goes to 2, Anthropic's to 1.
    ...(typeof temperature === "number" && { temperature: Math.min(temperature, 1) }),
    ...(typeof topP === "number" && { top_p: topP }),
    ...(typeof topK === "number" && { top_k: topK }),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...(typeof user === "string" && { metadata: { user_id: user } }),
  };
}

type Message = { role: "user" | "assistant"; content: Fields[] };

/** Turns of one role that follow each other are one turn there. */
function add(messages: Message[], turn: Message): void {
  const last = messages.at(-1);
  if (last?.role === turn.role) last.content.push(...turn.content);
  else messages.push(turn);
}

function turnOf(message: Fields): Message {
  const { role, content } = message;
  if (role === "tool") return { role: "user", content: [resultOf(message)] };
  if (role === "user") {
    const parts = typeof content === "string" ? textsOf(message) : asList(content).map(partOf);
    return { role: "user", content: parts };
  }
  if (role !== "assistant") throw new NotSayable("messages");
  const calls = asList(message["tool_calls"]).map(callOf);
  const { finds } = message;
  // What it found has its place among the rest, and the text is one then.
  const whole = finds !== undefined && typeof content === "string";
  if (!whole) return { role: "assistant", content: [...thoughtsOf(message), ...textsOf(message), ...calls] };
  const said = { thoughts: thoughtsOf(message), calls, text: content };
  const make = { text: (text: string) => [{ type: "text", text }], find: (block: Fields) => block };
  return { role: "assistant", content: inOrder<Fields>(finds, said, make) };
}

/** There the whole result has the mark that it has here, or one of its texts. */
function resultOf(message: Fields): Fields {
  const texts = textsOf(message);
  const marked = texts.findLast((text) => "cache_control" in text);
  const content = texts.map(({ cache_control: _mark, ...text }) => text);
  const { tool_call_id: tool_use_id } = message;
  return { type: "tool_result", tool_use_id, content, ...cachedBy(marked ?? message) };
}

/** The texts of a message as blocks; empty ones are refused there. */
function textsOf({ content }: Fields): Fields[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return asList(content).flatMap((part) => {
    const text = part["text"] ?? part["refusal"];
    return typeof text === "string" && text !== "" ? [{ type: "text", text, ...cachedBy(part) }] : [];
  });
}

const cachedBy = ({ cache_control: mark }: Fields): Fields =>
  isFields(mark) ? { cache_control: { type: "ephemeral", ...(mark["ttl"] === "1h" && { ttl: "1h" }) } } : {};

function partOf(part: Fields): Fields {
  if (part["type"] === "text") return { type: "text", text: part["text"], ...cachedBy(part) };
  const image = part["image_url"];
  const url = isFields(image) ? image["url"] : image;
  if (part["type"] !== "image_url" || typeof url !== "string") throw new NotSayable("messages");
  const data = /^data:([\w/+.-]+);base64,(.+)$/s.exec(url);
  const source = data ? { type: "base64", media_type: data[1], data: data[2] } : { type: "url", url };
  return { type: "image", source, ...cachedBy(part) };
}

function callOf(call: Fields): Fields {
  const named: Fields = isFields(call["function"]) ? call["function"] : {};
  return { type: "tool_use", id: call["id"], name: named["name"], input: inputOf(named["arguments"]) };
}

/** Models may write arguments that are no JSON; there they have to be an object. */
function inputOf(text: unknown): Fields {
  try {
    const value: unknown = JSON.parse(String(text));
    return isFields(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** The tool by which it searches the web itself. */
function searchOf({ web_search_options: options }: Fields): Fields[] {
  if (!isFields(options)) return [];
  return [{ type: "web_search_20250305", name: "web_search", ...options }];
}

function toolsOf(chat: Fields): Fields {
  const own = asList(chat["tools"]).map((tool) => {
    const named: Fields = isFields(tool["function"]) ? tool["function"] : {};
    const { name, description, parameters } = named;
    return {
      name,
      ...(typeof description === "string" && { description }),
      input_schema: isFields(parameters) ? { type: "object", ...parameters } : { type: "object" },
      ...cachedBy(tool),
    };
  });
  const tools = [...own, ...searchOf(chat)];
  if (tools.length === 0) return {};
  const one = chat["parallel_tool_calls"] === false ? { disable_parallel_tool_use: true } : {};
  const choice = choiceOf(chat["tool_choice"]);
  if (choice === null && chat["parallel_tool_calls"] !== false) return { tools };
  const { type, ...rest } = choice ?? { type: "auto" };
  return { tools, tool_choice: { type, ...rest, ...(type === "none" ? {} : one) } };
}

function choiceOf(choice: unknown): { type: string; name?: unknown } | null {
  if (choice === "auto" || choice === "none") return { type: choice };
  if (choice === "required") return { type: "any" };
  const named = isFields(choice) ? choice["function"] : null;
  return isFields(named) ? { type: "tool", name: named["name"] } : null;
}
