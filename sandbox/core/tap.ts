import type { ServerResponse } from "node:http";
import type { Store } from "./company.ts";
import { MAX_RECORDED_BODY } from "./recorder.ts";

/** What a company answered, as the core saw it. */
export type Answer = { status: number; headers: Record<string, string>; body: Buffer };

type Loose = (...args: unknown[]) => unknown;
type Change = (chunk: Buffer, last: boolean) => Buffer | null;

function toBuffer(chunk: unknown): Buffer | null {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return null;
}

function readHeaders(into: Record<string, string>, given: unknown): void {
  if (Array.isArray(given)) {
    for (let i = 0; i + 1 < given.length; i += 2) into[String(given[i]).toLowerCase()] = String(given[i + 1]);
  } else if (given !== null && typeof given === "object") {
    for (const [name, value] of Object.entries(given)) into[name.toLowerCase()] = String(value);
  }
}

/** Calls back the function that a `write` or `end` was given last, as if the bytes had gone out. */
function confirm(args: unknown[]): void {
  const last = args.at(-1);
  if (typeof last === "function") process.nextTick(last as () => void);
}

/**
 * Listens in on a response: keeps the answer for the recorder, holds the end until the books are committed,
 * and can keep everything from the client so that a fault decides what it gets.
 */
export class Tap {
  readonly #res: ServerResponse;
  readonly #store: Store;
  readonly #keep: boolean;
  readonly #real: { writeHead: Loose; write: Loose; end: Loose };
  #holding = false;
  #status = 200;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #size = 0;
  #change: Change | null = null;

  /** `keep` records the answer; without it only what is held is kept. */
  constructor(res: ServerResponse, store: Store, keep: boolean) {
    const patched = res as unknown as Record<"writeHead" | "write" | "end", Loose>;
    this.#res = res;
    this.#store = store;
    this.#keep = keep;
    this.#real = { writeHead: patched.writeHead, write: patched.write, end: patched.end };
    patched.writeHead = (...args) => this.#writeHead(args);
    patched.write = (...args) => this.#write(args);
    patched.end = (...args) => this.#end(args);
  }

  /** From here on nothing reaches the client; the company does not notice. */
  hold(): void {
    this.#holding = true;
  }

  /** Ends holding, forgetting what was held: the next `writeHead`, `write`, `end` are real. */
  release(): void {
    this.#holding = false;
    this.#status = 200;
    this.#headers = {};
    this.#chunks = [];
    this.#size = 0;
    for (const name of this.#res.getHeaderNames()) this.#res.removeHeader(name);
  }

  /** Called with each chunk on its way out; answers what to send instead, null to swallow it. */
  filter(change: Change): void {
    this.#change = change;
  }

  answer(): Answer {
    const all: Record<string, string> = {};
    readHeaders(all, this.#res.getHeaders());
    const status = this.#holding ? this.#status : this.#res.statusCode;
    return { status, headers: { ...all, ...this.#headers }, body: Buffer.concat(this.#chunks) };
  }

  /** Sends an answer as if the company had written it. */
  send({ status, headers, body }: Answer): void {
    const { "content-length": _length, "transfer-encoding": _encoding, ...rest } = headers;
    this.#res.writeHead(status, rest);
    this.#res.end(body);
  }

  #writeHead(args: unknown[]): unknown {
    this.#status = Number(args[0]);
    const given = args.find((arg) => arg !== null && typeof arg === "object");
    readHeaders(this.#headers, given);
    return this.#holding ? this.#res : this.#real.writeHead.apply(this.#res, args);
  }

  #write(args: unknown[]): unknown {
    this.#take(args[0]);
    if (this.#holding) {
      confirm(args);
      return true;
    }
    if (this.#change === null) return this.#real.write.apply(this.#res, args);
    const bytes = toBuffer(args[0]);
    const instead = bytes === null ? null : this.#change(bytes, false);
    if (instead !== null) return this.#real.write.call(this.#res, instead, args.at(-1));
    confirm(args);
    return true;
  }

  #end(args: unknown[]): unknown {
    this.#take(args[0]);
    if (this.#holding) {
      confirm(args);
      return this.#res;
    }
    let sent = args;
    if (this.#change !== null) {
      const instead = this.#change(toBuffer(args[0]) ?? Buffer.alloc(0), true);
      if (instead === null) return this.#res;
      sent = [instead];
    }
    if (this.#store.dirty) this.#store.afterCommit(() => this.#real.end.apply(this.#res, sent));
    else this.#real.end.apply(this.#res, sent);
    return this.#res;
  }

  #take(chunk: unknown): void {
    if (!this.#keep && !this.#holding) return;
    const bytes = toBuffer(chunk);
    if (bytes === null || (!this.#holding && this.#size >= MAX_RECORDED_BODY)) return;
    this.#chunks.push(this.#holding ? bytes : bytes.subarray(0, MAX_RECORDED_BODY - this.#size));
    this.#size += bytes.length;
  }
}
