/** A chat's stream as events of a response: items that are added, grow and are done. */
import { addMs } from "../../../../platform/clock.ts";
import type { ProblemKind } from "../../../../platform/problem.ts";
import type { Usage } from "../../../../vendors/llm/index.ts";
import { costComment, type Tail, type ToldCost } from "../../keys/kept-answer.ts";
import type { Told, Voice } from "../dialect.ts";
import {
  citedIn,
  hear,
  isFields,
  listOf,
  namedEvent,
  reasoningOf,
  textOr,
  type Cited,
  type Fields,
} from "../fields.ts";
import {
  annotationOf,
  completion,
  endOf,
  headOf,
  itemOf,
  partOf,
  responsesUsage,
  stemOf,
  summaryOf,
  type Made,
  type Status,
} from "./answer.ts";
import { addDetails, detailsIn } from "./thoughts.ts";

/** Written at the end: what is left to close, and the whole response. */
type End = { closing: string; last: Fields & { type: string } };

type Item = { made: Made; index: number; open: boolean };

export class ResponsesVoice implements Voice {
  readonly readsAll = true;
  readonly #told: Told;
  readonly #begunMs = performance.now();
  #model: string | null = null;
  #started = false;
  #sequence = 0;
  readonly #items: Item[] = [];
  /** The item of each tool call, by its place in the chat. */
  readonly #calls = new Map<number, Item>();
  #finish: string | null = null;

  constructor(told: Told) {
    this.#told = told;
  }

  say(event: Buffer): Buffer | null {
    const heard = hear(event);
    if (heard === null) return null;
    const { delta, finish, model } = heard;
    let text = this.#started ? "" : this.#start(model);
    text += this.#think(delta);
    text += this.#grow("text", textOr(delta["content"], ""));
    for (const cited of citedIn(delta)) text += this.#cite(cited);
    text += this.#grow("refusal", textOr(delta["refusal"], ""));
    for (const call of listOf(delta["tool_calls"])) text += this.#call(call);
    this.#finish = finish ?? this.#finish;
    return text === "" ? null : Buffer.from(text);
  }

  tail(usage: Usage): Tail {
    const end = endOf(this.#finish);
    const closing = this.#close(end.status);
    const response = {
      ...headOf(this.#told, this.#model),
      ...end,
      ...completion(end.status, addMs(this.#told.now, performance.now() - this.#begunMs)),
      output: this.#items.map(({ made }) => itemOf(made, end.status)),
      usage: responsesUsage(usage),
    };
    const last: End["last"] = {
      type: `response.${end.status}`,
      sequence_number: this.#sequence,
      response,
    };
    const tail: End = { closing, last };
    return tail;
  }

  breakOff({ title }: ProblemKind): Buffer {
    const response = {
      ...headOf(this.#told, this.#model),
      status: "failed",
      error: { code: "server_error", message: title },
      output: this.#items.map(({ made }) => itemOf(made, "incomplete")),
    };
    return Buffer.from(this.#event("response.failed", { response }));
  }

  #event(type: string, fields: Fields): string {
    const text = namedEvent({ type, sequence_number: this.#sequence, ...fields });
    this.#sequence += 1;
    return text;
  }

  #start(model: string | null): string {
    this.#started = true;
    this.#model = model;
    const response = { ...headOf(this.#told, model), status: "in_progress" };
    return this.#event("response.created", { response }) + this.#event("response.in_progress", { response });
  }

  /** Thoughts that have no text are an item only where they can be sent again. */
  #think(delta: Fields): string {
    const piece = reasoningOf(delta);
    const details = this.#told.chat.resendsThoughts ? detailsIn(delta) : null;
    if (piece === "" && !details?.length) return "";
    const last = this.#items.at(-1);
    const id = this.#idOf("rs");
    const { opening, item } =
      last?.open && last.made.kind === "reasoning"
        ? { opening: "", item: last }
        : this.#open({ kind: "reasoning", id, text: "", ...(details && { details: [] }) });
    if (details && item.made.kind === "reasoning") addDetails((item.made.details ??= []), details);
    if (piece === "") return opening;
    const part = item.made.text === "" ? this.#openSummary(item) : "";
    return opening + part + this.#add(item, piece);
  }

  /** Adds to the item of this kind, which is begun first where the last one is another. */
  #grow(kind: "text" | "refusal", piece: string): string {
    if (piece === "") return "";
    const last = this.#items.at(-1);
    if (last?.open && last.made.kind === kind) return this.#add(last, piece);
    const { opening, item } = this.#open({ kind, id: this.#idOf("msg"), text: "" });
    return opening + this.#add(item, piece);
  }

  /** Of the next item. */
  readonly #idOf = (prefix: string): string => `${prefix}_${stemOf(this.#told)}_${this.#items.length}`;

  /** Of the last text; places are of all that was said. */
  #cite(cited: Cited): string {
    const item = this.#items.findLast(({ made }) => made.kind === "text");
    if (!item?.open || item.made.kind !== "text") return "";
    const all = (item.made.cited ??= []);
    all.push(cited);
    return this.#event("response.output_text.annotation.added", {
      item_id: item.made.id,
      output_index: item.index,
      content_index: 0,
      annotation_index: all.length - 1,
      annotation: annotationOf(cited),
    });
  }

  /** A call is named by its first piece; the others bring its arguments. */
  #call(call: Fields): string {
    const place = typeof call["index"] === "number" ? call["index"] : 0;
    const named = isFields(call["function"]) ? call["function"] : {};
    let text = "";
    let item = this.#calls.get(place);
    if (item === undefined) {
      const begun = this.#open({
        kind: "call",
        id: this.#idOf("fc"),
        text: "",
        callId: textOr(call["id"], `call_${place}`),
        name: textOr(named["name"], ""),
      });
      item = begun.item;
      text = begun.opening;
      this.#calls.set(place, item);
    }
    const piece = textOr(named["arguments"], "");
    return piece === "" ? text : text + this.#add(item, piece);
  }

