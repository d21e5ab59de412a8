/** The texts of Messages: answers, events, errors. */
import type { Behaviour } from "../play/behaviour.ts";
import { thoughtIn, type Generation } from "../bills/bill.ts";
import { streamError, type Refusal } from "../answers/errors.ts";
import type { Plan } from "../play/plan.ts";
import { isObject } from "../request.ts";
import { pagesOf, type Page } from "../play/search.ts";
import type { Chunks } from "../answers/wire.ts";
import { seal, signatureOf } from "../play/thought.ts";
import { nameOf } from "./anthropic-request.ts";

const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};
const STOPS = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" } as const;

export const anthropicError = ({ status, message }: Refusal): string =>
  JSON.stringify({ type: "error", error: { type: TYPES[status] ?? "api_error", message }, request_id: null });

function usageOf(generation: Generation, zero: boolean) {
  const { prompt, cached, completion, written = 0, writtenHour = 0, searches } = generation.counts;
  const of = (value: number) => (zero ? 0 : value);
  return {
    input_tokens: of(prompt - cached - written),
    cache_creation_input_tokens: of(written),
    cache_read_input_tokens: of(cached),
    cache_creation: {
      ephemeral_5m_input_tokens: of(written - writtenHour),
      ephemeral_1h_input_tokens: of(writtenHour),
    },
    output_tokens: of(completion),
    output_tokens_details: { thinking_tokens: of(thoughtIn(generation)) },
    ...(searches !== undefined && {
      server_tool_use: { web_search_requests: of(searches), web_fetch_requests: 0 },
    }),
    service_tier: "standard",
  };
}

const headOf = (generation: Generation) => ({
  id: generation.id,
  type: "message",
  role: "assistant",
  model: nameOf(generation.model),
});

type Call = { id?: string; function: { name?: string; arguments: string } };
type Delta = { content?: string | null; tool_calls?: Call[]; reasoning?: string | null; sealed?: string };

/** A whole answer. */
export function messageText(generation: Generation, plan: Plan, behaviour: Behaviour): string {
  const said = JSON.parse(plan.message) as Delta;
  const calls = (said.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
    type: "tool_use",
    id,
    name,
    input: inputOf(args),
  }));
  const pages = pagesOf(generation.counts.searches ?? 0);
  const citations = pages.length > 0 ? { citations: pages.map(citationOf) } : {};
  const text = said.content ? [{ type: "text", text: said.content, ...citations }] : [];
  const { reasoning, sealed } = said;
  const thoughts = [
    ...(typeof reasoning === "string"
      ? [{ type: "thinking", thinking: reasoning, signature: signatureOf(reasoning) }]
      : []),
    ...(sealed === undefined ? [] : [{ type: "redacted_thinking", data: sealed }]),
  ];
  const usage = behaviour.usage === "none" ? {} : { usage: usageOf(generation, behaviour.usage === "zero") };
  return JSON.stringify({
    ...headOf(generation),
    content: [...thoughts, ...pages.flatMap(searchBlocks), ...text, ...calls],
    stop_reason: STOPS[plan.finish],
    stop_sequence: null,
    ...usage,
  });
}

const citationOf = ({ url, title, text }: Page) => ({
  type: "web_search_result_location",
  url,
  title,
  cited_text: text,
  encrypted_index: "sandbox",
});

/** That it searched, and what it found. */
const searchBlocks = ({ url, title, text }: Page, at: number) => {
  const id = `srvtoolu_${at + 1}`;
  const caller = { type: "direct" };
  const found = { type: "web_search_result", url, title, encrypted_content: seal(text), page_age: null };
  return [
    { type: "server_tool_use", id, name: "web_search", input: { query: title }, caller },
    { type: "web_search_tool_result", tool_use_id: id, content: [found], caller },
  ];
};

/** Arguments that were cut off are none. */
function inputOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const event = (type: string, rest: Record<string, unknown>): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

type Kind = "text" | "tool" | "search" | "thought" | "sealed";

