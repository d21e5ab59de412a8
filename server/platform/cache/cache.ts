import { randomUUID } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { Bus } from "../bus/index.ts";
import type { Clock } from "../clock.ts";
import type { Db, Tx } from "../db/index.ts";
import { connectRedis } from "../redis/index.ts";
import type { Logger, Metrics } from "../telemetry/index.ts";
import { createFlights, type Flight } from "./flights.ts";
import { fullKey } from "./key.ts";
import { createLocal } from "./local.ts";
import { createRemote, type Remote } from "./remote.ts";
import { createStats, type Stats } from "./stats.ts";

export type Entry = {
  /** Kind of answer: names its counts. */
  resource: string;
  /** Whose it is; null: everyone's. Nobody reads another organization's entry, since it is in the key. */
  org: string | null;
  /** An id, or `queryKey` of a query. */
  key: string;
  /** `kind:id`. */
  tags: readonly string[];
  ttlSeconds: number;
};

export type Cache = {
  /** What is known, else what `load` finds. Structured values with dates and bigints; the caller's own copy. */
  get<T>(entry: Entry, load: () => Promise<T>): Promise<T>;
  /** The tags, and what they cascade to, fall once `tx` has committed. */
  invalidate(tx: Tx, tags: readonly string[]): void;
  /** The same at once; resolves when every process was told. */
  drop(tags: readonly string[]): Promise<void>;
  state(): { l2: "off" | "up" | "down"; entries: number; bytes: number };
  /** Writes the counts down; called by itself every 5 s. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

export type CacheOptions = {
  bus: Bus;
  redis?: { url: string; prefix: string } | null;
  /** By kind of tag: the kinds that fall with it, under the same id. */
  cascades?: Readonly<Record<string, readonly string[]>>;
  shared?: { db: Db; clock: Clock; logger: Logger } | null;
  metrics?: Metrics;
};

const MAX_AGE_MS = 60_000;
/** While the bus is silent: what fell elsewhere is not heard of. */
const UNHEARD_MAX_AGE_MS = 1_000;
const MAX_ENTRIES = 1_000;
const MAX_BYTES = 10 * 1024 * 1024;
/** Lives differ by up to a tenth, so that what was made together does not end together. */
const SPREAD = 0.1;
const CHANNEL = "cache";
/** Of one message; more tags go in several. */
const TAGS_AT_ONCE = 50;

/** One cache per process. */
export function createCache(options: CacheOptions): Cache {
  const { bus, redis: config = null, shared = null, metrics } = options;
  const stats = createStats(shared, metrics, () => shared?.clock.now().getTime() ?? Date.now());
  const redis = config ? connectRedis(config.url) : null;
  const remote = redis && config ? createRemote(redis, config.prefix) : null;
  const self = randomUUID();
  const local = createLocal({
    maxEntries: MAX_ENTRIES,
    maxBytes: MAX_BYTES,
    maxAgeMs: () => (bus.healthy() ? MAX_AGE_MS : UNHEARD_MAX_AGE_MS),
    evicted: (key) => stats.evicted(key.split(":")[1] ?? ""),
    now: () => performance.now(),
  });
  const flights = createFlights();
  const fall = (tags: readonly string[] | null) => {
    if (tags) local.drop(tags);
    else local.clear();
    flights.fall(tags);
  };
  const read = readThrough(remote, stats);
  const fly = (key: string, entry: Entry, load: () => Promise<unknown>) =>
    flights.join(key, entry.tags, async (flight) => {
      const livesSeconds = entry.ttlSeconds * (1 - SPREAD + 2 * SPREAD * Math.random());
      const bytes = await read(key, entry, livesSeconds, flight, load);
      if (!flight.stale) local.set(key, bytes, entry.tags, livesSeconds * 1_000);
      return bytes;
    });
  const drop = async (asked: readonly string[]) => {
    if (asked.length === 0) return;
    const tags = withCascades(asked, options.cascades ?? {});
    fall(tags);
    // Redis first: whoever is told to forget must not find the old value there.
    const written = remote ? await remote.drop(tags) : true;
    for (let at = 0; at < tags.length; at += TAGS_AT_ONCE)
      bus.publish(CHANNEL, JSON.stringify({ from: self, tags: tags.slice(at, at + TAGS_AT_ONCE), written }));
  };
  bus.subscribe(CHANNEL, (text) => {
    const { from, tags, written } = JSON.parse(text) as { from: string; tags: string[]; written: boolean };
    fall(tags);
    // The sender could not reach Redis; this process may.
    if (!written && from !== self) void remote?.drop(tags).then(() => fall(tags));
  });
  bus.onGap(() => fall(null));
  return {
    async get<T>(entry: Entry, load: () => Promise<T>) {
      const startedAt = performance.now();
      const key = fullKey(entry.org, entry.resource, entry.key);
      const known = local.get(key);
      stats.count(entry.resource, "l1", known !== undefined);
      const bytes = known ?? (await fly(key, entry, load));
      stats.took(entry.resource, performance.now() - startedAt);
      return deserialize(bytes) as T;
    },
    invalidate: (tx, tags) =>
      tx.afterCommit(() => {
        drop(tags).catch((err: unknown) => shared?.logger.warn({ err }, "cache tags not dropped everywhere"));
      }),
    drop,
    state: () => ({
      l2: redis === null ? "off" : redis.status === "ready" ? "up" : "down",
      entries: local.entries,
      bytes: local.bytes,
    }),
    flush: () => stats.flush(),
    async close() {
      await stats.close();
      remote?.close();
    },
  };
}

/** L2, then the load, which leaves its value there unless a tag fell meanwhile. */
function readThrough(remote: Remote | null, stats: Stats) {
  const loaded = async (resource: string, load: () => Promise<unknown>): Promise<Buffer> => {
    try {
      const value = await load();
      stats.count(resource, "load", true);
      return serialize(value);
    } catch (error) {
      stats.count(resource, "load", false);
      throw error;
    }
  };
  return async (
    key: string,
    { resource, tags }: Entry,
    livesSeconds: number,
    flight: Pick<Flight, "stale">,
    load: () => Promise<unknown>,
  ): Promise<Buffer> => {
    if (!remote) return loaded(resource, load);
    const look = () => remote.get(key, tags);
    const found = await look();
    stats.count(resource, "l2", found !== undefined);
    if (found) return found;
    return remote.once(key, look, async () => {
      const versions = await remote.versions(tags);
      const bytes = await loaded(resource, load);
      if (versions && !flight.stale) await remote.set(key, bytes, versions, livesSeconds);
      return bytes;
    });
  };
}

function withCascades(
  tags: readonly string[],
  cascades: Readonly<Record<string, readonly string[]>>,
): string[] {
  const all = new Set<string>();
  const add = (tag: string) => {
    if (all.has(tag)) return;
    all.add(tag);
    const [kind = "", id] = tag.split(":", 2);
    for (const below of cascades[kind] ?? []) add(id === undefined ? below : `${below}:${id}`);
  };
  tags.forEach(add);
  return [...all];
}
