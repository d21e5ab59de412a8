import {
  generationIdIn,
  readAnswer,
  readEmbeddings,
  readTranscription,
  type Answer,
  type AnswerHead,
  type Break,
  type CallListener,
  type OpenCall,
} from "../../../../vendors/llm/index.ts";
import type { Task } from "../chat.ts";
import { Drain, type Asked, type Waiting } from "./left.ts";
import { faultOf, faults, type Fault, type RelayEnd } from "./outcome.ts";
import { timeoutsFor, type Timeouts } from "./timeouts.ts";
import type { Watch, Watched } from "./watch.ts";

/** An answer longer than this is refused. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const READERS: Readonly<Record<Task, (body: Buffer) => Answer | null>> = {
  chat: readAnswer,
  embedding: readEmbeddings,
  transcription: readTranscription,
};

export type JsonEnd = RelayEnd & { /** The provider's answer, exactly. */ body: Buffer };

type Options = {
  asked: Asked;
  task: Task;
  watch: Watch;
  timeouts: Timeouts;
  send(listener: CallListener): OpenCall;
  /** Who waits for the answer. */
  waiting: Waiting;
};

/** Asks the provider and waits for the whole answer, the deadline or the caller's leaving. Never rejects. */
export function relayJson(options: Options): Promise<JsonEnd> {
  return new JsonRelay(options).run();
}

class JsonRelay implements CallListener, Watched {
  readonly #options: Options;
  readonly #startedAt = performance.now();
  readonly #result = Promise.withResolvers<JsonEnd>();
  readonly #timeouts: Timeouts;
  /** Null while the caller is there. */
  #drain: Drain | null = null;
  #call: OpenCall | null = null;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #head: AnswerHead | null = null;
  #over = false;

  constructor(options: Options) {
    this.#options = options;
    this.#timeouts = timeoutsFor(options.timeouts, options.asked.timeouts);
  }

  run(): Promise<JsonEnd> {
    const { watch, send, waiting } = this.#options;
    watch.add(this);
    waiting.once("close", this.#onClose);
    if (waiting.destroyed) this.#finish("left", null);
    else this.#call = send(this);
    return this.#result.promise;
  }

  readonly #onClose = () => {
    if (this.#options.asked.onDisconnect === "drain" && this.#call) {
      this.#drain = new Drain(performance.now());
      return;
    }
    this.#call?.abort();
    this.#finish("left", null);
  };

  tick(now: number): void {
    const over = this.#drain?.isOver(now) ?? false;
    if (!over && now - this.#startedAt < this.#timeouts.json) return;
    this.#call?.abort();
    this.#finish("failed", faults.over);
  }

  head(head: AnswerHead): void {
    this.#head = head;
    if (head.status === 200) return;
    this.#call?.abort();
    this.#finish("failed", faultOf(head));
  }
  data(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    const full = this.#drain?.isFull(bytes.length) ?? false;
    if (!full && this.#bytes <= MAX_ANSWER_BYTES) return;
    this.#call?.abort();
    this.#finish("failed", faults.failed);
  }
  end(): void {
    const body = Buffer.concat(this.#pieces);
    const answer = READERS[this.#options.task](body);
    if (answer) this.#finish("complete", null, answer, body);
    else this.#finish("failed", faults.failed);
  }
  failed(reason: Break): void {
    this.#finish("failed", reason === "unreachable" ? faults.unavailable(null) : faults.failed);
  }

  #finish(
    end: RelayEnd["end"],
    fault: Fault | null,
    answer: Answer | null = null,
    body = Buffer.alloc(0),
  ): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.watch.remove(this);
    this.#options.waiting.off("close", this.#onClose);
    const begun = this.#pieces[0];
    this.#result.resolve({
      end: this.#drain === null ? end : "left",
      fault: this.#drain === null ? fault : null,
      ...(this.#drain !== null && end === "complete" ? { drained: true as const } : {}),
      sent: this.#call?.sent ?? false,
      content: answer?.content ?? false,
      usage: answer?.usage ?? null,
      generationId:
        this.#head?.generationId ?? answer?.generationId ?? (begun ? generationIdIn(begun) : null),
      events: answer?.content ? 1 : 0,
      said: () => ({ texts: answer?.texts ?? [], sampledEvents: 1 }),
      firstContentMs: answer?.content ? Math.round(performance.now() - this.#startedAt) : null,
      body,
    });
  }
}
