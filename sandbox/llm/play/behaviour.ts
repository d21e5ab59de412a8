/** How a call goes wrong on purpose: by the model asked for, by a fault, or not at all. */
import type { Fault } from "../../core/company.ts";

export type Behaviour = {
  /** Refuse with this status before anything is done. */
  refuse: number | null;
  /** Refuse the prompt, as a moderator does. */
  moderated: boolean;
  /** Instead of an answer: an empty 200, a body that is no JSON, a gateway's HTML page. */
  body: "normal" | "empty" | "broken" | "html";
  /** Answer 200 and send an error before any choice. */
  errorFirst: boolean;
  /** After this many contents: an error, a broken connection, silence, or a chunk that is no JSON. */
  errorAfter: number | null;
  cutAfter: number | null;
  stallAfter: number | null;
  brokenAfter: number | null;
  /** Everything was sent but the usage and what follows it. */
  cutBeforeUsage: boolean;
  usage: "normal" | "none" | "zero" | "cumulative" | "doubled";
  /** Multi-byte characters are torn apart between two writes. */
  splitUtf8: boolean;
  /** One content is this many bytes long. */
  bigChunkBytes: number | null;
  firstTokenMs: number | null;
  tokensPerSecond: number | null;
  /** The answer waits until this name is released. */
  hold: string | null;
  /** Searches over those that it may make. */
  extraSearches: number;
  /** Say nothing at all. */
  silent: boolean;
  /** The answer ends after this many tokens with `length`. */
  lengthAt: number | null;
  /** The bill and the reported cost are this many times what the price list says. */
  costTimes: bigint;
  /** For an empty or foreign body: whether the provider did the work, and bills it, all the same. */
  billed: boolean;
};

const NORMAL: Behaviour = {
  refuse: null,
  moderated: false,
  body: "normal",
  errorFirst: false,
  errorAfter: null,
  cutAfter: null,
  stallAfter: null,
  brokenAfter: null,
  cutBeforeUsage: false,
  usage: "normal",
  splitUtf8: false,
  bigChunkBytes: null,
  firstTokenMs: null,
  tokensPerSecond: null,
  hold: null,
  extraSearches: 0,
  silent: false,
  lengthAt: null,
  costTimes: 1n,
  billed: true,
};

/** Contents before a failure, unless told. */
const AFTER = 3;
/** About what one token takes on the wire, for speeds given in bytes. */
const CHUNK_BYTES = 270;

const MODELS: Readonly<Record<string, Partial<Behaviour>>> = {
  "sandbox/slow": { firstTokenMs: 2_000, tokensPerSecond: 5 },
  "sandbox/hold": { hold: "sandbox/hold" },
  "sandbox/stall": { stallAfter: AFTER },
  "sandbox/cut": { cutAfter: AFTER },
  "sandbox/error-first": { errorFirst: true },
  "sandbox/error-mid": { errorAfter: AFTER },
  "sandbox/no-usage": { usage: "none" },
  "sandbox/cumulative-usage": { usage: "cumulative" },
  "sandbox/empty": { silent: true },
  "sandbox/length": { lengthAt: 8 },
  "sandbox/bad-json": { body: "broken", brokenAfter: AFTER },
  "sandbox/402": { refuse: 402 },
  "sandbox/429": { refuse: 429 },
  "sandbox/529": { refuse: 529 },
};

const number = (params: Record<string, unknown>, name: string, otherwise: number): number => {
  const value = params[name];
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : otherwise;
};

type Params = Record<string, unknown>;

/** The faults of this company's own, and what each does with its parameters; the stream faults always cost. */
const FAULTS: Readonly<Record<string, (params: Params) => Partial<Behaviour>>> = {
  cut_stream: (p) => ({ cutAfter: number(p, "after", AFTER) }),
  stall: (p) => ({ stallAfter: number(p, "after", AFTER) }),
  slow_stream: (p) => {
    const bytes = number(p, "bytes_per_second", 2 * CHUNK_BYTES);
    return { tokensPerSecond: Math.max(number(p, "tokens_per_second", bytes / CHUNK_BYTES), 0.1) };
  },
  empty_body: () => ({ body: "empty" }),
  broken_json: (p) => ({ body: "broken", brokenAfter: number(p, "after", AFTER) }),
  moderated: () => ({ moderated: true }),
  html_502: () => ({ body: "html" }),
  error_first: () => ({ errorFirst: true }),
  error_after_role: () => ({ errorAfter: 0 }),
  error_mid: (p) => ({ errorAfter: number(p, "after", AFTER) }),
  cut_before_usage: () => ({ cutBeforeUsage: true }),
  no_usage: () => ({ usage: "none" }),
  zero_usage: () => ({ usage: "zero" }),
  cumulative_usage: () => ({ usage: "cumulative" }),
  doubled_usage: () => ({ usage: "doubled" }),
  split_utf8: () => ({ splitUtf8: true }),
  big_chunk: (p) => ({ bigChunkBytes: Math.min(number(p, "bytes", 1024 * 1024), 8 * 1024 * 1024) }),
  cost_unlike_table: (p) => ({ costTimes: BigInt(Math.round(number(p, "times", 2))) }),
  more_searches: (p) => ({ extraSearches: Math.min(Math.round(number(p, "by", 4)), 50) }),
  lookup_404: () => ({}),
};

/** Kinds of fault that this company acts out itself; `lookup_404` hits `/generation` only, the others chat only. */
export const FAULT_KINDS: readonly string[] = Object.keys(FAULTS);

export function behaviourOf(modelId: string, fault: Fault | null): Behaviour {
  const byModel = MODELS[modelId];
  if (fault === null) return byModel === undefined ? NORMAL : { ...NORMAL, ...byModel };
  const byFault = FAULTS[fault.fault]?.(fault.params) ?? {};
  return { ...NORMAL, ...byModel, ...byFault, billed: fault.effect === "done" };
}
