/** Whether a candidate is asked at all, after what became of the calls it got. Pure: instants are handed in, in ms. */

const RUNNING_FAILURES = 5;
const WINDOW_SECONDS = 30;
const WINDOW_CALLS = 10;
const FIRST_PAUSE_MS = 10_000;
export const LONGEST_PAUSE_MS = 300_000;

export const BREAKER_STATES = ["closed", "open", "probing"] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/**
 * Opens at five failures running, or when half of at least ten calls of the last 30 s failed. After 10 s one call is let
 * through; when that fails too the next wait is twice as long, at most 5 min.
 */
export class Breaker {
  #running = 0;
  #pauseMs = 0;
  #opensAt = 0;
  #probing = false;
  /** Open by another process's word alone. */
  #told = false;
  /** Calls and failures of each second of the window, at second modulo window. */
  readonly #calls = new Uint32Array(WINDOW_SECONDS);
  readonly #failures = new Uint32Array(WINDOW_SECONDS);
  #second = 0;

  /** What it is at `now`; an open one whose wait is over admits one probe. */
  state(now: number): BreakerState {
    if (this.#pauseMs === 0) return "closed";
    return this.#probing || now >= this.#opensAt ? "probing" : "open";
  }
  admits(now: number): boolean {
    return this.#pauseMs === 0 || (!this.#probing && now >= this.#opensAt);
  }
  /** Ms until it may be asked again; 0 when it may be now. */
  waitMs(now: number): number {
    if (this.admits(now)) return 0;
    return Math.max(this.#opensAt - now, 1_000);
  }

  /** A call goes out. */
  began(): void {
    if (this.#pauseMs !== 0) this.#probing = true;
  }
  /** It ended without saying anything about the provider. */
  left(): void {
    this.#probing = false;
  }
  succeeded(now: number): void {
    this.#count(now, 0);
    this.#running = 0;
    // Answers to calls that went out before it opened do not close it.
    if (this.#probing) this.#close();
  }
  failed(now: number): void {
    this.#count(now, 1);
    this.#running += 1;
    if (this.#probing) {
      this.#probing = false;
      this.#told = false;
      this.#open(now, Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS));
    } else if (this.#pauseMs === 0 && this.#isBad()) this.#open(now, FIRST_PAUSE_MS);
  }

  /** Another process opened its own for so long. Who has had an answer within the window believes that. */
  toldOpen(waitMs: number, now: number): void {
    this.#forget(now);
    if (this.#pauseMs === 0 && sum(this.#calls) > sum(this.#failures)) return;
    if (this.#pauseMs !== 0 && !this.#told) return;
    this.#told = true;
    this.#open(now, Math.min(Math.max(waitMs, FIRST_PAUSE_MS), LONGEST_PAUSE_MS));
  }
  /** Another process's probe was answered: one that was told is closed, one of its own failures may probe at once. */
  toldClosed(now: number): void {
    if (this.#told) this.#close();
    else this.#opensAt = Math.min(this.#opensAt, now);
  }

  #close(): void {
    this.#told = false;
    this.#probing = false;
    this.#pauseMs = 0;
    this.#calls.fill(0);
    this.#failures.fill(0);
  }
  #open(now: number, pauseMs: number): void {
    this.#pauseMs = pauseMs;
    this.#opensAt = now + pauseMs;
  }
  #isBad(): boolean {
    if (this.#running >= RUNNING_FAILURES) return true;
    const calls = sum(this.#calls);
    return calls >= WINDOW_CALLS && sum(this.#failures) * 2 >= calls;
  }
  #count(now: number, failures: 0 | 1): void {
    this.#forget(now);
    const at = this.#second % WINDOW_SECONDS;
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    this.#failures[at] = (this.#failures[at] ?? 0) + failures;
  }
  /** Makes room for the seconds that have come since. */
  #forget(now: number): void {
    const second = Math.floor(now / 1_000);
    const passed = Math.min(Math.max(second - this.#second, 0), WINDOW_SECONDS);
    for (let back = 0; back < passed; back += 1) {
      const at = (second - back) % WINDOW_SECONDS;
      this.#calls[at] = 0;
      this.#failures[at] = 0;
    }
    this.#second = Math.max(second, this.#second);
  }
}

const sum = (counts: Uint32Array): number => counts.reduce((all, each) => all + each, 0);
