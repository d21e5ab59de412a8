/** What becomes of a call whose caller left. Pure. */
import type { ServerResponse } from "node:http";
import type { Provider } from "../../models/catalogue.ts";

/** What a relay has to know of whom it asks. */
export type Asked = Pick<Provider, "onDisconnect" | "timeouts">;

/** Whoever waits for an answer, as far as they may leave. */
export type Waiting = Pick<ServerResponse, "destroyed"> &
  Record<"once" | "off", (event: "close", left: () => void) => unknown>;

/** One who leaves when the signal says so. */
export const waitingUntil = (signal: AbortSignal | undefined): Waiting => ({
  get destroyed() {
    return signal?.aborted ?? false;
  },
  once: (_, left) => signal?.addEventListener("abort", left, { once: true }),
  off: (_, left) => signal?.removeEventListener("abort", left),
});

/** An answer that nobody waits for is read on for so long, and so far. */
export const DRAIN_MS = 120_000;
export const DRAIN_BYTES = 2 * 1024 * 1024;

/** A call that is read on after its caller left; times are of `performance.now()`. */
export class Drain {
  readonly #until: number;
  #bytes = 0;

  constructor(now: number, ms = DRAIN_MS) {
    this.#until = now + ms;
  }

  /** True when it has taken long enough. */
  isOver(now: number): boolean {
    return now >= this.#until;
  }
  /** Counts what arrived; true when it is more than is read for nobody. */
  isFull(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#bytes > DRAIN_BYTES;
  }
}