/** The blocks of one stream, of which one is open at a time. */
function blocks() {
  let index = -1;
  let open: Kind | null = null;
  let thought = "";
  const delta = (value: Record<string, unknown>): string =>
    event("content_block_delta", { index, delta: value });
  /** A thought ends with its signature. */
  const close = (): string => {
    if (open === null) return "";
    const signed =
      open === "thought" ? delta({ type: "signature_delta", signature: signatureOf(thought) }) : "";
    return signed + event("content_block_stop", { index });
  };
  const begin = (kind: Kind, block: Record<string, unknown>): string => {
    const before = close();
    index += 1;
    open = kind;
    return before + event("content_block_start", { index, content_block: block });
  };
  const think = (text: string): string => {
    thought += text;
    const block = { type: "thinking", thinking: "", signature: "" };
    const opening = open === "thought" ? "" : begin("thought", block);
    return opening + (text === "" ? "" : delta({ type: "thinking_delta", thinking: text }));
  };
  /** What it searches for is said after the block has begun. */
  const search = ({ input, ...block }: Record<string, unknown>): string => {
    if (input === undefined) return begin("search", block);
    const json = JSON.stringify(input);
    const pieces = [json.slice(0, 5), json.slice(5)];
    return (
      begin("search", { ...block, input: {} }) +
      pieces.map((partial_json) => delta({ type: "input_json_delta", partial_json })).join("")
    );
  };
  return { isOpen: (kind: Kind): boolean => open === kind, delta, close, begin, think, search };
}

/** The events of one stream. A block begins with its first content and ends with the next one, or with the answer. */
export function eventsOf(generation: Generation, behaviour: Behaviour): Chunks {
  const { isOpen, delta, close, begin, think, search } = blocks();
  const pages = pagesOf(generation.counts.searches ?? 0);
  let searched = false;
  const ending = (plan: Plan): string =>
    event("message_delta", {
      delta: { stop_reason: STOPS[plan.finish], stop_sequence: null },
      ...(behaviour.usage === "none" ? {} : { usage: usageOf(generation, behaviour.usage === "zero") }),
    });
  return {
    preamble: () =>
      event("message_start", {
        message: {
          ...headOf(generation),
          content: [],
          stop_reason: null,
          stop_sequence: null,
          ...(behaviour.usage === "none"
            ? {}
            : { usage: { ...usageOf(generation, false), output_tokens: 1 } }),
        },
      }) + event("ping", {}),
    content(text) {
      const said = JSON.parse(text) as Delta;
      const { reasoning, sealed } = said;
      if (typeof reasoning === "string") return think(reasoning);
      if (sealed !== undefined) return begin("sealed", { type: "redacted_thinking", data: sealed });
      let found = "";
      if (!searched) for (const block of pages.flatMap(searchBlocks)) found += search(block);
      searched = true;
      const call = said.tool_calls?.[0];
      if (call?.id !== undefined)
        return found + begin("tool", { type: "tool_use", id: call.id, name: call.function.name, input: {} });
      if (call) return delta({ type: "input_json_delta", partial_json: call.function.arguments });
      const start = isOpen("text") ? "" : found + begin("text", { type: "text", text: "" });
      return start + delta({ type: "text_delta", text: said.content ?? "" });
    },
    // Usage comes with the reason: a stream that is cut before it says neither.
    finish(plan) {
      if (behaviour.cutBeforeUsage) return close();
      const end = ending(plan);
      const cited = isOpen("text")
        ? pages.map((page) => delta({ type: "citations_delta", citation: citationOf(page) }))
        : [];
      return cited.join("") + close() + end + (behaviour.usage === "doubled" ? end : "");
    },
    usage: () => "",
    usageSoFar: () => null,
    error: (status) =>
      event("error", {
        error: { type: TYPES[status] ?? "api_error", message: String(streamError(status)["message"]) },
      }),
    broken: () =>
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"te\n\n`,
  };
}
