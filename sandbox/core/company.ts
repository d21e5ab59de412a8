/**
 * The door between the sandbox's core and one outside company (`sandbox/stripe`, `sandbox/llm`, …).
 *
 * The core owns sockets, worlds, books (sqlite), clocks, faults, recordings and webhook delivery. A company
 * owns its wire protocol: it finds the world in the credential, answers requests, words its errors and signs
 * its webhooks. A company folder exports `company: Company` from its `index.ts`; `sandbox/main.ts` lists them.
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Authority } from "./authority.ts";

/** One request to a company. Everything that a handler may know. */
export type Exchange = {
  method: string;
  /** Path below the company, e.g. `/v1/customers` for Stripe and `/api/v1/chat/completions` for OpenRouter. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** At most `MAX_BODY_BYTES`; the core answers a longer one itself. */
  rawBody: Buffer;
  world: World;
  /** Write to it as usual (`writeHead`, `write`, `end`); the core may be listening in for the recorder or a fault. */
  res: ServerResponse;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** A fault of a kind listed in `Company.faults` that hit this request: the company acts it out itself. */
  fault: Fault | null;
};

/** Where a credential may stand besides the headers: a client id travels in the query or in the form. */
export type Asked = Pick<Exchange, "method" | "path" | "query" | "rawBody">;

/** The kinds of failure that a company can be asked for in its own words. */
export type ErrorKind = "fault" | "rate_limit" | "too_large" | "not_implemented" | "internal";

export type Company = {
  /** The path prefix: `stripe`, `openrouter`. */
  readonly name: string;
  /** The world named by the credential (`sk_test_{world}_…`, `sk-or-{world}-…`); null for a wrong one. */
  worldOf(headers: IncomingHttpHeaders, request: Asked): string | null;
  /** The company's own 401, for a credential of the wrong form or of an unknown world. */
  unauthorized(res: ServerResponse, headers: IncomingHttpHeaders, request: Asked): void;
  /** Answers the request, errors included. A rejection becomes `error(res, 500, "internal")`. */
  handle(exchange: Exchange): Promise<void>;
  /** Writes an error of `status` in the company's own body. */
  error(res: ServerResponse, status: number, kind: ErrorKind): void;
  /** What the owner of a world needs to reach this company: keys, secrets, `base_url`. Same world, same answer. */
  credentials(world: World): Record<string, string>;
  /** Runs at each opening of a world (make tables here) and whenever its `webhookBase` changes. */
  welcome?(world: World): void;
  /** Stream faults that the company acts out itself (e.g. `cut_stream`); the core does the others for everybody. */
  readonly faults?: readonly string[];
  /** Pages for people, outside any credential, below `/{company}`: true when `path` was one and is answered. */
  page?(page: PageRequest): Promise<boolean>;
  /**
   * Mails that lie in people's boxes here, oldest first; when there is none yet, waits for one up to `waitMs` of real time.
   * Shown as `GET /_sandbox/mailbox`.
   */
  mailbox?(world: World, filter: MailboxFilter, waitMs: number, signal: AbortSignal): Promise<MailboxMail[]>;
  /** Control operations of its own below `/_sandbox/{company}`, e.g. its settings: false when it knows no such path. */
  control?(request: ControlRequest): Promise<boolean>;
  /** Handlers of things that fall due in world time, by the kind given to `agenda.add`. */
  readonly due?: Readonly<Record<string, (world: World, payload: unknown) => void | Promise<void>>>;
  /** How this company's webhooks are signed and retried; absent when it sends none. */
  readonly webhooks?: WebhookStyle;
  /** The company's own books, for comparing end states. */
  books?(world: World): unknown;
  /** Objects for the control page, newest first, at most `limit` of each kind. */
  objects?(world: World, limit: number): ObjectSummary[];
  /** Events that `POST /_sandbox/trigger` can cause, each with the calls that lead to it. */
  readonly triggers?: Readonly<Record<string, (world: World) => void | Promise<void>>>;
  /** Operations and events built, of those in the company's specification. */
  coverage?(): Coverage;
};

/** A request for a page, which names its world by path or query rather than by a credential. */
export type PageRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  rawBody: Buffer;
  res: ServerResponse;
  worlds: { find(name: string): World | null; all(): World[] };
};

/** A control operation; `world` comes from `?world=`, `default` when absent. */
export type ControlRequest = {
  method: string;
  /** Below `/_sandbox/{company}`, with the slash. */
  path: string;
  query: URLSearchParams;
  /** The parsed JSON body, or null when there was none. */
  body: unknown;
  world: World;
  /** Answers JSON; 422 for input that makes no sense. */
  answer(status: number, body: unknown): void;
};

/** Isolated state: what one credential can see. */
export type World = {
  readonly name: string;
  /** Certificates of this sandbox; one authority for all worlds. */
  readonly authority: Authority;
  readonly seed: string;
  /** Where this sandbox is reached, e.g. `http://127.0.0.1:4010`, without a slash at the end. */
  readonly baseUrl: string;
  /** The server's `/webhooks` URL, or null when nobody listens. */
  readonly webhookBase: string | null;
  readonly store: Store;
  readonly clock: Clock;
  readonly agenda: Agenda;
  /**
   * A stream of numbers that depends on (seed, rule, how many were drawn before) and on nothing else. How many
   * were drawn is part of the books, so a restarted sandbox goes on where it stopped.
   */
  random(rule: string): RandomStream;
  readonly faults: FaultSet;
  readonly recorder: Recorder;
  readonly webhooks: WebhookSender;
  /** Anything a company wants to keep in memory for this world; rebuilt lazily, emptied by a reset. */
  readonly memory: Map<string, unknown>;
};

