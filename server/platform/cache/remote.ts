import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import type { Redis } from "../redis/index.ts";

export type Versions = readonly string[];
export type Remote = {
  /** The entry if each of its tags is what it was before the load; undefined when there is none, or Redis is away. */
  get(key: string, tags: readonly string[]): Promise<Buffer | undefined>;
  /** The tags' versions now; null when Redis is away. */
  versions(tags: readonly string[]): Promise<Versions | null>;
  set(key: string, bytes: Buffer, versions: Versions, seconds: number): Promise<void>;
  /** Gives the tags new versions, so that no entry of before is read again. False: Redis is away, and it is tried later. */
  drop(tags: readonly string[]): Promise<boolean>;
  /**
   * Runs `load` when no other process does; else waits until `look` finds what the other stored, or 5 s have passed, then
   * loads all the same.
   */
  once<T>(key: string, look: () => Promise<T | undefined>, load: () => Promise<T>): Promise<T>;
  close(): void;
};

/** Longer than any entry lives, so that a tag outlives what bears it. */
const TAG_SECONDS = 2 * 86_400;
const LOCK_MS = 5_000;
const LOOK_EVERY_MS = 25;
const RETRY_EVERY_MS = 1_000;
/** After a failure Redis is left alone for that long, so that not every read waits for its timeout. */
const REST_MS = 1_000;
/** Tags that wait for Redis to come back; beyond that every one of them is dropped at its return. */
const MAX_WAITING = 10_000;

/** A tag without a version gets one: should it be lost, the next one differs from what older entries hold. */
const VERSION = `
local version = redis.call('GET', KEYS[1]) or ARGV[1]
redis.call('SET', KEYS[1], version, 'EX', ARGV[2])
return version`;
const UNLOCK = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

type Scripted = Redis & {
  tagVersion(keys: number, ...rest: (string | number)[]): Promise<string>;
  unlock(keys: number, ...rest: string[]): Promise<unknown>;
};

/** Null when Redis did not answer, or is left alone for having failed to. */
type Ask = <T>(asking: () => Promise<T>) => Promise<T | null>;

/** L2. Whatever fails there is a miss: it is never in the way. */
export function createRemote(redis: Redis, prefix: string): Remote {
  redis.defineCommand("tagVersion", { lua: VERSION });
  const scripted = redis as Scripted;
  const tagKey = (tag: string) => `${prefix}:tag:${tag}`;
  const entryKey = (key: string) => `${prefix}:cache:${key}`;
  const waiting = new Set<string>();
  let restUntil = -Infinity;
  const resting = () => performance.now() < restUntil;
  const ask: Ask = async (asking) => {
    if (resting()) return null;
    try {
      return await asking();
    } catch {
      // A miss; that Redis is away is shown by the bus and the limiter.
      restUntil = performance.now() + REST_MS;
      return null;
    }
  };
  const renew = async (tags: readonly string[]): Promise<boolean> => {
    const write = (tag: string) => redis.set(tagKey(tag), randomUUID(), "EX", TAG_SECONDS);
    return (await ask(() => Promise.all(tags.map(write)))) !== null;
  };
  const retry = setInterval(() => {
    if (waiting.size === 0) return;
    const tags = [...waiting];
    void renew(tags).then((done) => done && tags.forEach((tag) => waiting.delete(tag)));
  }, RETRY_EVERY_MS);
  return {
    async get(key, tags) {
      // An entry is not trusted while a tag that fell could not be written.
      if (waiting.size > 0) return undefined;
      // Its keys may lie on different servers. A tag that falls in between differs from the entry, or shows next time.
      const keys = [entryKey(key), ...tags.map(tagKey)];
      const found = await ask(() => Promise.all(keys.map((each) => redis.getBuffer(each))));
      const [stored, ...now] = found ?? [];
      if (!stored) return undefined;
      const { versions, bytes } = deserialize(stored) as { versions: Versions; bytes: Uint8Array };
      return now.every((version, at) => version?.toString() === versions[at])
        ? Buffer.from(bytes)
        : undefined;
    },
    versions: (tags) =>
      ask(() =>
        Promise.all(tags.map((tag) => scripted.tagVersion(1, tagKey(tag), randomUUID(), TAG_SECONDS))),
      ),
    async set(key, bytes, versions, seconds) {
      await ask(() =>
        redis.set(entryKey(key), serialize({ versions, bytes }), "EX", Math.max(1, Math.round(seconds))),
      );
    },
    async drop(tags) {
      if (await renew(tags)) return true;
      for (const tag of tags) if (waiting.size < MAX_WAITING) waiting.add(tag);
      return false;
    },
    once: createLock(redis, ask, resting, entryKey),
    close() {
      clearInterval(retry);
      redis.disconnect();
    },
  };
}

/** One process at a time loads a key; the others look for what it stored. */
function createLock(
  redis: Redis,
  ask: Ask,
  resting: () => boolean,
  entryKey: (key: string) => string,
): Remote["once"] {
  redis.defineCommand("unlock", { lua: UNLOCK });
  return async (key, look, load) => {
    const lock = `${entryKey(key)}:lock`;
    const mine = randomUUID();
    const until = performance.now() + LOCK_MS;
    const take = () => ask(() => redis.set(lock, mine, "PX", LOCK_MS, "NX"));
    let got = await take();
    while (got === null && !resting() && performance.now() < until) {
      await delay(LOOK_EVERY_MS);
      const found = await look();
      if (found !== undefined) return found;
      got = await take();
    }
    try {
      return await load();
    } finally {
      if (got !== null) await ask(() => (redis as Scripted).unlock(1, lock, mine));
    }
  };
}
