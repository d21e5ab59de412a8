import { hash } from "node:crypto";
import { Pool } from "undici";
import { publicConnector } from "../../platform/outbound/index.ts";
import { assert } from "../../platform/problem.ts";
import type { DayBooks } from "./activity.ts";
import { leastLeft, readAccountLeft, readKeyLeft, type CreditLookup } from "./credit.ts";
import { keysByBrowser, type Ask, type KeysByBrowser } from "./connect.ts";
import { formBody, type Form } from "./form.ts";
import { isLive, isLoopback, KINDS, type Kind, type ProviderKind } from "./kinds.ts";
import { askMessages, type Manner } from "./messages/call.ts";
import { readCount, toCount } from "./messages/count.ts";
import type { ThinkingWays } from "./messages/ways.ts";
import { CallHandler, type CallListener, type OpenCall } from "./open-call.ts";
import { inSlices } from "./slices.ts";
import type { Usage } from "./usage.ts";

export type ProviderOptions = {
  /** What this installation calls it. */
  id: string;
  kind: ProviderKind;
  apiKey: string;
  /** Reads the account's books of a day where `apiKey` may not. */
  booksKey?: string;
  /** Without a slash at the end, e.g. https://openrouter.ai/api/v1. */
  baseUrl: string;
  /** Connections at most, one call each. */
  maxConnections: number;
  /** Somebody chose the address: its calls cost real money, unless it is on this machine. */
  chosen?: boolean;
  /** Refuses to connect to an address that is not public. */
  publicOnly: boolean;
};

/** What the provider's books say of one generation. `unknown` may still become `found` shortly after its end. */
export type Lookup = { state: "found"; usage: Usage } | { state: "unknown" } | { state: "unavailable" };

/** `none`: this provider tells no figure of a day, or not to us. */
export type DayLookup = { state: "found"; books: DayBooks } | { state: "none" } | { state: "unavailable" };

