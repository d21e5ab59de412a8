import { Breaker } from "./breaker.ts";

const MINUTES = 60;
const RECENT_MINUTES = 5;
const MINUTE_MS = 60_000;
/** First contents remembered. */
const SAMPLES = 128;

export type Shares = { calls: number; failures: number };

/** How a provider's model has done of late, in this process. Nothing is allocated per call. Instants are in ms. */
export class Health {
  readonly breaker = new Breaker();
  readonly #calls = new Uint32Array(MINUTES);
  readonly #failures = new Uint32Array(MINUTES);
  #minute = 0;
  readonly #sampleAt = new Float64Array(SAMPLES);
  readonly #sampleMs = new Float64Array(SAMPLES);
  #next = 0;

  succeeded(now: number, firstContentMs: number | null): void {
    this.breaker.succeeded(now);
    this.#count(now, 0);
    if (firstContentMs === null) return;
    this.#sampleAt[this.#next] = now;
    this.#sampleMs[this.#next] = firstContentMs;
    this.#next = (this.#next + 1) % SAMPLES;
  }
  failed(now: number): void {
    this.breaker.failed(now);
    this.#count(now, 1);
  }

  /** Of the last hour, or of its last minutes. */
  shares(now: number, minutes = MINUTES): Shares {
    this.#forget(now);
    const all: Shares = { calls: 0, failures: 0 };
    for (let back = 0; back < minutes; back += 1) {
      const at = (this.#minute - back + MINUTES) % MINUTES;
      all.calls += this.#calls[at] ?? 0;
      all.failures += this.#failures[at] ?? 0;
    }
    return all;
  }
  /** Share of the last five minutes' calls that were answered; 1 when there were none. */
  success(now: number): number {
    const { calls, failures } = this.shares(now, RECENT_MINUTES);
    return calls === 0 ? 1 : 1 - failures / calls;
  }
  /** First contents of the last five minutes, in ms. */
  firstContents(now: number): number[] {
    const since = now - RECENT_MINUTES * MINUTE_MS;
    return [...this.#sampleMs].filter((_, at) => (this.#sampleAt[at] ?? 0) > since);
  }
  /** Null without a call of the last five minutes. */
  firstContentP50(now: number): number | null {
    return median(this.firstContents(now));
  }

  #count(now: number, failures: 0 | 1): void {
    this.#forget(now);
    const at = this.#minute % MINUTES;
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    this.#failures[at] = (this.#failures[at] ?? 0) + failures;
  }
  /** Makes room for the minutes that have come since. */
  #forget(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    const passed = Math.min(Math.max(minute - this.#minute, 0), MINUTES);
    for (let back = 0; back < passed; back += 1) {
      this.#calls[(minute - back) % MINUTES] = 0;
      this.#failures[(minute - back) % MINUTES] = 0;
    }
    this.#minute = Math.max(minute, this.#minute);
  }
}

export function median(values: number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
