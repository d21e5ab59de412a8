import type { AnswerHead, Break, CallListener, OpenCall } from "../open-call.ts";
import { toCompletion } from "./answer.ts";
import { toMessages } from "./request.ts";
import { MessagesStream } from "./stream.ts";
import type { ThinkingWays } from "./ways.ts";

export type Manner = {
  /** How the model may be asked to think, where that is known. */
  ways?: ThinkingWays | null;
  /** What it searched and found is told as its own blocks too, in `finds` of messages and deltas. */
  finds?: boolean;
};

/** A longer answer is none. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** As a provider would answer what it cannot do. */
const UNSAYABLE = 422;

/** Tells a listener of chats what a provider of Messages answers. */
class Translator implements CallListener {
  readonly #inner: CallListener;
  readonly #stream: MessagesStream | null;
  readonly #finds: boolean;
  readonly #createdSeconds = Math.floor(Date.now() / 1_000);
  #pieces: Buffer[] = [];
  #bytes = 0;
  #failed = false;

  constructor(inner: CallListener, stream: boolean, finds: boolean) {
    this.#inner = inner;
    this.#finds = finds;
    this.#stream = stream ? new MessagesStream(this.#createdSeconds, finds) : null;
  }

  head(head: AnswerHead): void {
    this.#inner.head(head);
  }
  data(bytes: Buffer): void {
    if (this.#failed) return;
    if (this.#stream) {
      const chunks = this.#stream.push(bytes);
      if (chunks.length > 0) this.#inner.data(chunks);
      return;
    }
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_ANSWER_BYTES) this.failed("broken");
  }
  end(): void {
    if (this.#failed) return;
    if (!this.#stream) {
      const body = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#inner.data(toCompletion(body, this.#createdSeconds, this.#finds) ?? Buffer.from("{}"));
    }
    this.#inner.end();
  }
  failed(reason: Break): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#inner.failed(reason);
  }
}

/** Asks by `send` in Messages what comes as a chat; a chat that cannot be said there is refused without asking. */
export function askMessages(
  body: Buffer,
  listener: CallListener,
  { ways = null, finds = false }: Manner,
  send: (body: Buffer, listener: CallListener) => OpenCall,
): OpenCall {
  const asked = toMessages(body, ways);
  if (!("field" in asked)) return send(asked.body, new Translator(listener, asked.stream, finds));
  let left = false;
  queueMicrotask(() => {
    if (!left) listener.head({ status: UNSAYABLE, generationId: null, retryAfter: null });
  });
  return {
    sent: false,
    pause: () => undefined,
    resume: () => undefined,
    abort: () => void (left = true),
  };
}