/** A company that answers model calls. */
export type LanguageModels = KeysByBrowser & {
  readonly name: string;
  readonly kind: ProviderKind;
  /** True where calls cost real money; a test credential must not reach it. */
  readonly live: boolean;
  /** Pauses before each look-up of a whole answer, in ms; empty where its books cannot be asked. */
  readonly lookupPauses: readonly number[];
  /** Sends a chat body as it is. `manner` is for who speaks Messages. */
  chat(body: Buffer, listener: CallListener, manner?: Manner): OpenCall;
  /** It makes embeddings. */
  readonly embeds: boolean;
  /** Sends a body for embeddings as it is; only where `embeds`. */
  embed(body: Buffer, listener: CallListener): OpenCall;
  /** It writes down sound. */
  readonly transcribes: boolean;
  /** Sends sound with its fields; only where `transcribes`. */
  transcribe(form: Form, listener: CallListener): OpenCall;
  /** Tokens of a chat's prompt as it counts them itself; null where it does not, or not now. Never throws. */
  countTokens(body: Buffer, signal: AbortSignal, ways?: ThinkingWays | null): Promise<number | null>;
  /** Asks for the usage and cost of a generation; never throws. */
  generation(id: string): Promise<Lookup>;
  /** Whether it takes the key: `away` when it does not say so now. Never throws. */
  check(signal: AbortSignal): Promise<"ok" | "refused" | "away">;
  /** What its books say of a UTC day (`2026-11-29`) that has ended, of all calls by this key; never throws. */
  bookedOn(day: string, signal: AbortSignal): Promise<DayLookup>;
  /** What is left to spend there by this key, as its account says now; never throws. */
  creditLeft(signal: AbortSignal): Promise<CreditLookup>;
  /** Its list of models as it says it; null when it does not answer. */
  listModels(signal: AbortSignal): Promise<unknown>;
  /** Cuts what is under way. */
  close(): Promise<void>;
  /** Takes no more and lets what is under way end. */
  retire(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 5_000;
const LOOKUP_TIMEOUT_MS = 5_000;
const LOOKUP_CONNECTIONS = 16;
/** A longer list of models is no list. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** A client of one provider, or of whoever speaks like it under `baseUrl`. Connects at the first call. */
export function createProvider(options: ProviderOptions): LanguageModels {
  const { id: name, kind, apiKey, booksKey, baseUrl, maxConnections } = options;
  const { origin, pathname: path, hostname } = new URL(baseUrl);
  const pathname = path.replace(/\/+$/, "");
  const way = KINDS[kind];
  const base = {
    pipelining: 1,
    allowH2: false,
    connect: options.publicOnly ? publicConnector(CONNECT_TIMEOUT_MS) : { timeout: CONNECT_TIMEOUT_MS },
    // The caller's deadlines are stricter and know what has arrived.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const calls = new Pool(origin, { ...base, connections: maxConnections });
  // Of their own, so that a look-up never waits behind open streams.
  const lookups = new Pool(origin, { ...base, connections: LOOKUP_CONNECTIONS });
  const headers = {
    ...way.credential(apiKey),
    "content-type": "application/json",
    "user-agent": "holdfast",
  };
  const booksHeaders = booksKey ? { ...headers, authorization: `Bearer ${booksKey}` } : null;
  const get = (below: string, signal: AbortSignal) =>
    lookups.request({ method: "GET", path: `${pathname}${below}`, headers, signal });
  const post: Post = (below, body, listener, type) => {
    const call = new CallHandler(listener, way.generationHeader);
    const sent = type === undefined ? headers : { ...headers, "content-type": type };
    calls.dispatch({ method: "POST", path: `${pathname}${below}`, ...inSlices(sent, body) }, call);
    return call;
  };
  const send = (body: Buffer, listener: CallListener) => post(way.chatPath, body, listener);

  return {
    name,
    kind,
    live: options.chosen ? !isLoopback(hostname) : isLive(kind, hostname),
    lookupPauses: way.lookupPauses,
    chat: (body, listener, manner = {}) =>
      way.dialect === "messages" ? askMessages(body, listener, manner, send) : send(body, listener),
    ...beyondChats(way, post),
    async countTokens(chat, signal, ways = null) {
      const body = way.countPath === null ? null : toCount(chat, ways);
      if (body === null) return null;
      const path = `${pathname}${way.countPath}`;
      return readCount(await jsonOf(() => lookups.request({ method: "POST", path, headers, body, signal })));
    },
    async generation(id) {
      const { lookup } = way;
      if (lookup === null) return { state: "unavailable" };
      return lookUp(lookup.read, () => get(lookup.path(id), AbortSignal.timeout(LOOKUP_TIMEOUT_MS)));
    },
    check: (signal) => checked(() => get(way.checkPath, signal)),
    ...keysByBrowser(way.connect, baseUrl, keyless(lookups, pathname)),
    bookedOn: (day, signal) =>
      readDay(lookups, { way, apiKey, pathname, headers: booksHeaders }, day, signal),
    creditLeft: (signal) => readLeft(lookups, { way, pathname, headers, booksHeaders }, signal),
    listModels: (signal) => jsonOf(() => get(way.modelsPath, signal)),
    async close() {
      await Promise.all([calls.destroy(), lookups.destroy()]);
    },
    async retire() {
      await Promise.all([calls.close(), lookups.close()]);
    },
  };
}

type Headers = Record<string, string>;
type Post = (below: string, body: Buffer, listener: CallListener, contentType?: string) => OpenCall;

/** Vectors and sound, where the company has them. */
const beyondChats = (
  { embeddingsPath, transcriptionsPath }: Kind,
  post: Post,
): Pick<LanguageModels, "embeds" | "embed" | "transcribes" | "transcribe"> => ({
  embeds: embeddingsPath !== null,
  embed(body, listener) {
    assert(embeddingsPath !== null, "only those that make embeddings are asked for them");
    return post(embeddingsPath, body, listener);
  },
  transcribes: transcriptionsPath !== null,
  transcribe(form, listener) {
    assert(transcriptionsPath !== null, "only those that write down sound are asked for it");
    const { contentType, body } = formBody(form);
    return post(transcriptionsPath, body, listener, contentType);
  },
});

/** Asks without a key, for one. */
const keyless =
  (pool: Pool, pathname: string): Ask =>
  async (below, body, signal) => {
    const headers = { "content-type": "application/json", "user-agent": "holdfast" };
    const path = `${pathname}${below}`;
    const answer = await pool.request({ method: "POST", path, headers, body, signal });
    return { status: answer.statusCode, text: await textOf(answer.body) };
  };

type Asked = { statusCode: number; body: { dump(): Promise<void>; json(): Promise<unknown> } };

/** What an answer says of the key that asked. */
async function checked(ask: () => Promise<Asked>): Promise<"ok" | "refused" | "away"> {
  try {
    const { statusCode, body } = await ask();
    await body.dump();
    if (statusCode === 401 || statusCode === 403) return "refused";
    return statusCode < 400 ? "ok" : "away";
  } catch {
    // Whatever went wrong, nothing was said of the key.
    return "away";
  }
}

/** What the books say of a day; `headers` are null where nothing may read them. */
async function readDay(
  pool: Pool,
  from: { way: Kind; apiKey: string; pathname: string; headers: Headers | null },
  day: string,
  signal: AbortSignal,
): Promise<DayLookup> {
  const { way, headers } = from;
  if (way.day === null || headers === null) return { state: "none" };
  const path = `${from.pathname}${way.day.path(day, hash("sha256", from.apiKey))}`;
  const told = await jsonOf(() => pool.request({ method: "GET", path, headers, signal }));
  const books = told === null ? null : way.day.read(told);
  return books === null ? { state: "unavailable" } : { state: "found", books };
}

/** What bounds the key, and what bounds its account where `booksHeaders` may read that. */
async function readLeft(
  pool: Pool,
  from: { way: Kind; pathname: string; headers: Headers; booksHeaders: Headers | null },
  signal: AbortSignal,
): Promise<CreditLookup> {
  const { credit } = from.way;
  if (credit === null) return { state: "none" };
  const read = (below: string, headers: Headers) =>
    jsonOf(() => pool.request({ method: "GET", path: `${from.pathname}${below}`, headers, signal }));
  const asked = [read(credit.keyPath, from.headers).then(readKeyLeft)];
  if (from.booksHeaders) asked.push(read(credit.accountPath, from.booksHeaders).then(readAccountLeft));
  return leastLeft(await Promise.all(asked));
}

/** What is answered, when it is JSON of a bearable size; null when not, or when nothing is. */
async function jsonOf(
  ask: () => Promise<{ statusCode: number; body: AsyncIterable<Buffer> }>,
): Promise<unknown> {
  try {
    const { statusCode, body } = await ask();
    const text = await textOf(body);
    return text === null || statusCode !== 200 ? null : (JSON.parse(text) as unknown);
  } catch {
    // Away, or no JSON: the caller says that there is nothing.
    return null;
  }
}

async function lookUp(read: (body: unknown) => Usage | null, ask: () => Promise<Asked>): Promise<Lookup> {
  try {
    const answer = await ask();
    const body: unknown = await answer.body.json().catch(() => null);
    if (answer.statusCode === 404) return { state: "unknown" };
    if (answer.statusCode !== 200 || body === null) return { state: "unavailable" };
    const usage = read(body);
    return usage === null ? { state: "unknown" } : { state: "found", usage };
  } catch {
    // Whatever went wrong, the books were not read; the caller asks again.
    return { state: "unavailable" };
  }
}

/** Null for a longer text than any list. */
async function textOf(body: AsyncIterable<Buffer>): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_LIST_BYTES) return null;
  }
  return Buffer.concat(pieces).toString();
}
