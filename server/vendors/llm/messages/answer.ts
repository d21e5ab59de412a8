/** An answer of Anthropic's Messages as OpenAI's chat completion. Pure. */
import { findsOf, pausedBy } from "./finds.ts";
import { anthropicDetail } from "./thinking.ts";
import { isFields, type Fields } from "./values.ts";

const FINISH: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** `finish_reason`; "stop" for one that is not known. */
export const finishOf = (reason: unknown): string => FINISH[String(reason)] ?? "stop";

const count = (value: unknown): number =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;

/** Usage in OpenAI's shape, whose prompt holds the cached tokens that Anthropic counts apart; null for what is no usage. */
export function usageOf(value: unknown): Fields | null {
  if (!isFields(value)) return null;
  if (!Number.isSafeInteger(value["input_tokens"]) || !Number.isSafeInteger(value["output_tokens"]))
    return null;
  const read = count(value["cache_read_input_tokens"]);
  const written = count(value["cache_creation_input_tokens"]);
  const prompt = count(value["input_tokens"]) + read + written;
  const output = count(value["output_tokens"]);
  const { output_tokens_details: parts } = value;
  const thought = isFields(parts) ? count(parts["thinking_tokens"]) : 0;
  const { ephemeral_1h_input_tokens: hour } = isFields(value["cache_creation"])
    ? value["cache_creation"]
    : {};
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: {
      cached_tokens: read,
      cache_write_tokens: written,
      ...(hour !== undefined && { cache_write_1h_tokens: count(hour) }),
    },
    completion_tokens_details: { reasoning_tokens: thought },
    server_tool_use_details: {
      web_search_requests: isFields(value["server_tool_use"])
        ? count(value["server_tool_use"]["web_search_requests"])
        : 0,
    },
  };
}

/** Where a text was found, as OpenAI tells it; null for what is no page. `finds`: with the mark by which it is found again there. */
export function annotationOf(
  citation: unknown,
  [start, end]: readonly [number, number],
  finds: boolean,
): Fields | null {
  if (!isFields(citation) || citation["type"] !== "web_search_result_location") return null;
  const { url, title, cited_text: content, encrypted_index } = citation;
  const place = { start_index: start, end_index: end, url, title: title ?? "", content };
  return { type: "url_citation", url_citation: { ...place, ...(finds && { encrypted_index }) } };
}

/** Of all texts, which are told as one. */
function annotationsOf(blocks: readonly Fields[], finds: boolean): Fields[] {
  const all: Fields[] = [];
  let end = 0;
  for (const { type, text, citations } of blocks) {
    if (type !== "text") continue;
    const start = end;
    end += String(text).length;
    for (const citation of Array.isArray(citations) ? (citations as unknown[]) : []) {
      const annotation = annotationOf(citation, [start, end], finds);
      if (annotation) all.push(annotation);
    }
  }
  return all;
}

/** The whole answer; null for one that is malformed or reports an error. `finds`: with the blocks of what it found. */
export function toCompletion(bytes: Buffer, createdSeconds: number, finds = false): Buffer | null {
  const answer = parse(bytes);
  if (answer === null || answer["type"] !== "message" || !Array.isArray(answer["content"])) return null;
  const blocks = (answer["content"] as unknown[]).filter(isFields);
  const textOf = (type: string, member: string) => {
    const texts = blocks.filter((block) => block["type"] === type).map((block) => String(block[member]));
    return texts.length === 0 ? null : texts.join("");
  };
  const calls = blocks
    .filter(({ type }) => type === "tool_use")
    .map(({ id, name, input }) => ({
      id,
      type: "function",
      function: { name, arguments: JSON.stringify(input ?? {}) },
    }));
  const reasoning = textOf("thinking", "thinking");
  const thoughts = blocks
    .filter(({ type }) => type === "thinking" || type === "redacted_thinking")
    .map(({ type, thinking: text, signature, data }, at) =>
      anthropicDetail(at, type === "thinking" ? { text, signature } : { data }),
    );
  const annotations = annotationsOf(blocks, finds);
  const found = finds ? findsOf(blocks) : null;
  const usage = usageOf(answer["usage"]);
  return Buffer.from(
    JSON.stringify({
      id: answer["id"],
      object: "chat.completion",
      created: createdSeconds,
      model: answer["model"],
      choices: [
        {
          index: 0,
          logprobs: null,
          finish_reason: finishOf(answer["stop_reason"]),
          message: {
            role: "assistant",
            content: textOf("text", "text"),
            refusal: null,
            ...(reasoning !== null && { reasoning }),
            ...(thoughts.length > 0 && { reasoning_details: thoughts }),
            ...(calls.length > 0 && { tool_calls: calls }),
            ...(annotations.length > 0 && { annotations }),
            ...(found && { finds: { ...found, ...pausedBy(answer["stop_reason"]) } }),
          },
        },
      ],
      ...(usage && { usage }),
    }),
  );
}

export function parse(bytes: Buffer): Fields | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isFields(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
