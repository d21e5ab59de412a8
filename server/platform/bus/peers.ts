/** A process that was not heard for that long is gone. */
const GONE_AFTER_MS = 2_000;

export type Peers = {
  /** What each beat of this process starts with; the time of sending follows. */
  readonly beat: string;
  readonly goodbye: string;
  /** True when the payload was a beat or a goodbye, and so is dealt with. */
  heard(payload: string): boolean;
  /** Live processes that answer requests, the own one included when it does. */
  count(): number;
};

/** Who else is there, by their beats. */
export function createPeers(self: string, serving: boolean, now = () => performance.now()): Peers {
  const lastHeard = new Map<string, number>();
  return {
    beat: `b ${self} ${serving ? 1 : 0} `,
    goodbye: `x ${self}`,
    heard(payload) {
      const [kind, from = "", serves] = payload.split(" ", 3);
      if (kind === "x") lastHeard.delete(from);
      else if (kind !== "b") return false;
      else if (from !== self && serves === "1") lastHeard.set(from, now());
      return true;
    },
    count() {
      for (const [id, at] of lastHeard) if (now() - at > GONE_AFTER_MS) lastHeard.delete(id);
      return Math.max(1, lastHeard.size + (serving ? 1 : 0));
    },
  };
}
