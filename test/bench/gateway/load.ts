/**
 * A load generator on bare sockets, so that it takes as little as possible of the cores it shares with what it measures.
 * Run as a process of its own: `node load.ts '<LoadOptions as JSON>'`; prints one line, a `LoadResult`.
 */
import { connect, type Socket } from "node:net";

export type LoadOptions = {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** So many letters stand for `LETTERS` in the body: a prompt too long for a command line. */
  letters?: number;
  concurrency: number;
  seconds: number;
};
export const LETTERS = "{{letters}}";
export type LoadResult = {
  requests: number;
  failed: number;
  seconds: number;
  /** Sorted, in ms: to the end of the answer, and to the first byte of its body. */
  latenciesMs: number[];
  firstMs: number[];
};

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

type Totals = Pick<LoadResult, "requests" | "failed" | "latenciesMs" | "firstMs">;

/** One connection that asks again as soon as it is answered. */
class Asker {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #totals: Totals;
  readonly #more: () => boolean;
  readonly ended = Promise.withResolvers<void>();
  #sentAt = 0;
  #head: Buffer | null = null;
  /** Bytes of the body still to come; -1 for a chunked one. */
  #left = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(url: URL, request: Buffer, totals: Totals, more: () => boolean) {
    this.#request = request;
    this.#totals = totals;
    this.#more = more;
    this.#socket = connect(Number(url.port), url.hostname, () => this.#ask());
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (data: Buffer) => this.#read(data));
    this.#socket.on("error", () => (totals.failed += 1));
    this.#socket.on("close", () => this.ended.resolve());
  }

  #ask(): void {
    this.#head = Buffer.alloc(0);
    this.#sentAt = performance.now();
    this.#socket.write(this.#request);
  }

  #read(data: Buffer): void {
    if (this.#head === null) return this.#readBody(data);
    this.#head = Buffer.concat([this.#head, data]);
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) return;
    const head = this.#head.toString("latin1", 0, end);
    const body = this.#head.subarray(end + HEAD_END.length);
    if (!head.startsWith("HTTP/1.1 200")) this.#totals.failed += 1;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#left = length === undefined ? -1 : Number(length);
    this.#head = null;
    this.#tail = Buffer.alloc(0);
    this.#totals.firstMs.push(performance.now() - this.#sentAt);
    if (body.length > 0) this.#readBody(body);
  }

  #readBody(data: Buffer): void {
    if (this.#left >= 0) {
      this.#left -= data.length;
      if (this.#left > 0) return;
    } else {
      this.#tail = data.length >= LAST_CHUNK.length ? data : Buffer.concat([this.#tail, data]);
      if (!this.#tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return;
    }
    this.#totals.requests += 1;
    this.#totals.latenciesMs.push(performance.now() - this.#sentAt);
    if (this.#more()) this.#ask();
    else this.#socket.destroy();
  }
}

async function load({ url, headers, concurrency, seconds, ...of }: LoadOptions): Promise<LoadResult> {
  const body = of.letters === undefined ? of.body : of.body.replace(LETTERS, "a".repeat(of.letters));
  const target = new URL(url);
  const lines = Object.entries({ host: target.host, "content-type": "application/json", ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const request = Buffer.from(
    `POST ${target.pathname} HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const totals: Totals = { requests: 0, failed: 0, latenciesMs: [], firstMs: [] };
  const startedAt = performance.now();
  const more = () => performance.now() - startedAt < seconds * 1_000;
  const askers = Array.from({ length: concurrency }, () => new Asker(target, request, totals, more));
  await Promise.all(askers.map(({ ended }) => ended.promise));
  const ascending = (a: number, b: number) => a - b;
  return {
    ...totals,
    seconds: (performance.now() - startedAt) / 1_000,
    latenciesMs: totals.latenciesMs.sort(ascending),
    firstMs: totals.firstMs.sort(ascending),
  };
}

if (import.meta.main)
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(process.argv[2] ?? "") as LoadOptions))}\n`);
