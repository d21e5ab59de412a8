type Entry<T> = { loadedAt: number; value: Promise<T | null>; known: T | null };

export type Memory<T> = {
  /** What is remembered under `key`, else what `load` finds; all who ask meanwhile share that one load. */
  get(key: string, load: () => Promise<T | null>): Promise<T | null>;
  /** Forgets what matches, and whatever is being loaded. */
  forget(matches: (value: T) => boolean): void;
};

type Options = {
  /** Counted from the start of a load, so that an answer is never older than that. */
  maxAgeMs: number;
  maxEntries: number;
  /** Milliseconds that only go forward. */
  now?: () => number;
};

/** What was found a moment ago, in this process. Failed loads are not remembered. The oldest give way. */
export function createMemory<T>({ maxAgeMs, maxEntries, now = () => performance.now() }: Options): Memory<T> {
  const entries = new Map<string, Entry<T>>();
  const start = (key: string, load: () => Promise<T | null>): Promise<T | null> => {
    const entry: Entry<T> = { loadedAt: now(), value: load(), known: null };
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
    entry.value.then(
      (value) => void (entry.known = value),
      () => {
        if (entries.get(key) === entry) entries.delete(key);
      },
    );
    return entry.value;
  };
  return {
    get(key, load) {
      const entry = entries.get(key);
      return entry && now() - entry.loadedAt < maxAgeMs ? entry.value : start(key, load);
    },
    forget(matches) {
      for (const [key, { known }] of entries) if (known === null || matches(known)) entries.delete(key);
    },
  };
}
