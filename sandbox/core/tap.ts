import type { ServerResponse } from "node:http";
import type { Store } from "./company.ts";
import { MAX_RECORDED_BODY } from "./recorder.ts";

/** What a company answered, as the core saw it. */
export type Answer = { status: number; headers: Record<string, string>; body: Buffer };

/**
 * Listens in on a response: keeps the answer for the recorder, holds the end until the books are committed,
 * and can keep everything from the client so that a fault decides what it gets.
 */
export type Tap = {
  /** From here on nothing reaches the client; the company does not notice. */
  hold(): void;
  /** Ends holding, forgetting what was held: the next `writeHead`, `write`, `end` are real. */
  release(): void;
  /** Called with each chunk on its way out; answers what to send instead, null to swallow it. */
  filter(fn: (chunk: Buffer, last: boolean) => Buffer | null): void;
  answer(): Answer;
  /** Sends an answer as if the company had written it. */
  send(answer: Answer): void;
};

type Loose = (...args: unknown[]) => unknown;

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

export function tapInto(res: ServerResponse, store: Store, keep: boolean): Tap {
  const real = { writeHead: res.writeHead, write: res.write, end: res.end };
  const call = (fn: unknown, args: unknown[]): unknown => (fn as Loose).apply(res, args);
  let holding = false;
  let status = 200;
  let headers: Record<string, string> = {};
  let chunks: Buffer[] = [];
  let size = 0;
  let change: ((chunk: Buffer, last: boolean) => Buffer | null) | null = null;

  const take = (chunk: unknown): void => {
    if (!keep && !holding) return;
    const bytes = toBuffer(chunk);
    if (bytes === null || (!holding && size >= MAX_RECORDED_BODY)) return;
    chunks.push(holding ? bytes : bytes.subarray(0, MAX_RECORDED_BODY - size));
    size += bytes.length;
  };
  const callback = (args: unknown[]): void => {
    const last = args.at(-1);
    if (typeof last === "function") process.nextTick(last as () => void);
  };

  const patched = res as unknown as Record<string, Loose>;
  patched["writeHead"] = (...args) => {
    status = Number(args[0]);
    readHeaders(
      headers,
      args.find((arg) => arg !== null && typeof arg === "object"),
    );
    return holding ? res : call(real.writeHead, args);
  };
  patched["write"] = (...args) => {
    take(args[0]);
    if (holding) {
      callback(args);
      return true;
    }
    if (change === null) return call(real.write, args);
    const bytes = toBuffer(args[0]);
    const instead = bytes === null ? null : change(bytes, false);
    if (instead !== null) return call(real.write, [instead, args.at(-1)]);
    callback(args);
    return true;
  };
  patched["end"] = (...args) => {
    take(args[0]);
    if (holding) {
      callback(args);
      return res;
    }
    if (change !== null) {
      const instead = change(toBuffer(args[0]) ?? Buffer.alloc(0), true);
      if (instead === null) return res;
      args = [instead];
    }
    if (store.dirty) store.afterCommit(() => call(real.end, args));
    else call(real.end, args);
    return res;
  };

  const answer = (): Answer => {
    const all: Record<string, string> = {};
    readHeaders(all, res.getHeaders());
    return {
      status: holding ? status : res.statusCode,
      headers: { ...all, ...headers },
      body: Buffer.concat(chunks),
    };
  };
  return {
    hold() {
      holding = true;
    },
    release() {
      holding = false;
      status = 200;
      headers = {};
      chunks = [];
      size = 0;
      for (const name of res.getHeaderNames()) res.removeHeader(name);
    },
    filter(fn) {
      change = fn;
    },
    answer,
    send({ status: code, headers: fields, body }) {
      const { "content-length": _length, "transfer-encoding": _encoding, ...rest } = fields;
      res.writeHead(code, rest);
      res.end(body);
    },
  };
}
