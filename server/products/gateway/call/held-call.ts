import type { HoldId } from "../../../platform/ids.ts";
import type { Candidate, Route } from "../models/catalogue.ts";
import type { Caching } from "../cache/caching.ts";
import type { Fold } from "../folds/fold.ts";
import type { Remembering } from "../memory/call/remembering.ts";
import type { Shortened } from "../compression/store.ts";
import type { Bound } from "./bound/bound.ts";
import type { Spender } from "../limits/bound.ts";
import type { Taken } from "../limits/rates.ts";
import type { Chat } from "./chat.ts";
import type { NewRequest } from "../store.ts";
import type { Asked } from "./relay/left.ts";
import type { RelayEnd } from "./relay/outcome.ts";
import type { Progress } from "./relay/relay-stream.ts";

/** A call whose hold is committed; it lives until its settlement is. */
export type HeldCall = {
  requestId: string;
  holdId: HoldId;
  /** Its row, as it was written with the hold. */
  row: NewRequest;
  actor: Spender;
  chat: Chat;
  route: Route;
  /** Who is asked now; the last one is charged for. */
  serving: Candidate;
  /** How many were asked, this one included. */
  attempts: number;
  bound: Bound;
  /** It came with a key: its answer is kept. */
  keyed: boolean;
  /** It may be answered from the cache: its answer is kept there. */
  caching: Caching | null;
  /** A retry may join it; null where its organization does not fold retries. */
  fold: Fold | null;
  /** It uses its person's memory: what they said in it is heard. */
  memory: Remembering | null;
  /** How its prompt was shortened; null: it goes as it came. */
  shortened: Shortened | null;
  /** What it has taken of its rates. */
  rates: Taken;
  /** When it began, of `performance.now()`. */
  startedAt: number;
  progress: Progress;
  /** What its row says already, so that only news is written. */
  noted: { generationId: string | null; renewedAt: number };
};

/** Its answer is given again: to whoever asks with its key, or comes back after a lost connection. */
export const keepsAnswer = ({ keyed, fold }: HeldCall): boolean => keyed || fold !== null;

/** There is a whole answer, for its caller or for one who comes back for it. */
export const isWhole = (call: HeldCall, { end, drained }: RelayEnd): boolean =>
  end === "complete" || (drained === true && keepsAnswer(call));

/** Whom a call asks, and what becomes of it when its caller leaves: one that a retry may join is read to its end. */
export const askedOf = ({ fold }: HeldCall, { provider }: Candidate): Asked =>
  fold ? { ...provider, onDisconnect: "drain" } : provider;
