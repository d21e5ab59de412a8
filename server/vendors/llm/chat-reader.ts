import { needsReading, readChunk, type Chunk } from "./chunk.ts";
import { SseReader, type SseEvent } from "./sse.ts";

const DONE = Buffer.from("[DONE]");

/** Receives what a streamed answer says, in order. */
export type ChatSink = {
  /** A chunk that was read: all until the first content, later those with a finish reason, usage or an error. */
  chunk(chunk: Chunk): void;
  /** Content that needs no reading, as it came. */
  content(raw: Buffer): void;
  /** `[DONE]`. */
  done(): void;
  /** Something that is no chunk, or one beyond the bound: the stream is of no more use. */
  malformed(): void;
};

/**
 * Reads the body of a streamed chat. Only chunks that may matter are parsed and the others pass as bytes, unless all of them
 * are asked for: then one that is no chunk is noticed wherever it comes.
 */
export class ChatReader {
  readonly #sse = new SseReader();
  readonly #sink: ChatSink;
  readonly #all: boolean;
  #begun = false;
  #over = false;

  constructor(sink: ChatSink, all = false) {
    this.#sink = sink;
    this.#all = all;
  }

  push(bytes: Buffer): void {
    if (this.#over) return;
    try {
      for (const event of this.#sse.push(bytes)) this.#read(event);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#fail();
    }
  }

  /** The body ended; an end without its blank line still counts when it is whole. */
  end(): void {
    if (this.#over) return;
    const last = this.#sse.end();
    if (last?.data.equals(DONE)) this.#read(last);
  }

  #read({ data, raw }: SseEvent): void {
    if (this.#over) return;
    if (data.equals(DONE)) {
      this.#over = true;
      this.#sink.done();
      return;
    }
    if (this.#begun && !this.#all && !needsReading(data)) return this.#sink.content(raw);
    const chunk = readChunk(data, raw);
    if (chunk === null) return this.#fail();
    this.#begun ||= chunk.content;
    this.#sink.chunk(chunk);
  }

  #fail(): void {
    this.#over = true;
    this.#sink.malformed();
  }
}
