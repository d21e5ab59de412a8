import { SseReader } from "../sse.ts";
import { annotationOf, finishOf, parse, usageOf } from "./answer.ts";
import { findOf, pausedBy } from "./finds.ts";
import { anthropicDetail } from "./thinking.ts";
import { isFields, type Fields } from "./values.ts";

const DONE = "data: [DONE]\n\n";
/** Keeps the connection's silence from being taken for a stall. */
const COMMENT = ": ping\n\n";
/** Ends the stream where it is read: no chunk. */
const BROKEN = "data: {\n\n";

/** Events of a Messages stream as chunks of a chat, on bytes as they arrive. */
export class MessagesStream {
  readonly #sse = new SseReader();
  readonly #createdSeconds: number;
  readonly #finds: boolean;
  #id: unknown = null;
  #model: unknown = null;
  /** What was said of usage so far; later figures are of the whole. */
  #usage: Fields = {};
  /** How long the text is, and where that of the open block begins. */
  #length = 0;
  #blockStart = 0;
  /** Which thought the open block is, where it is one. */
  #thought = -1;
  /** Which call each block of a tool is. */
  readonly #calls = new Map<unknown, number>();
  /** What it searches for, while that is being said. */
  #searching: { index: unknown; block: Fields; input: string } | null = null;

  /** `finds`: blocks of what it searched and found are told too. */
  constructor(createdSeconds: number, finds = false) {
    this.#createdSeconds = createdSeconds;
    this.#finds = finds;
  }

  /** The chunks that these bytes complete; empty while there are none. */
  push(bytes: Buffer): Buffer {
    try {
      return Buffer.from(
        this.#sse
          .push(bytes)
          .map(({ data }) => this.#read(parse(data)))
          .join(""),
      );
    } catch (error) {
      if (error instanceof RangeError) return Buffer.from(BROKEN);
      throw error;
    }
  }

  #read(event: Fields | null): string {
    if (event === null) return BROKEN;
    switch (event["type"]) {
      case "message_start":
        return this.#start(event["message"]);
      case "content_block_start":
        return this.#block(event["index"], event["content_block"]);
      case "content_block_delta":
        return this.#delta(event["index"], event["delta"]);
      case "message_delta":
        return this.#end(event["delta"], event["usage"]);
      case "message_stop":
        return DONE;
      case "error":
        // Whose words they are stays with us; that there is one is all that is read.
        return `data: {"error":{"message":"The provider failed","type":"server_error"}}\n\n`;
      case "content_block_stop":
        return this.#stop(event["index"]);
      case "ping":
        return COMMENT;
      default:
        // Kinds of event may be added at any time.
        return COMMENT;
    }
  }

  #start(message: unknown): string {
    if (!isFields(message)) return BROKEN;
    this.#id = message["id"];
    this.#model = message["model"];
    if (isFields(message["usage"])) this.#usage = message["usage"];
    return this.#chunk({ role: "assistant", content: "" });
  }

  #block(index: unknown, block: unknown): string {
    if (!isFields(block)) return BROKEN;
    this.#blockStart = this.#length;
    if (block["type"] === "text" && block["text"]) return this.#text(block["text"]);
    if (block["type"] === "thinking" || block["type"] === "redacted_thinking") return this.#think(block);
    if (block["type"] === "web_search_tool_result") return this.#find(block);
    if (block["type"] === "server_tool_use") this.#searching = { index, block, input: "" };
    if (block["type"] !== "tool_use") return COMMENT;
    const call = this.#calls.size;
    this.#calls.set(index, call);
    const { id, name } = block;
    return this.#chunk({
      tool_calls: [{ index: call, id, type: "function", function: { name, arguments: "" } }],
    });
  }

  #delta(index: unknown, delta: unknown): string {
    if (!isFields(delta)) return BROKEN;
    switch (delta["type"]) {
      case "text_delta":
        return this.#text(delta["text"]);
      case "citations_delta": {
        const annotation = annotationOf(delta["citation"], [this.#blockStart, this.#length], this.#finds);
        return annotation ? this.#chunk({ annotations: [annotation] }) : COMMENT;
      }
      case "thinking_delta":
        return this.#thinks({ text: delta["thinking"] });
      case "signature_delta":
        return this.#thinks({ signature: delta["signature"] });
      case "input_json_delta": {
        if (this.#searching && this.#searching.index === index)
          this.#searching.input += String(delta["partial_json"]);
        const call = this.#calls.get(index);
        if (call === undefined || delta["partial_json"] === "") return COMMENT;
        return this.#chunk({ tool_calls: [{ index: call, function: { arguments: delta["partial_json"] } }] });
      }
      default:
        return COMMENT;
    }
  }

  /** A search is told once it is known what for. */
  #stop(index: unknown): string {
    const searching = this.#searching;
    if (searching === null || searching.index !== index) return COMMENT;
    this.#searching = null;
    const { block, input } = searching;
    return this.#find(input === "" ? block : { ...block, input: parse(Buffer.from(input)) });
  }

  #find(block: Fields): string {
    const find = this.#finds ? findOf(block) : null;
    return find ? this.#chunk({ finds: { blocks: [find] } }) : COMMENT;
  }

  #think(block: Fields): string {
    this.#thought += 1;
    if (block["type"] === "redacted_thinking") return this.#thinks({ data: block["data"] });
    return block["thinking"] ? this.#thinks({ text: block["thinking"] }) : COMMENT;
  }

  #thinks(said: { text: unknown } | { signature: unknown } | { data: unknown }): string {
    const details = { reasoning_details: [anthropicDetail(this.#thought, said)] };
    return this.#chunk("text" in said ? { reasoning: said.text, ...details } : details);
  }

  #text(content: unknown): string {
    this.#length += String(content).length;
    return this.#chunk({ content });
  }

  #end(delta: unknown, usage: unknown): string {
    const reason = isFields(delta) ? delta["stop_reason"] : null;
    const { paused } = pausedBy(reason);
    const last = paused && this.#finds ? { finds: { paused } } : {};
    let text = typeof reason === "string" ? this.#chunk(last, finishOf(reason)) : COMMENT;
    if (!isFields(usage)) return text;
    this.#usage = { ...this.#usage, ...usage };
    const told = usageOf(this.#usage);
    if (told) text += this.#event({ choices: [], usage: told });
    return text;
  }

  #chunk(delta: Fields, finish: string | null = null): string {
    return this.#event({ choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }] });
  }
  #event(rest: Fields): string {
    const head = {
      id: this.#id,
      object: "chat.completion.chunk",
      created: this.#createdSeconds,
      model: this.#model,
    };
    return `data: ${JSON.stringify({ ...head, ...rest })}\n\n`;
  }
}
