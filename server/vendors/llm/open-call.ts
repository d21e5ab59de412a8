import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { isAboutPrompt } from "./moderation.ts";

export type AnswerHead = {
  status: number;
  generationId: string | null;
  /** Seconds, where the provider asks to wait. */
  retryAfter: number | null;
  /** It is the prompt that is refused, by whatever looks after prompts. */
  moderated?: true;
};

/** Why a call broke: no connection came about, or the one there was ended. */
export type Break = "unreachable" | "broken";

/** Receives one answer as it arrives. After `abort` nothing more is told. */
export type CallListener = {
  head(head: AnswerHead): void;
  data(bytes: Buffer): void;
  end(): void;
  failed(reason: Break): void;
};

/** A call under way at the provider. */
export type OpenCall = {
  /** True once the request was written to a connection: from here on the provider may have begun. */
  readonly sent: boolean;
  pause(): void;
  resume(): void;
  /** Cuts the connection at once; the provider stops. */
  abort(): void;
};

const UNREACHABLE = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** A 403 says why in its body; a longer one is not read on. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** undici's low-level handler: no stream object and no promise per piece of the answer. */
export class CallHandler implements Dispatcher.DispatchHandler, OpenCall {
  #controller: Dispatcher.DispatchController | null = null;
  #aborted = false;
  /** A 403 that is told once its body is known. */
  #refusal: { head: AnswerHead; pieces: Buffer[]; bytes: number } | null = null;
  readonly #listener: CallListener;
  readonly #generationHeader: string;

  constructor(listener: CallListener, generationHeader: string) {
    this.#listener = listener;
    this.#generationHeader = generationHeader;
  }

  get sent(): boolean {
    return this.#controller !== null;
  }
  pause(): void {
    this.#controller?.pause();
  }
  resume(): void {
    this.#controller?.resume();
  }
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort(new Error("call aborted"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(new Error("call aborted"));
  }
  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (this.#aborted || status < 200) return;
    const wait = Number(headers["retry-after"]);
    const id = headers[this.#generationHeader];
    const head: AnswerHead = {
      status,
      generationId: typeof id === "string" && id.length <= 200 ? id : null,
      retryAfter: Number.isFinite(wait) && wait >= 0 ? Math.min(wait, 3_600) : null,
    };
    if (status === 403) this.#refusal = { head, pieces: [], bytes: 0 };
    else this.#listener.head(head);
  }
  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#aborted) return;
    if (this.#refusal === null) return this.#listener.data(chunk);
    this.#refusal.pieces.push(chunk);
    this.#refusal.bytes += chunk.length;
    if (this.#refusal.bytes > MAX_REFUSAL_BYTES) this.#tellRefusal();
  }
  onResponseEnd(): void {
    this.#tellRefusal();
    if (!this.#aborted) this.#listener.end();
  }
  onResponseError(_controller: unknown, error: Error & { code?: string }): void {
    this.#tellRefusal();
    if (!this.#aborted) this.#listener.failed(UNREACHABLE.has(error.code ?? "") ? "unreachable" : "broken");
  }

  #tellRefusal(): void {
    if (this.#aborted || this.#refusal === null) return;
    const { head, pieces } = this.#refusal;
    this.#refusal = null;
    this.#listener.head(isAboutPrompt(Buffer.concat(pieces)) ? { ...head, moderated: true } : head);
  }
}
