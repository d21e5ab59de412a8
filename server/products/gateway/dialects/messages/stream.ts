/** A chat's stream as Anthropic tells one: blocks that open, grow and close. */
import { anthropicBody } from "../../../../platform/http/index.ts";
import { Problem, type ProblemKind } from "../../../../platform/problem.ts";
import type { Usage } from "../../../../vendors/llm/index.ts";
import { costComment, type Tail, type ToldCost } from "../../keys/kept-answer.ts";
import type { Told, Voice } from "../dialect.ts";
import { citedIn, hear, isFields, listOf, namedEvent, textOr, type Fields } from "../fields.ts";
import {
  citationOf,
  findBlock,
  messageOf,
  messagesUsage,
  redactedBlock,
  stopReasonOf,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "./answer.ts";
import { thoughtsIn, type Thought } from "./thinking.ts";

/** Written at the end: the block that is still open, and why the model stopped. */
type End = { open: number | null; stopReason: string; usage: ReturnType<typeof messagesUsage> };

const NOTHING_YET = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: null,
  output_tokens: 0,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: null,
};

export class MessagesVoice implements Voice {
  readonly readsAll = true;
  readonly #told: Told;
  #started = false;
  #blocks = 0;
  #open: { index: number; kind: string } | null = null;
  /** Which thought the last block of thoughts is. */
  #thought: unknown = null;
  /** The block of each tool call, by its place in the chat. */
  readonly #calls = new Map<number, number>();
  #finish: string | null = null;
  /** What was last told of searches. */
  #finds: unknown = null;

  constructor(told: Told) {
    this.#told = told;
  }

  say(event: Buffer): Buffer | null {
    const heard = hear(event);
    if (heard === null) return null;
    const { delta, finish, model } = heard;
    let text = this.#started ? "" : this.#start(model);
    for (const thought of thoughtsIn(delta)) text += this.#think(thought);
    const { finds } = delta;
    if (isFields(finds)) {
      this.#finds = finds;
      for (const block of listOf(finds["blocks"])) text += this.#find(block);
    }
    const said = textOr(delta["content"], "") + textOr(delta["refusal"], "");
    if (said !== "") text += this.#grow(textBlock(""), { type: "text_delta", text: said });
    for (const cited of citedIn(delta))
      text += this.#grow(textBlock(""), { type: "citations_delta", citation: citationOf(cited) });
    for (const call of listOf(delta["tool_calls"])) text += this.#call(call);
    this.#finish = finish ?? this.#finish;
    return text === "" ? null : Buffer.from(text);
  }

  tail(usage: Usage): Tail {
    const end: End = {
      open: this.#open?.index ?? null,
      stopReason: stopReasonOf(this.#finish, this.#finds),
      usage: messagesUsage(usage),
    };
    return end;
  }

  breakOff(kind: ProblemKind): Buffer {
    const { body } = anthropicBody(new Problem(kind), this.#told.requestId);
    return Buffer.from(`event: error\ndata: ${JSON.stringify(body)}\n\n`);
  }

  #start(model: string | null): string {
    this.#started = true;
    const head = messageOf(this.#told, model);
    const message = { ...head, content: [], stop_reason: null, usage: NOTHING_YET };
    return namedEvent({ type: "message_start", message });
  }

  /** A thought ends with its signature, or where another begins. */
  #think(thought: Thought): string {
    if (thought.kind === "redacted") return this.#openBlock(redactedBlock(thought.data));
    const { index, text, signature } = thought;
    const goesOn = this.#open?.kind === "thinking" && (text === "" || this.#thought === index);
    const opening = goesOn ? "" : this.#openBlock(thinkingBlock("", ""));
    this.#thought = index;
    const at = this.#open?.index ?? 0;
    return (
      opening +
      (text === "" ? "" : this.#add(at, { type: "thinking_delta", thinking: text })) +
      (signature === "" ? "" : this.#add(at, { type: "signature_delta", signature }))
    );
  }

  /** What it searches for comes after the block's beginning, what it found with it. */
  #find(block: Fields): string {
    const { type, input, ...rest } = findBlock(block) as Fields;
    const begun = { type: String(type), ...rest };
    if (input === undefined) return this.#openBlock(begun);
    const opening = this.#openBlock(Object.assign(begun, { input: {} }));
    const said = { type: "input_json_delta", partial_json: JSON.stringify(input) };
    return opening + this.#add(this.#open?.index ?? 0, said);
  }

  /** Adds to the block of this kind, which is opened first where it is not. */
  #grow(block: { type: string }, delta: Fields): string {
    const opening = this.#open?.kind === block.type ? "" : this.#openBlock(block);
    return opening + this.#add(this.#open?.index ?? 0, delta);
  }

  #openBlock(block: { type: string }): string {
    const closing = this.#open === null ? "" : stopOf(this.#open.index);
    this.#open = { index: this.#blocks, kind: block.type };
    this.#blocks += 1;
    const { index } = this.#open;
    return closing + namedEvent({ type: "content_block_start", index, content_block: block });
  }

  #add(index: number, delta: Fields): string {
    return namedEvent({ type: "content_block_delta", index, delta });
  }

  /** A call is named by its first piece; the others bring its input. */
  #call(call: Fields): string {
    const place = typeof call["index"] === "number" ? call["index"] : 0;
    const named = isFields(call["function"]) ? call["function"] : {};
    let text = "";
    if (!this.#calls.has(place)) {
      const id = textOr(call["id"], `call_${place}`);
      text = this.#openBlock(toolBlock(id, textOr(named["name"], ""), {}));
      this.#calls.set(place, this.#blocks - 1);
    }
    const input = textOr(named["arguments"], "");
    if (input === "") return text;
    const index = this.#calls.get(place) ?? 0;
    return text + this.#add(index, { type: "input_json_delta", partial_json: input });
  }
}

const stopOf = (index: number): string => namedEvent({ type: "content_block_stop", index });

/** The open block closes, then comes what the whole cost and the end. */
export function streamEnd(cost: ToldCost | null, tail: Tail | null): Buffer {
  const { open, stopReason, usage } = tail as End;
  const delta = { stop_reason: stopReason, stop_sequence: null, stop_details: null, container: null };
  return Buffer.from(
    (open === null ? "" : stopOf(open)) +
      namedEvent({ type: "message_delta", delta, usage }) +
      (cost === null ? "" : costComment(cost)) +
      namedEvent({ type: "message_stop" }),
  );
}
