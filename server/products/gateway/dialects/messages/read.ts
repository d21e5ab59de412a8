import type { Chat, Search } from "../../call/chat.ts";
import { isAnthropicSearch, searchByAnthropic } from "../../call/search/search.ts";
import {
  absent,
  integer,
  MAX_MESSAGES,
  MAX_TOOLS,
  modelOf,
  objectOf,
  readBody,
  streamOf,
} from "../../call/read-chat.ts";
import {
  bad,
  fieldsAt,
  isFields,
  listAt,
  namesOfRest,
  present,
  textAt,
  unpriced,
  type Fields,
} from "../fields.ts";
import { markOf, messagesOf, systemOf, type Blocks } from "./blocks.ts";
import { effortOf, thinkingOf } from "./thinking.ts";

/** Said to the chat as they are. */
const SAME = ["temperature", "top_p", "top_k", "provider", "holdfast"];
const KNOWN = new Set([
  ...SAME,
  "model",
  "messages",
  "max_tokens",
  "system",
  "tools",
  "tool_choice",
  "stop_sequences",
  "thinking",
  "metadata",
  "stream",
  "service_tier",
  "output_config",
  "output_format",
  "cache_control",
]);
/** What runs at Anthropic and costs there by itself. */
const UNPRICED = ["container", "mcp_servers"];
/** Models that know breakpoints of their cache; others refuse the word, or cache by themselves. */
const CACHING = "anthropic/";

/** Reads Anthropic's body of a message as a chat; 400 with the field at fault. Who only counts names no maximum. */
export function readMessages(given: unknown, { counting = false } = {}): Chat {
  const { body } = readBody(given);
  const model = modelOf(body);
  for (const name of UNPRICED)
    if (!absent(body[name]) && !(Array.isArray(body[name]) && body[name].length === 0)) unpriced(`/${name}`);
  const tier = body["service_tier"];
  if (!absent(tier) && tier !== "auto" && tier !== "standard_only") unpriced("/service_tier");
  const maxTokens = integer(body, "max_tokens");
  if (maxTokens === null && !counting) bad("/max_tokens", "must be an integer from 1");
  objectOf(body, "provider");
  const stream = streamOf(body);
  const how = { caches: model.startsWith(CACHING) };
  const search = counting ? null : searchIn(body);
  const asked: Fields = {
    model,
    messages: allMessages(body, how),
    ...present(body, SAME),
    ...toolsOf(body, how),
    ...thinkingOf(body, maxTokens),
    ...effortOf(body),
    ...formatOf(body),
    ...stopOf(body),
    ...userOf(body),
    ...markOf(body, "", how),
    ...(stream ? { stream } : {}),
    ...(search && { web_search_options: search.options }),
  };
  return {
    endpoint: "messages",
    task: "chat",
    body: asked,
    bytes: Buffer.from(JSON.stringify(asked)),
    repeatsFields: false,
    model,
    stream,
    wantsUsage: false,
    choices: 1,
    maxTokens,
    dropped: namesOfRest(body, KNOWN),
    ...(search && { search }),
  };
}

function allMessages(body: Fields, how: Blocks): Fields[] {
  const messages = listAt(body["messages"], "/messages", MAX_MESSAGES);
  if (messages.length === 0) bad("/messages", "must hold at least one message");
  const system = systemOf(body["system"], how);
  const said = messages.flatMap((message, at) => messagesOf(message, `/messages/${at}`, how));
  if (said.length === 0) bad("/messages", "must say something");
  return system ? [system, ...said] : said;
}

function searchIn({ tools }: Fields): Search | null {
  if (absent(tools)) return null;
  const all = listAt(tools, "/tools", MAX_TOOLS);
  const at = all.findIndex(isAnthropicSearch);
  const tool = all[at];
  return tool ? searchByAnthropic(tool, `/tools/${at}`) : null;
}

function toolsOf(body: Fields, how: Blocks): Fields {
  if (absent(body["tools"])) return {};
  const tools = listAt(body["tools"], "/tools", MAX_TOOLS).flatMap((tool, at) => {
    if (isAnthropicSearch(tool)) return [];
    // Anything else runs at Anthropic, or is a form of prompt that other models do not know.
    if (!absent(tool["type"]) && tool["type"] !== "custom") unpriced(`/tools/${at}/type`);
    return {
      type: "function",
      function: {
        name: textAt(tool["name"], `/tools/${at}/name`),
        ...present(tool, ["description", "strict"]),
        parameters: fieldsAt(tool["input_schema"], `/tools/${at}/input_schema`),
      },
      ...markOf(tool, `/tools/${at}`, how),
    };
  });
  return tools.length === 0 ? {} : { tools, ...choiceOf(body["tool_choice"]) };
}

function choiceOf(choice: unknown): Fields {
  if (absent(choice)) return {};
  const { type, name, disable_parallel_tool_use: single } = fieldsAt(choice, "/tool_choice");
  const alone = single === true ? { parallel_tool_calls: false } : {};
  switch (type) {
    case "auto":
    case "none":
      return { tool_choice: type, ...alone };
    case "any":
      return { tool_choice: "required", ...alone };
    case "tool":
      return {
        tool_choice: { type: "function", function: { name: textAt(name, "/tool_choice/name") } },
        ...alone,
      };
    default:
      return bad("/tool_choice/type", "must be auto, any, tool or none");
  }
}

/** An answer in JSON by a schema. */
function formatOf(body: Fields): Fields {
  const format = objectOf(body, "output_config")?.["format"] ?? body["output_format"];
  if (absent(format)) return {};
  const at = "/output_config/format";
  const { type, schema } = fieldsAt(format, at);
  if (type !== "json_schema") return bad(`${at}/type`, "must be json_schema");
  const named = { name: "answer", strict: true, schema: fieldsAt(schema, `${at}/schema`) };
  return { response_format: { type: "json_schema", json_schema: named } };
}

function stopOf(body: Fields): Fields {
  const stop = body["stop_sequences"];
  if (absent(stop)) return {};
  if (!Array.isArray(stop) || !stop.every((each) => typeof each === "string"))
    return bad("/stop_sequences", "must be a list of texts");
  return stop.length === 0 ? {} : { stop };
}

function userOf(body: Fields): Fields {
  const metadata = objectOf(body, "metadata");
  return isFields(metadata) && typeof metadata["user_id"] === "string" ? { user: metadata["user_id"] } : {};
}