export type RandomStream = {
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  int(below: number): number;
  /** `length` characters of 0-9A-Za-z. */
  id(length: number): string;
};

export type Sql = null | number | bigint | string | Uint8Array;
export type Row = Record<string, Sql>;

/**
 * The world's books: one sqlite database. Writes of one turn of the event loop share a transaction, which
 * commits before the answers of that turn leave (the core holds `res.end` of a world with uncommitted writes).
 * All calls are synchronous, so a handler that does not await sees and changes the books alone.
 */
export type Store = {
  /** Runs `ddl` (idempotent `create table if not exists …`) once per process and world; call it before first use. */
  ensure(name: string, ddl: string): void;
  run(sql: string, ...values: Sql[]): number;
  get(sql: string, ...values: Sql[]): Row | null;
  all(sql: string, ...values: Sql[]): Row[];
  /** All or nothing: what `fn` wrote is undone when it throws. May be nested. `fn` must not be async. */
  atomic<T>(fn: () => T): T;
  /** True while a write waits for its commit. */
  readonly dirty: boolean;
  /** Calls back once what is written so far is committed; at once when nothing waits. */
  afterCommit(fn: () => void): void;
};

export type Clock = {
  readonly mode: "real" | "manual";
  /** World time in milliseconds since 1970. */
  now(): number;
  /** World time in whole seconds. */
  seconds(): number;
};

/** Things to do later in world time; durable. */
export type Agenda = {
  /** Calls `Company.due[kind]` at `atMs`, in order of time; `key` makes it replaceable and cancellable. */
  add(company: string, kind: string, atMs: number, payload: unknown, key?: string): void;
  cancel(key: string): void;
};

export type Fault = {
  id: string;
  company: string | null;
  on: "call" | "webhook";
  match: { method?: string; path?: string; event?: string; body?: string };
  fault: string;
  times: number | null;
  probability: number | null;
  /** Whether the act happens before the call fails. */
  effect: "done" | "none";
  params: Record<string, unknown>;
};

export type FaultSet = {
  list(): Fault[];
  /** The faults that hit this one; counts `times` down and draws the dice of `probability`. */
  draw(subject: FaultSubject): Fault[];
};
export type FaultSubject = {
  company: string;
  on: "call" | "webhook";
  method?: string;
  path?: string;
  event?: string;
  body?: string;
  /** Only these kinds of fault; others neither count nor roll. */
  kinds?: readonly string[];
};

export type Recording = {
  id: number;
  at: string;
  company: string;
  direction: "in" | "out";
  method: string;
  path: string;
  status: number;
  ms: number;
  fault: string | null;
  request: { headers: Record<string, string>; body: string };
  response: { headers: Record<string, string>; body: string };
};
export type Recorder = {
  readonly enabled: boolean;
  add(recording: Omit<Recording, "id">): void;
};

export type WebhookSender = {
  /** Queues one delivery; it goes out after the commit, and again on the company's schedule until answered 2xx. */
  send(delivery: {
    company: string;
    eventId: string;
    eventType: string;
    endpointId: string;
    order?: number;
  }): void;
};

export type WebhookCall = { url: string; headers: Record<string, string>; body: Buffer };

export type WebhookStyle = {
  /** How long an endpoint may take to answer. */
  timeoutMs: number;
  /** Waits after the 1st, 2nd, … failed attempt, in world time; after the last one the delivery is given up. */
  retryAfterMs: readonly number[];
  /** The request for one attempt with genuine signatures at `signedAt` (real seconds); null when the endpoint is gone. */
  request(
    world: World,
    delivery: { eventId: string; endpointId: string; signedAt: number; fault: Fault | null },
  ): WebhookCall | null | Promise<WebhookCall | null>;
  /** Faults of its own that `request` acts out when it is given one, e.g. a certificate that has expired. */
  readonly faults?: readonly string[];
  /** The headers that carry the signature, which `bad_signature` alters. */
  signatureHeaders: readonly string[];
  /** A delivery ended: answered 2xx, or given up. */
  settled(world: World, outcome: { eventId: string; endpointId: string; delivered: boolean }): void;
};

export type ObjectSummary = {
  kind: string;
  id: string;
  created: number;
  state: string;
  text: string;
  body: unknown;
};

/** `to`: an address in small letters, null for all; `since`: the `seq` of the last mail that was seen, 0 for none. */
export type MailboxFilter = { to: string | null; since: number };

/** One mail in one box. */
export type MailboxMail = {
  /** Counts up in a world, over all boxes. */
  seq: number;
  id: string;
  to: string;
  from: string;
  reply_to: string[];
  subject: string;
  text: string | null;
  html: string | null;
  /** Where its links lead, in order, each once. */
  links: string[];
  headers: Record<string, string>;
  attachments: { filename: string; content_type: string; bytes: number }[];
  arrived_at: string;
};

export type Coverage = {
  /** `official` when compared with a published specification, else `unofficial`. */
  basis: "official" | "unofficial";
  operations: { built: string[]; of: number | null };
  events: { built: string[]; of: number | null };
};

/** Bodies above this are answered 413 by the core in the company's words. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
