export type Local = {
  get(key: string): Buffer | undefined;
  set(key: string, bytes: Buffer, tags: readonly string[], livesMs: number): void;
  drop(tags: readonly string[]): void;
  clear(): void;
  readonly entries: number;
  readonly bytes: number;
};

type Options = {
  maxEntries: number;
  maxBytes: number;
  /** How old an entry may be now. */
  maxAgeMs(): number;
  /** An entry gave way for want of room. */
  evicted(key: string): void;
  /** Milliseconds that only go forward. */
  now(): number;
};
type Kept = { bytes: Buffer; tags: readonly string[]; setAt: number; endsAt: number };

/** L1: what was read last in this process, bounded in entries and bytes; the one not asked for longest gives way. */
export function createLocal({ maxEntries, maxBytes, maxAgeMs, evicted, now }: Options): Local {
  const kept = new Map<string, Kept>();
  const tagged = new Map<string, Set<string>>();
  let held = 0;

  const remove = (key: string) => {
    const entry = kept.get(key);
    if (!entry) return;
    held -= entry.bytes.length;
    kept.delete(key);
    for (const tag of entry.tags) {
      const keys = tagged.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) tagged.delete(tag);
    }
  };
  return {
    get(key) {
      const entry = kept.get(key);
      if (!entry) return undefined;
      if (now() >= entry.endsAt || now() - entry.setAt >= maxAgeMs()) {
        remove(key);
        return undefined;
      }
      // Deleted first, so that the map stays in the order of last use.
      kept.delete(key);
      kept.set(key, entry);
      return entry.bytes;
    },
    set(key, bytes, tags, livesMs) {
      remove(key);
      if (bytes.length > maxBytes) return;
      kept.set(key, { bytes, tags, setAt: now(), endsAt: now() + livesMs });
      held += bytes.length;
      for (const tag of tags) tagged.set(tag, (tagged.get(tag) ?? new Set()).add(key));
      for (const oldest of kept.keys()) {
        if (kept.size <= maxEntries && held <= maxBytes) break;
        remove(oldest);
        evicted(oldest);
      }
    },
    drop(tags) {
      for (const tag of tags) for (const key of tagged.get(tag) ?? []) remove(key);
    },
    clear() {
      kept.clear();
      tagged.clear();
      held = 0;
    },
    get entries() {
      return kept.size;
    },
    get bytes() {
      return held;
    },
  };
}
