import type { ServerResponse } from "node:http";
import type { ProblemKind } from "../../../../platform/problem.ts";
import {
  ChatReader,
  textsIn,
  type AnswerHead,
  type Break,
  type CallListener,
  type ChatSink,
  type Chunk,
  type OpenCall,
  type Usage,
} from "../../../../vendors/llm/index.ts";
import { Drain, type Asked } from "./left.ts";
import { faultOf, faults, type Fault, type RelayEnd } from "./outcome.ts";
import type { Voice } from "../../dialects/dialect.ts";
import { MOST_KEPT_BYTES, type Tail } from "../../keys/kept-answer.ts";
import { StreamWriter } from "./stream-writer.ts";
import { timeoutsFor, type Timeouts } from "./timeouts.ts";
import type { Watch, Watched } from "./watch.ts";

/** Bytes of delivered chunks that are kept, in case the cost has to be estimated. */
const SAMPLE_BYTES = 64 * 1024;

/** What is known of a running stream, for its signs of life. */
export type Progress = { generationId: string | null; events: number };

type Options = {
  watch: Watch;
  timeouts: Timeouts;
  raw: ServerResponse;
  progress: Progress;
  /** Puts it in the caller's words. */
  voice: Voice;
  /** Remembers what goes out. */
  keep: boolean;
  /** Called once, before the first byte: writes the status and headers. */
  open(): void;
};

/**
 * Passes a streamed answer on. Nothing goes out before the first content; what came before it goes out with it, or is
 * forgotten when another provider is asked. The usage is taken out of the stream. The end is left to the caller of `run`:
 * `finish` or `breakOff`.
 */
export class StreamRelay implements CallListener, ChatSink, Watched {
  readonly #options: Options;
  readonly #startedAt = performance.now();
  /** When the provider that is asked now was asked. */
  #askedAt = this.#startedAt;
  #result = Promise.withResolvers<RelayEnd>();
  #reader: ChatReader;
  readonly #writer: StreamWriter;
  #timeouts: Timeouts;
  #drains = false;
  /** Null while the caller is there. */
  #drain: Drain | null = null;
  #call: OpenCall | null = null;
  /** Chunks from before the first content. */
  #kept: Buffer[] = [];
  /** What went out, for a caller who may ask again. */
  #copies: Buffer[] = [];
  #copiedBytes = 0;
  #sample: Buffer[] = [];
  #sampleBytes = 0;
  #usage: Usage | null = null;
  #usageHead: Record<string, unknown> | null = null;
  #firstContentAt: number | null = null;
  #lastEventAt = this.#startedAt;
  #lastWriteAt = this.#startedAt;
  #finished = false;
  #over = false;

