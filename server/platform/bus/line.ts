import type { Open, Transport } from "./transport.ts";

/** Every process sends a beat that often, and hears its own. */
export const BEAT_EVERY_MS = 250;
/** Three beats that did not come back: whatever was sent meanwhile may be lost. */
const SILENT_AFTER_MS = 3 * BEAT_EVERY_MS;
/** A connection that stays silent for that long is replaced. */
const RESET_AFTER_MS = 3_000;

export type Line = {
  /** Rejects when the text did not leave. */
  send(payload: string): Promise<void>;
  /** Own beats come back: what others send arrives as well. */
  alive(): boolean;
  /** Milliseconds that the last beat took there and back; null before the first. */
  lagMs(): number | null;
  /** Sends the next beat and looks whether the last ones came back. */
  tick(): void;
  close(): Promise<void>;
};

/** What a line says by itself, and whom it tells. */
export type LineEnds = {
  /** Of this process; at most 40 characters without a space. */
  beat: string;
  hear(payload: string): void;
  /** Messages may have been missed: at the loss, and again when the line is back. */
  onGap(): void;
};

/** A transport whose silence shows: beats go out and must come back. */
export function createLine(
  open: Open,
  { beat, hear, onGap }: LineEnds,
  now: () => number = () => performance.now(),
): Line {
  let heardAt = -Infinity;
  let lag: number | null = null;
  let up = false;
  let resetAt = now();
  const alive = () => now() - heardAt <= SILENT_AFTER_MS;
  // A beat that cannot leave does not come back either, which is what is looked at.
  const sendBeat = () => void transport.send(`${beat}${now()}`).catch(() => undefined);
  const transport: Transport = open((payload) => {
    if (payload.startsWith(beat)) {
      lag = now() - Number(payload.slice(beat.length));
      heardAt = now();
      if (!up) {
        up = true;
        onGap();
      }
    }
    hear(payload);
  }, sendBeat);
  return {
    send: (payload) => transport.send(payload),
    alive: () => up && alive(),
    lagMs: () => lag,
    tick() {
      if (up && !alive()) {
        up = false;
        onGap();
      }
      if (now() - Math.max(heardAt, resetAt) > RESET_AFTER_MS) {
        resetAt = now();
        transport.reset();
      }
      sendBeat();
    },
    close: () => transport.close(),
  };
}
