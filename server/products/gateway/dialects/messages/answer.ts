/** A chat's answer as Anthropic tells a message. Pure. */
import { inOrder, type Usage } from "../../../../vendors/llm/index.ts";
import type { Told } from "../dialect.ts";
import { citedIn, isFields, textOr, toolCallsOf, wholeOf, type Cited, type Fields } from "../fields.ts";
import { thoughtsIn } from "./thinking.ts";

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  function_call: "tool_use",
  content_filter: "refusal",
};

/** `finds`: what the provider told of its searches; a turn that it paused goes on when it is sent again. */
export function stopReasonOf(finish: string | null, finds: unknown): string {
  if (isFields(finds) && finds["paused"] === true) return "pause_turn";
  return STOP_REASONS[finish ?? ""] ?? "end_turn";
}

/** What was charged for, in Anthropic's disjoint counts. */
export const messagesUsage = (usage: Usage) => ({
  input_tokens: usage.inputTokens,
  cache_creation_input_tokens: usage.cacheWriteTokens,
  cache_read_input_tokens: usage.cacheReadTokens,
  cache_creation: {
    ephemeral_5m_input_tokens: usage.cacheWriteTokens - (usage.cacheWrite1hTokens ?? 0),
    ephemeral_1h_input_tokens: usage.cacheWrite1hTokens ?? 0,
  },
  output_tokens: usage.outputTokens,
  output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  server_tool_use: usage.webSearches
    ? { web_search_requests: usage.webSearches, web_fetch_requests: 0 }
    : null,
});

/** A message without what only its end tells. */
export const messageOf = ({ chat, requestId }: Told, model: string | null) => ({
  id: `msg_${requestId.replace(/^req_/, "")}`,
  type: "message",
  role: "assistant",
  model: model ?? chat.model,
  container: null,
  stop_details: null,
  stop_sequence: null,
});

export function answerOf(body: Buffer, told: Told, usage: Usage): Buffer {
  const { message, finish, model } = wholeOf(body);
  return Buffer.from(
    JSON.stringify({
      ...messageOf(told, model),
      content: blocksOf(message),
      stop_reason: stopReasonOf(finish, message["finds"]),
      usage: { ...messagesUsage(usage), service_tier: "standard", inference_geo: null },
    }),
  );
}

export const textBlock = (text: string, cited: readonly Cited[] = []) => ({
  type: "text",
  text,
  citations: cited.length === 0 ? null : cited.map(citationOf),
});
/** What another provider marks it by is not known here. */
export const citationOf = ({ url, title, text, mark = "" }: Cited) => ({
  type: "web_search_result_location",
  url,
  title,
  cited_text: text,
  encrypted_index: mark,
});
export const thinkingBlock = (thinking: string, signature: string) => ({
  type: "thinking",
  thinking,
  signature,
});
export const redactedBlock = (data: string) => ({ type: "redacted_thinking", data });
export const toolBlock = (id: string, name: string, input: Fields) => ({
  type: "tool_use",
  id,
  name,
  input,
  caller: { type: "direct" },
});

export const findBlock = (block: Fields) => ({ ...block, caller: { type: "direct" } });

function blocksOf(message: Fields): unknown[] {
  const text = textOr(message["content"], "") + textOr(message["refusal"], "");
  const thoughts = thoughtsIn(message).map((thought) =>
    thought.kind === "redacted"
      ? redactedBlock(thought.data)
      : thinkingBlock(thought.text, thought.signature),
  );
  const calls = toolCallsOf(message).map(({ id, name, text: input }) => toolBlock(id, name, inputOf(input)));
  const cited = citedIn(message);
  const citedFor = (piece: string, start: number): Cited[] =>
    piece === text ? cited : cited.filter((each) => each.start >= start && each.start < start + piece.length);
  return inOrder<object>(
    message["finds"],
    { thoughts, calls, text },
    { text: (piece, start) => [textBlock(piece, citedFor(piece, start))], find: findBlock },
  );
}

/** A call that was cut has no whole input; it is told as one without. */
function inputOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