  constructor(options: Options) {
    this.#options = options;
    this.#timeouts = options.timeouts;
    this.#reader = new ChatReader(this, options.voice.readsAll);
    this.#writer = new StreamWriter(options.raw, {
      open: options.open,
      pause: () => this.#call?.pause(),
      resume: () => {
        this.#lastEventAt = performance.now();
        this.#call?.resume();
      },
    });
  }

  /** Asks a provider; never rejects. Once more only after an attempt without content. */
  run({ onDisconnect, timeouts }: Asked, send: (listener: CallListener) => OpenCall): Promise<RelayEnd> {
    const { watch, raw } = this.#options;
    this.#timeouts = timeoutsFor(this.#options.timeouts, timeouts);
    this.#drains = onDisconnect === "drain";
    if (this.#over) this.#reset();
    watch.add(this);
    raw.once("close", this.#onClose);
    if (raw.destroyed) this.#stop("left", null);
    else this.#call = send(this);
    return this.#result.promise;
  }

  /** True once the status went out: from then on an error can only be told inside the stream. */
  get opened(): boolean {
    return this.#writer.opened;
  }

  /** Lets go of what waits for a content, once the stream is complete without one. */
  flush(): void {
    this.#flushKept();
  }

  /** Ends a complete stream. */
  finish(end: Buffer): void {
    this.#writer.write(end);
    this.#writer.end();
  }

  /** What the end is written by. */
  tail(usage: Usage): Tail | null {
    return this.#options.voice.tail(usage, this.#usageHead);
  }

  /** All that the caller got before the end, where it is kept and not too much; else null. */
  get sent(): Buffer | null {
    if (!this.#options.keep || this.#copiedBytes > MOST_KEPT_BYTES) return null;
    return Buffer.concat(this.#copies);
  }

  /** Ends an opened stream with an error the caller sees, without the end of a complete one. */
  breakOff(kind: ProblemKind): void {
    this.#writer.write(this.#options.voice.breakOff(kind));
    this.#writer.end();
  }

  /** Forgets what came of the attempt before. */
  #reset(): void {
    this.#askedAt = performance.now();
    this.#lastEventAt = this.#askedAt;
    this.#result = Promise.withResolvers<RelayEnd>();
    this.#reader = new ChatReader(this, this.#options.voice.readsAll);
    this.#call = null;
    this.#kept = [];
    this.#usage = null;
    this.#usageHead = null;
    this.#finished = false;
    this.#over = false;
    this.#options.progress.generationId = null;
  }

  /** Read on for nobody where that is the provider's way, and for the usage once the answer has ended. */
  readonly #onClose = () => {
    if (!this.#drains && !this.#finished) return this.#stop("left", null);
    const now = performance.now();
    this.#lastEventAt = now;
    this.#drain = this.#drains ? new Drain(now) : new Drain(now, this.#timeouts.usage);
    if (this.#writer.blocked) this.#call?.resume();
  };

  tick(now: number): void {
    const timeouts = this.#timeouts;
    const silentMs = now - this.#lastEventAt;
    if (this.#drain?.isOver(now)) return this.#stop("left", null);
    if (now - this.#startedAt > timeouts.stream) return this.#stop("failed", faults.over);
    if (this.#firstContentAt === null && now - this.#askedAt > timeouts.firstContent)
      return this.#stop("failed", faults.timeout);
    // While the caller does not read, the provider is paused and cannot be blamed for silence.
    if (this.#writer.blocked && this.#drain === null) return;
    if (this.#finished && silentMs > timeouts.usage) {
      this.#call?.abort();
      return this.#stop("complete", null);
    }
    if (this.#firstContentAt !== null && silentMs > timeouts.stall)
      return this.#stop("failed", faults.timeout);
    if (this.#drain !== null || now - this.#lastWriteAt < timeouts.comment) return;
    this.#lastWriteAt = now;
    this.#writer.write(Buffer.from(": working\n\n"));
  }

  head(head: AnswerHead): void {
    this.#options.progress.generationId = head.generationId;
    if (head.status !== 200) this.#stop("failed", faultOf(head));
  }
  data(bytes: Buffer): void {
    this.#lastEventAt = performance.now();
    if (this.#drain?.isFull(bytes.length)) return this.#stop("left", null);
    this.#reader.push(bytes);
  }
  end(): void {
    this.#reader.end();
    // The connection may end once a finish reason came: what is missing of the usage is looked up.
    if (this.#finished) this.#stop("complete", null);
    else this.#stop("failed", faults.failed);
  }
  failed(reason: Break): void {
    if (this.#finished) this.#stop("complete", null);
    else this.#stop("failed", reason === "unreachable" ? faults.unavailable(null) : faults.failed);
  }

  chunk(chunk: Chunk): void {
    if (this.#over) return;
    const { progress } = this.#options;
    progress.generationId ??= chunk.generationId;
    if (chunk.usage) {
      this.#usage = chunk.usage;
      this.#usageHead = chunk.head;
    }
    if (chunk.failed) return this.#stop("failed", faults.failed);
    this.#finished ||= chunk.finished;
    if (chunk.content) this.#noteContent(chunk.bytes);
    if (chunk.bytes === null) return;
    if (this.#firstContentAt === null) this.#kept.push(chunk.bytes);
    else this.#send(chunk.bytes);
  }
  content(raw: Buffer): void {
    if (this.#over) return;
    this.#noteContent(raw);
    this.#send(raw);
  }
  done(): void {
    if (this.#finished) this.#stop("complete", null);
    else this.#stop("failed", faults.failed);
  }
  malformed(): void {
    this.#stop("failed", faults.failed);
  }

  #noteContent(bytes: Buffer | null): void {
    this.#options.progress.events += 1;
    if (bytes && this.#sampleBytes < SAMPLE_BYTES) {
      this.#sample.push(bytes);
      this.#sampleBytes += bytes.length;
    }
    if (this.#firstContentAt !== null) return;
    this.#firstContentAt = performance.now();
    this.#flushKept();
  }
  #flushKept(): void {
    for (const bytes of this.#kept) this.#send(bytes);
    this.#kept = [];
  }
  #send(event: Buffer): void {
    const bytes = this.#options.voice.say(event);
    if (bytes === null) return;
    if (this.#options.keep && this.#copiedBytes <= MOST_KEPT_BYTES) {
      this.#copies.push(bytes);
      this.#copiedBytes += bytes.length;
    }
    this.#lastWriteAt = this.#lastEventAt;
    if (this.#drain === null) this.#writer.write(bytes);
  }

  #stop(end: RelayEnd["end"], fault: Fault | null): void {
    if (this.#over) return;
    this.#over = true;
    const { watch, raw, progress } = this.#options;
    watch.remove(this);
    raw.off("close", this.#onClose);
    // A connection whose answer was read to its end is used again.
    if (end !== "complete") this.#call?.abort();
    const sample = this.#sample;
    const firstContentAt = this.#firstContentAt;
    this.#result.resolve({
      end: this.#drain === null ? end : "left",
      fault: this.#drain === null ? fault : null,
      ...(this.#drain !== null && end === "complete" ? { drained: true as const } : {}),
      sent: this.#call?.sent ?? false,
      content: firstContentAt !== null,
      usage: this.#usage,
      generationId: progress.generationId,
      events: progress.events,
      said: () => ({ texts: textsIn(sample), sampledEvents: sample.length }),
      firstContentMs: firstContentAt === null ? null : Math.round(firstContentAt - this.#startedAt),
    });
  }
}
