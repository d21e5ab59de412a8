/** Blocks of Anthropic's messages as messages of a chat. Pure. */
import { findOf, findsOf } from "../../../../vendors/llm/index.ts";
import { bad, fieldsAt, isFields, listAt, textAt, unpriced, type Fields } from "../fields.ts";
import { detailOf } from "./thinking.ts";

const MOST_BLOCKS = 100_000;

export type Blocks = {
  /** Whether breakpoints of the provider's cache mean something where the call goes. */
  caches: boolean;
};

/** What the system is told; null when nothing. */
export function systemOf(system: unknown, how: Blocks): Fields | null {
  if (system === undefined || system === null || system === "") return null;
  if (typeof system === "string") return { role: "system", content: system };
  const parts = listAt(system, "/system", MOST_BLOCKS).map((block, at) => {
    if (block["type"] !== "text") unpriced(`/system/${at}/type`);
    return textPart(block, `/system/${at}`, how);
  });
  return parts.length === 0 ? null : { role: "system", content: simplest(parts) };
}

/** One message may become several: what tools said are messages of their own in a chat. */
export function messagesOf(message: Fields, pointer: string, how: Blocks): Fields[] {
  const { role, content } = message;
  if (role !== "user" && role !== "assistant") return bad(`${pointer}/role`, "must be user or assistant");
  if (typeof content === "string") return [{ role, content }];
  const blocks = listAt(content, `${pointer}/content`, MOST_BLOCKS);
  const at = `${pointer}/content`;
  return role === "user" ? fromUser(blocks, at, how) : [fromAssistant(blocks, at)];
}

function fromUser(blocks: readonly Fields[], pointer: string, how: Blocks): Fields[] {
  const results: Fields[] = [];
  const parts: Fields[] = [];
  for (const [index, block] of blocks.entries()) {
    const at = `${pointer}/${index}`;
    if (block["type"] === "tool_result") {
      const { text, images } = resultOf(block, at);
      const id = textAt(block["tool_use_id"], `${at}/tool_use_id`);
      const content = simplest([{ type: "text", text, ...markOf(block, at, how) }]);
      results.push({ role: "tool", tool_call_id: id, content });
      parts.push(...images);
    } else parts.push(partOf(block, at, how));
  }
  return parts.length === 0 ? results : [...results, { role: "user", content: simplest(parts) }];
}

function partOf(block: Fields, at: string, how: Blocks): Fields {
  if (block["type"] === "text") return textPart(block, at, how);
  if (block["type"] === "image") return imagePart(block, at);
  return unpriced(`${at}/type`);
}

/** A chat's tools answer with text alone; the images that they found come from the user. */
function resultOf(block: Fields, at: string): { text: string; images: Fields[] } {
  const { content, is_error: failed } = block;
  const mark = failed === true ? "Error: " : "";
  if (content === undefined || content === null) return { text: mark.trim(), images: [] };
  if (typeof content === "string") return { text: mark + content, images: [] };
  const texts: string[] = [];
  const images: Fields[] = [];
  for (const [index, each] of listAt(content, `${at}/content`, MOST_BLOCKS).entries()) {
    const place = `${at}/content/${index}`;
    if (each["type"] === "text") texts.push(textAt(each["text"], `${place}/text`));
    else if (each["type"] === "image") images.push(imagePart(each, place));
    else unpriced(`${place}/type`);
  }
  return { text: mark + texts.join("\n"), images };
}

const THOUGHTS = new Set<unknown>(["thinking", "redacted_thinking"]);
/** What it searched and found before: who made it reads it again. */
const FOUND = new Set<unknown>(["server_tool_use", "web_search_tool_result"]);

function fromAssistant(blocks: readonly Fields[], pointer: string): Fields {
  const texts: string[] = [];
  const calls: Fields[] = [];
  const thoughts: Fields[] = [];
  const said: Fields[] = [];
  for (const [index, block] of blocks.entries()) {
    const at = `${pointer}/${index}`;
    if (THOUGHTS.has(block["type"])) {
      const detail = detailOf(block, at, thoughts.length);
      if (!detail) continue;
      thoughts.push(detail);
    } else if (block["type"] === "text") texts.push(textAt(block["text"], `${at}/text`));
    else if (block["type"] === "tool_use")
      calls.push({
        id: textAt(block["id"], `${at}/id`),
        type: "function",
        function: {
          name: textAt(block["name"], `${at}/name`),
          arguments: JSON.stringify(fieldsAt(block["input"] ?? {}, `${at}/input`)),
        },
      });
    else if (!FOUND.has(block["type"])) unpriced(`${at}/type`);
    else if (block["name"] === undefined || block["name"] === "web_search") checkFind(block, at);
    said.push(block);
  }
  const finds = findsOf(said);
  const text = texts.join("");
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(thoughts.length > 0 && { reasoning_details: thoughts }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(finds && { finds }),
  };
}

function checkFind(block: Fields, at: string): void {
  if (findOf(block) === null) bad(at, "must be a search, or what it found, as it was told");
}

const textPart = (block: Fields, at: string, how: Blocks): Fields => ({
  type: "text",
  text: textAt(block["text"], `${at}/text`),
  ...markOf(block, at, how),
});

/** A breakpoint of the provider's cache, where it means something. */
export function markOf(block: Fields, at: string, { caches }: Blocks): Fields {
  const mark = block["cache_control"];
  if (!isFields(mark)) return {};
  const { ttl } = mark;
  if (ttl !== undefined && ttl !== "5m" && ttl !== "1h") unpriced(`${at}/cache_control/ttl`);
  return caches ? { cache_control: { type: "ephemeral", ...(ttl === "1h" && { ttl }) } } : {};
}

function imagePart(block: Fields, at: string): Fields {
  const source = fieldsAt(block["source"], `${at}/source`);
  switch (source["type"]) {
    case "url":
      return imageAt(textAt(source["url"], `${at}/source/url`));
    case "base64": {
      const type = textAt(source["media_type"], `${at}/source/media_type`);
      return imageAt(`data:${type};base64,${textAt(source["data"], `${at}/source/data`)}`);
    }
    default:
      return unpriced(`${at}/source/type`);
  }
}

const imageAt = (url: string): Fields => ({ type: "image_url", image_url: { url } });

/** One plain text as such: not every provider takes parts from everybody. */
function simplest(parts: readonly Fields[]): string | readonly Fields[] {
  const plain = parts.every((part) => part["type"] === "text" && !("cache_control" in part));
  return plain ? parts.map((part) => String(part["text"])).join("\n\n") : parts;
}
