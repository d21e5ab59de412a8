import { setTimeout as delay } from "node:timers/promises";
import Stripe from "stripe";
import { createBreaker } from "../../platform/calls/index.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";
import { StripeFault, toFault } from "./fault.ts";

/** A call is tried again after these pauses, under the same idempotency key. */
const PAUSES_MS = [1_000, 2_000];
const TIMEOUT_MS = 10_000;

export type ClientOptions = {
  apiKey: string;
  /** Null: Stripe itself. */
  baseUrl: string | null;
  metrics: Metrics;
  /** Milliseconds; default 10 s. */
  timeoutMs?: number;
  /** Milliseconds before the second and third try; default 1 s and 2 s. */
  pausesMs?: readonly number[];
  /** The time by which calls are not even tried while most fail, in milliseconds; default a monotonic one. */
  nowMs?: () => number;
};

/**
 * Runs one operation of the SDK: measured, tried again while Stripe is away, not tried at all while most calls fail, its
 * errors sorted into `StripeFault`.
 */
export type CallStripe = <T>(
  op: string,
  act: (sdk: Stripe) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

export function createClient(options: ClientOptions): CallStripe {
  const sdk = new Stripe(options.apiKey, {
    ...(options.baseUrl ? place(new URL(options.baseUrl)) : {}),
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const pauses = options.pausesMs ?? PAUSES_MS;
  const breaker = createBreaker(options.nowMs);
  const seconds = options.metrics.histogram("vendor_seconds", "Seconds of one call to a company", [
    "vendor",
    "op",
  ]);
  const total = options.metrics.counter("vendor_calls_total", "Calls to a company", [
    "vendor",
    "op",
    "outcome",
  ]);

  const attempt = async <T>(op: string, act: (sdk: Stripe) => Promise<T>): Promise<T> => {
    if (!breaker.allows()) throw new StripeFault("unavailable", "breaker_open", null);
    const end = seconds.startTimer({ vendor: "stripe", op });
    try {
      const result = await act(sdk);
      total.inc({ vendor: "stripe", op, outcome: "ok" });
      breaker.ended(true);
      return result;
    } catch (error) {
      const fault = toFault(error);
      total.inc({ vendor: "stripe", op, outcome: fault instanceof StripeFault ? fault.kind : "error" });
      breaker.ended(!isAway(fault));
      throw fault;
    } finally {
      end();
    }
  };
  return async (op, act, signal) => {
    for (const pause of pauses) {
      try {
        return await attempt(op, act);
      } catch (error) {
        if (!(error instanceof StripeFault && error.kind === "unavailable")) throw error;
        await delay(pause, undefined, signal ? { signal } : {});
      }
    }
    return attempt(op, act);
  };
}

function place(url: URL): { host: string; port: string; protocol: "http" | "https" } {
  const protocol = url.protocol === "http:" ? "http" : "https";
  return { host: url.hostname, port: url.port || (protocol === "http" ? "80" : "443"), protocol };
}

/** One that says "too many" or "not just now" is there. */
const isAway = (fault: unknown): boolean =>
  fault instanceof StripeFault && fault.kind === "unavailable" && !fault.isBusy;
