/** The items that a response is asked with, as messages of a chat. Pure. */
import { isSearchTool } from "../../call/search/search.ts";
import { unpacked } from "./thoughts.ts";
import { bad, isFields, listAt, present, textAt, unpriced, type Fields } from "../fields.ts";

const MOST_ITEMS = 2_000;
const MOST_PARTS = 100_000;
const ROLES: Readonly<Record<string, string>> = {
  user: "user",
  assistant: "assistant",
  system: "system",
  // Not every model knows developers.
  developer: "system",
};

/** A text, or items in the order in which they came about. */
export function messagesOf(input: unknown): Fields[] {
  if (typeof input === "string") {
    if (input === "") bad("/input", "must not be empty");
    return [{ role: "user", content: input }];
  }
  const items = listAt(input, "/input", MOST_ITEMS);
  const messages: Fields[] = [];
  /** Those of which the message that they led to comes next. */
  let thoughts: Fields[] = [];
  for (const [at, item] of items.entries()) {
    const pointer = `/input/${at}`;
    if (item["type"] === "reasoning") {
      thoughts.push(...unpacked(item["encrypted_content"], `${pointer}/encrypted_content`));
      continue;
    }
    // What it found before is not said again: no other model could read it.
    if (item["type"] === "web_search_call") continue;
    const ledTo = thoughts.length > 0 && isSaid(item);
    if (ledTo) messages.push({ role: "assistant", content: null, reasoning_details: thoughts });
    thoughts = [];
    add(messages, item, pointer);
  }
  return messages.length === 0 ? bad("/input", "must hold at least one message") : messages;
}

/** By the model itself. */
const isSaid = ({ type = "message", role }: Fields): boolean =>
  type === "function_call" || (type === "message" && role === "assistant");

function add(messages: Fields[], item: Fields, pointer: string): void {
  switch (item["type"] ?? "message") {
    case "message":
      addMessage(messages, messageOf(item, pointer));
      return;
    case "function_call":
      addCall(messages, {
        id: textAt(item["call_id"], `${pointer}/call_id`),
        type: "function",
        function: {
          name: textAt(item["name"], `${pointer}/name`),
          arguments: textAt(item["arguments"], `${pointer}/arguments`),
        },
      });
      return;
    case "function_call_output":
      messages.push({
        role: "tool",
        tool_call_id: textAt(item["call_id"], `${pointer}/call_id`),
        content: textIn(item["output"], `${pointer}/output`),
      });
      return;
    case "item_reference":
      return bad(pointer, "names an item of before, and nothing is kept between calls");
    default:
      return unpriced(`${pointer}/type`);
  }
}

/** What thoughts led to is said in the same message. */
function addMessage(messages: Fields[], message: Fields): void {
  const last = messages.at(-1);
  const began = last?.["content"] === null && !("tool_calls" in last);
  if (began && message["role"] === "assistant") last["content"] = message["content"];
  else messages.push(message);
}

/** Calls that follow one another belong to one message, together with what was said before them. */
function addCall(messages: Fields[], call: Fields): void {
  const last = messages.at(-1);
  if (last?.["role"] !== "assistant") {
    messages.push({ role: "assistant", content: null, tool_calls: [call] });
    return;
  }
  const calls = Array.isArray(last["tool_calls"]) ? (last["tool_calls"] as unknown[]) : [];
  last["tool_calls"] = [...calls, call];
}

function messageOf(item: Fields, pointer: string): Fields {
  const given = item["role"];
  const role = typeof given === "string" ? ROLES[given] : undefined;
  if (role === undefined) return bad(`${pointer}/role`, "must be user, assistant, system or developer");
  const at = `${pointer}/content`;
  if (role !== "user") return { role, content: textIn(item["content"], at) };
  if (typeof item["content"] === "string") return { role, content: item["content"] };
  const parts = listAt(item["content"], at, MOST_PARTS).map((part, index) => partOf(part, `${at}/${index}`));
  if (parts.length === 0) bad(at, "must hold at least one part");
  return { role, content: parts.some(({ type }) => type !== "text") ? parts : parts.map(textOf).join("\n") };
}

const textOf = (part: Fields): string => String(part["text"]);

function partOf(part: Fields, pointer: string): Fields {
  switch (part["type"]) {
    case "input_text":
    case "output_text":
      return { type: "text", text: textAt(part["text"], `${pointer}/text`) };
    case "input_image": {
      const url = textAt(part["image_url"], `${pointer}/image_url`);
      return { type: "image_url", image_url: { url, ...present(part, ["detail"]) } };
    }
    default:
      return unpriced(`${pointer}/type`);
  }
}

/** A text, or parts of which each is one. */
function textIn(value: unknown, pointer: string): string {
  if (typeof value === "string") return value;
  const parts = listAt(value, pointer, MOST_PARTS);
  return parts.map((part, at) => textPart(part, `${pointer}/${at}`)).join("");
}

const TEXTS = new Set(["input_text", "output_text", "text"]);

function textPart(part: Fields, pointer: string): string {
  if (TEXTS.has(String(part["type"]))) return textAt(part["text"], `${pointer}/text`);
  if (part["type"] === "refusal") return textAt(part["refusal"], `${pointer}/refusal`);
  return unpriced(`${pointer}/type`);
}

/** Tools that the caller runs; all others would run elsewhere, at a price. A search is asked for otherwise. */
export function toolsOf(tools: unknown, most: number): Fields[] {
  return listAt(tools, "/tools", most).flatMap((tool, at) => {
    if (isSearchTool(tool)) return [];
    if (tool["type"] !== "function") unpriced(`/tools/${at}/type`);
    const { parameters } = tool;
    return {
      type: "function",
      function: {
        name: textAt(tool["name"], `/tools/${at}/name`),
        ...present(tool, ["description", "strict"]),
        parameters: isFields(parameters) ? parameters : {},
      },
    };
  });
}
