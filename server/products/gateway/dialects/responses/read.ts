import type { Chat, Search } from "../../call/chat.ts";
import { isSearchTool, searchByTool } from "../../call/search/search.ts";
import { roomToThink } from "../../call/thoughts.ts";
import {
  absent,
  checkPriced,
  integer,
  MAX_TOOLS,
  modelOf,
  objectOf,
  readBody,
  streamOf,
} from "../../call/read-chat.ts";
import { bad, fieldsAt, listAt, namesOfRest, present, textAt, type Fields } from "../fields.ts";
import { messagesOf, toolsOf } from "./items.ts";

/** Said to the chat as they are. */
const SAME = ["temperature", "top_p", "parallel_tool_calls", "user", "provider", "holdfast"];
/** Taken over, or of no meaning where nothing is kept. */
const KNOWN = new Set([
  ...SAME,
  "model",
  "input",
  "instructions",
  "max_output_tokens",
  "tools",
  "tool_choice",
  "text",
  "reasoning",
  "stream",
  "stream_options",
  "metadata",
  "store",
  "include",
  "truncation",
  "background",
  "service_tier",
  "max_tool_calls",
]);
const MOST_TOOL_CALLS = 50;
/** What would need something that was kept. */
const STATEFUL = ["previous_response_id", "conversation", "prompt"];

/** Reads the body of a response as a chat; 400 with the field at fault. */
export function readResponse(given: unknown): Chat {
  const { body } = readBody(given);
  const model = modelOf(body);
  refuseState(body);
  checkPriced(body);
  objectOf(body, "provider");
  const stream = streamOf(body);
  const search = searchIn(body);
  const asked: Fields = {
    model,
    messages: [...systemOf(body["instructions"]), ...messagesOf(body["input"])],
    ...present(body, SAME),
    ...toolFields(body),
    ...formatOf(body),
    ...effortOf(body),
    ...(stream ? { stream } : {}),
    ...(search && { web_search_options: search.options }),
  };
  return {
    endpoint: "responses",
    task: "chat",
    body: asked,
    bytes: Buffer.from(JSON.stringify(asked)),
    repeatsFields: false,
    model,
    stream,
    wantsUsage: false,
    choices: 1,
    maxTokens: integer(body, "max_output_tokens") ?? roomToThink(body),
    dropped: namesOfRest(body, KNOWN),
    echo: echoOf(body),
    ...(search && { search }),
    ...(resendsThoughts(body) && { resendsThoughts: true as const }),
  };
}

function resendsThoughts({ include }: Fields): boolean {
  if (absent(include)) return false;
  if (!Array.isArray(include) || !include.every((each) => typeof each === "string"))
    return bad("/include", "must be a list of texts");
  return include.includes("reasoning.encrypted_content");
}

function refuseState(body: Fields): void {
  for (const name of STATEFUL)
    if (!absent(body[name])) bad(`/${name}`, "is not taken: nothing is kept between calls");
  const { background, truncation } = body;
  if (!absent(background) && background !== false)
    bad("/background", "is not taken: an answer goes to whoever waits for it");
  if (!absent(truncation) && truncation !== "disabled") bad("/truncation", "must be disabled");
}

function systemOf(instructions: unknown): Fields[] {
  if (absent(instructions) || instructions === "") return [];
  return [{ role: "system", content: textAt(instructions, "/instructions") }];
}

function searchIn(body: Fields): Search | null {
  if (absent(body["tools"])) return null;
  const tools = listAt(body["tools"], "/tools", MAX_TOOLS);
  const at = tools.findIndex(isSearchTool);
  const tool = tools[at];
  return tool ? searchByTool(tool, `/tools/${at}`, integer(body, "max_tool_calls", MOST_TOOL_CALLS)) : null;
}

function toolFields(body: Fields): Fields {
  if (absent(body["tools"])) return {};
  const tools = toolsOf(body["tools"], MAX_TOOLS);
  return tools.length === 0 ? {} : { tools, ...choiceOf(body["tool_choice"]) };
}

function choiceOf(choice: unknown): Fields {
  if (absent(choice)) return {};
  if (choice === "auto" || choice === "none" || choice === "required") return { tool_choice: choice };
  const { type, name } = fieldsAt(choice, "/tool_choice");
  // Whether it searches is the model's own choice elsewhere.
  if (isSearchTool({ type })) return {};
  if (type !== "function") return bad("/tool_choice/type", "must be function");
  return { tool_choice: { type, function: { name: textAt(name, "/tool_choice/name") } } };
}

function formatOf(body: Fields): Fields {
  const format = objectOf(body, "text")?.["format"];
  if (absent(format)) return {};
  const given = fieldsAt(format, "/text/format");
  switch (given["type"]) {
    case "text":
      return {};
    case "json_object":
      return { response_format: { type: "json_object" } };
    case "json_schema": {
      const named = {
        name: textAt(given["name"], "/text/format/name"),
        schema: fieldsAt(given["schema"], "/text/format/schema"),
        ...present(given, ["strict", "description"]),
      };
      return { response_format: { type: "json_schema", json_schema: named } };
    }
    default:
      return bad("/text/format/type", "must be text, json_object or json_schema");
  }
}

/** OpenRouter's callers may bound thoughts by tokens; others by effort alone. */
function effortOf(body: Fields): Fields {
  const given = objectOf(body, "reasoning");
  if (given === null) return {};
  const reasoning = present(given, ["max_tokens", "enabled"]);
  const { effort } = given;
  const asked = absent(effort) ? null : textAt(effort, "/reasoning/effort");
  if (Object.keys(reasoning).length === 0) return asked === null ? {} : { reasoning_effort: asked };
  return { reasoning: { ...reasoning, ...(asked !== null && { effort: asked }) } };
}

/** What an answer repeats of what was asked, with what counts where nothing was said. */
function echoOf(body: Fields): Fields {
  const tools = Array.isArray(body["tools"]) ? (body["tools"] as Fields[]) : [];
  return {
    frequency_penalty: 0,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    metadata: objectOf(body, "metadata") ?? {},
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    presence_penalty: 0,
    previous_response_id: null,
    reasoning: { effort: objectOf(body, "reasoning")?.["effort"] ?? null, summary: null },
    store: false,
    temperature: body["temperature"] ?? 1,
    text: { format: objectOf(body, "text")?.["format"] ?? { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: tools.map((tool) =>
      tool["type"] === "function"
        ? { ...tool, strict: tool["strict"] ?? null, parameters: tool["parameters"] ?? null }
        : tool,
    ),
    top_p: body["top_p"] ?? 1,
    truncation: "disabled",
    ...present(body, ["user"]),
  };
}
