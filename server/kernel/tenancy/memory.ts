type Entry<T> = {
  loadedAt: number;
  value: Promise<T | null>;
  /** Undefined while it is being loaded. */
  known: T | null | undefined;
  tags: readonly string[];
};

export type Memory<T> = {
  /** What is remembered under `key`, else what `load` finds; all who ask meanwhile share that one load. */
  get(key: string, load: () => Promise<T | null>): Promise<T | null>;
  /** Forgets what lies under `key`, unless it was loaded within the last second. True when it was forgotten. */
  renew(key: string): boolean;
  /** Forgets what bears the tag, and what bears none: what is being loaded, or was not found. */
  forget(tag: string): void;
  clear(): void;
};

type Options<T> = {
  /** How old an answer may be now; counted from the start of its load, so that it is never older than that. */
  maxAgeMs(): number;
  maxEntries: number;
  /** The ids by which an answer may be forgotten. */
  tagsOf(value: T): readonly string[];
  /** Milliseconds that only go forward. */
  now?: () => number;
};

/** What does not exist has no id by which others could tell that it does now, so that is asked again after this time. */
const NOTHING_FOR_MS = 1_000;

/** What was found a moment ago, in this process. Failed loads are not remembered. The oldest give way. */
export function createMemory<T>(options: Options<T>): Memory<T> {
  const { maxAgeMs, maxEntries, tagsOf, now = () => performance.now() } = options;
  const entries = new Map<string, Entry<T>>();
  const tagged = new Map<string, Set<string>>();
  const untagged = new Set<string>();

  const drop = (key: string) => {
    for (const tag of entries.get(key)?.tags ?? []) {
      const keys = tagged.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) tagged.delete(tag);
    }
    entries.delete(key);
    untagged.delete(key);
  };
  const keep = (key: string, entry: Entry<T>, value: T | null) => {
    if (entries.get(key) !== entry) return;
    entry.known = value;
    if (value === null) return;
    untagged.delete(key);
    entry.tags = tagsOf(value);
    for (const tag of entry.tags) tagged.set(tag, (tagged.get(tag) ?? new Set()).add(key));
  };
  const start = (key: string, load: () => Promise<T | null>): Promise<T | null> => {
    const entry: Entry<T> = { loadedAt: now(), value: load(), known: undefined, tags: [] };
    drop(key);
    entries.set(key, entry);
    untagged.add(key);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      drop(oldest);
    }
    entry.value.then(
      (value) => keep(key, entry, value),
      () => {
        if (entries.get(key) === entry) drop(key);
      },
    );
    return entry.value;
  };
  const maxAgeOf = ({ known }: Entry<T>) =>
    known === null ? Math.min(NOTHING_FOR_MS, maxAgeMs()) : maxAgeMs();
  return {
    get(key, load) {
      const entry = entries.get(key);
      return entry && now() - entry.loadedAt < maxAgeOf(entry) ? entry.value : start(key, load);
    },
    renew(key) {
      const entry = entries.get(key);
      if (entry && now() - entry.loadedAt < NOTHING_FOR_MS) return false;
      drop(key);
      return true;
    },
    forget(tag) {
      for (const key of [...(tagged.get(tag) ?? []), ...untagged]) drop(key);
    },
    clear() {
      entries.clear();
      tagged.clear();
      untagged.clear();
    },
  };
}
