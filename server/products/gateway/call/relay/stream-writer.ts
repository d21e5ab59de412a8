import type { ServerResponse } from "node:http";

type Hooks = {
  /** Writes the status line; called once. */
  open(): void;
  pause(): void;
  resume(): void;
};

/**
 * Writes to the caller: what comes within one turn of the event loop goes out as one piece, and a caller who does not read
 * pauses the provider, so that at most one socket's worth is buffered.
 */
export class StreamWriter {
  readonly #raw: ServerResponse;
  readonly #hooks: Hooks;
  #waiting: Buffer[] = [];
  #scheduled = false;
  #opened = false;
  #blocked = false;

  constructor(raw: ServerResponse, hooks: Hooks) {
    this.#raw = raw;
    this.#hooks = hooks;
  }

  get opened(): boolean {
    return this.#opened;
  }
  /** The caller does not read what was written. */
  get blocked(): boolean {
    return this.#blocked;
  }

  write(bytes: Buffer): void {
    this.#waiting.push(bytes);
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flush);
  }

  /** What is left and the end go out as one piece. */
  end(): void {
    this.#raw.cork();
    this.#flush();
    this.#raw.end();
    this.#raw.uncork();
  }

  readonly #flush = () => {
    this.#scheduled = false;
    const [first] = this.#waiting;
    if (first === undefined || this.#raw.destroyed || this.#raw.writableEnded) return;
    const bytes = this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting);
    this.#waiting = [];
    if (!this.#opened) {
      this.#opened = true;
      this.#hooks.open();
    }
    if (this.#raw.write(bytes) || this.#blocked) return;
    this.#blocked = true;
    this.#hooks.pause();
    this.#raw.once("drain", () => {
      this.#blocked = false;
      this.#hooks.resume();
    });
  };
}