  #open(made: Made): { opening: string; item: Item } {
    const closing = this.#close("completed");
    const item = { made, index: this.#items.length, open: true };
    this.#items.push(item);
    const whole = itemOf(made, "in_progress");
    const empty = made.kind === "call" ? whole : { ...whole, ...emptied(made) };
    const added = this.#event("response.output_item.added", { output_index: item.index, item: empty });
    return { opening: closing + added + this.#openPart(item), item };
  }

  #openPart({ made, index }: Item): string {
    const at = { item_id: made.id, output_index: index };
    if (made.kind === "call" || made.kind === "reasoning") return "";
    return this.#event("response.content_part.added", { ...at, content_index: 0, part: partOf(made) });
  }

  /** With the first text of a thought. */
  #openSummary({ made, index }: Item): string {
    const at = { item_id: made.id, output_index: index, summary_index: 0 };
    return this.#event("response.reasoning_summary_part.added", { ...at, part: summaryOf(made) });
  }

  #add({ made, index }: Item, piece: string): string {
    made.text += piece;
    const at = { item_id: made.id, output_index: index, delta: piece };
    switch (made.kind) {
      case "reasoning":
        return this.#event("response.reasoning_summary_text.delta", { ...at, summary_index: 0 });
      case "call":
        return this.#event("response.function_call_arguments.delta", at);
      case "refusal":
        return this.#event("response.refusal.delta", { ...at, content_index: 0 });
      default:
        return this.#event("response.output_text.delta", { ...at, content_index: 0, logprobs: [] });
    }
  }

  /** Closes the item that is open, with all that it came to. */
  #close(status: Status): string {
    const item = this.#items.at(-1);
    if (!item?.open) return "";
    item.open = false;
    const done = { output_index: item.index, item: itemOf(item.made, status) };
    return this.#closePart(item) + this.#event("response.output_item.done", done);
  }

  #closePart({ made, index }: Item): string {
    const { text } = made;
    const at = { item_id: made.id, output_index: index };
    switch (made.kind) {
      case "call":
        return this.#event("response.function_call_arguments.done", {
          ...at,
          name: made.name,
          arguments: text,
        });
      case "reasoning": {
        if (text === "") return "";
        const place = { ...at, summary_index: 0 };
        return (
          this.#event("response.reasoning_summary_text.done", { ...place, text }) +
          this.#event("response.reasoning_summary_part.done", { ...place, part: summaryOf(made) })
        );
      }
      default: {
        const place = { ...at, content_index: 0 };
        const told =
          made.kind === "refusal"
            ? this.#event("response.refusal.done", { ...place, refusal: text })
            : this.#event("response.output_text.done", { ...place, text, logprobs: [] });
        return told + this.#event("response.content_part.done", { ...place, part: partOf(made) });
      }
    }
  }
}

/** An item that has just begun holds nothing. */
const emptied = ({ kind }: Made): Fields => (kind === "reasoning" ? { summary: [] } : { content: [] });

/** What is open closes, then comes what it cost and the whole response. */
export function streamEnd(cost: ToldCost | null, tail: Tail | null): Buffer {
  const { closing, last } = tail as End;
  return Buffer.from(closing + (cost === null ? "" : costComment(cost)) + namedEvent(last));
}
