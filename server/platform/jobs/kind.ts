/** What a kind of job is, and the words of its life. Pure. */
import type { z } from "zod";
import type { Tx } from "../db/index.ts";
import { INSTALLATION, type Id, type OrgId } from "../ids.ts";
import { Problem, type ProblemKind } from "../problem.ts";

export type JobId = Id<"job">;

/** 1 critical, 2 high, 3 normal, 4 low. */
export type Priority = 1 | 2 | 3 | 4;

export const STATES = [
  "scheduled", "queued", "running", "retrying", "cancelling", "completed", "partial", "failed", "cancelled",
] as const; // prettier-ignore
export type JobState = (typeof STATES)[number];

/** The organization, or null for the tenant of the installation's own jobs. */
export const orgOf = (org: OrgId): OrgId | null => (org === INSTALLATION ? null : org);

export type JobKind<P extends z.ZodType = z.ZodType> = {
  /** Dotted words, for ever: `export.audit`. */
  kind: string;
  /** Checked when enqueued and again when run: a job outlives the version that enqueued it, so change it additively only. */
  payload: P;
  /** Runs until one succeeds; default 3. */
  attempts?: number;
  /** Milliseconds after failure 1, 2, …, spread by ±25 % afterwards; default 2 s × 2ⁿ. */
  backoff?: (failures: number) => number;
  /** One attempt's; default 10 min. */
  timeoutMs?: number;
  /** Running at once in the whole installation; default no bound but the workers'. */
  atOnce?: number;
  /** Running at once for one organization; default the same. */
  atOncePerOrg?: number;
  /** Default 3, normal. */
  priority?: Priority;
  /**
   * Does the work. It returns when done (completed, or partial when an item failed) and throws to be tried again. A
   * `Problem` is told as its public words, anything else as an internal error.
   */
  run(ctx: JobContext<z.output<P>>): Promise<void>;
};

export type JobContext<Payload = unknown> = {
  readonly id: JobId;
  readonly orgId: OrgId | null;
  readonly kind: string;
  readonly payload: Payload;
  /** 1 at first; counted anew after a retry by hand. */
  readonly attempt: number;
  readonly createdBy: string | null;
  /** Aborted when cancelled, out of time, out of lease, or when the process ends. Hand it to all that waits. */
  readonly signal: AbortSignal;
  /** How far the job is, in items; written and told at most once a second. */
  progress(done: number, total: number): void;
  /**
   * Does one item in a transaction of the job's organization and marks it done there: either both are kept or neither, and
   * an item that is done already is left alone. False when it was. The one way to do something exactly once.
   */
  once(item: string, fn: (tx: Tx) => Promise<void>): Promise<boolean>;
  /** Marks an item done, in `tx` when given. Throws when another worker has taken the job over: let it roll `tx` back. */
  markDone(item: string, tx?: Tx): Promise<void>;
  /** Notes an item that cannot be done: the job ends partial (failed when all did), and a retry by hand tries it again. */
  markFailed(item: string, problem: ProblemKind): Promise<void>;
  isDone(item: string): Promise<boolean>;
  /** Those of `items` (at most 10,000) that are not done. */
  undone(items: readonly string[]): Promise<string[]>;
};

/** Thrown by a job that no further attempt can help: it fails at once. */
export class GiveUp extends Problem {}

/** The claim is another worker's by now; nothing of this run may be kept. */
export class LeaseLost extends Error {}

/** A run that was told to end, and why. */
export type StopReason = "cancelled" | "timeout" | "lease_lost" | "stopping";
export class Stopped extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(`the job was stopped: ${reason}`);
    this.reason = reason;
  }
}

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_TIMEOUT_MS = 10 * 60_000;
const FIRST_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 60 * 60_000;
const SPREAD = 0.25;
const KIND = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/;

/** A kind with every choice made. */
export type Defined = Required<Omit<JobKind, "run">> & { run(ctx: JobContext): Promise<void> };

export function complete<P extends z.ZodType>(kind: JobKind<P>): Defined {
  if (!KIND.test(kind.kind)) throw new Error(`a kind of job is dotted words, not "${kind.kind}"`);
  return {
    kind: kind.kind,
    payload: kind.payload,
    attempts: kind.attempts ?? DEFAULT_ATTEMPTS,
    backoff: kind.backoff ?? ((failures) => FIRST_BACKOFF_MS * 2 ** (failures - 1)),
    timeoutMs: kind.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    atOnce: kind.atOnce ?? Infinity,
    atOncePerOrg: kind.atOncePerOrg ?? Infinity,
    priority: kind.priority ?? 3,
    run: kind.run as Defined["run"],
  };
}

/** Until the next attempt, after failure 1, 2, …; `random` in [0, 1) spreads it by ±25 %. */
export function backoffMs({ backoff }: Pick<Defined, "backoff">, failures: number, random: number): number {
  return Math.min(backoff(failures), LONGEST_BACKOFF_MS) * (1 - SPREAD + 2 * SPREAD * random);
}

/** What ended a run, in words that may be shown. */
export function publicError(error: unknown): { code: string; detail: string } {
  if (error instanceof Stopped && error.reason === "timeout")
    return { code: "timeout", detail: "The job took too long" };
  if (error instanceof Problem)
    return { code: error.kind.code, detail: error.options.detail ?? error.kind.title };
  return { code: "internal", detail: "Something went wrong on our side" };
}

/** How a run whose function returned, or that is not tried again, ends. */
export function endState(outcome: "returned" | "threw", items: { done: number; failed: number }): JobState {
  if (outcome === "returned" && items.failed === 0) return "completed";
  return items.done > 0 ? "partial" : "failed";
}
