import type { Bus } from "../bus/index.ts";
import type { Clock } from "../clock.ts";
import { type Db, type Tx, withSystemTx } from "../db/index.ts";
import type { Actor, Http } from "../http/index.ts";
import type { Cache } from "./cache.ts";
import { readStats } from "./read-stats.ts";
import { cacheAnswer, cacheQuery, invalidateAnswer, invalidateInput } from "./schemas.ts";

export type CacheRouteDeps = {
  db: Db;
  clock: Clock;
  bus: Pick<Bus, "lines" | "processes">;
  cache: Cache;
  /** Writes the operator's act down, in its transaction. */
  audit(
    tx: Tx,
    actor: Actor,
    act: { action: "cache.invalidated"; detail: { tags: readonly string[] } },
  ): Promise<void>;
};

const INVALIDATIONS_PER_MINUTE = 10;

/** What the cache does, and a way to empty parts of it. */
export function cacheRoutes(http: Http, { db, clock, bus, cache, audit }: CacheRouteDeps): void {
  http.operation({
    method: "GET",
    path: "/api/admin/cache",
    id: "getCache",
    tag: "Cache",
    summary: "Hits by layer and resource, times, evictions, bus",
    access: { least: "operator" },
    background: true,
    query: cacheQuery,
    answer: { status: 200, schema: cacheAnswer },
    async handle({ query: { window } }) {
      await cache.flush();
      const { l2, entries, bytes } = cache.state();
      return {
        window,
        l2,
        l1_entries: entries,
        l1_bytes: bytes,
        bus: bus.lines().map(({ name, lagMs }) => ({ line: name, lag_ms: lagMs })),
        processes: bus.processes(),
        resources: await readStats({ db, clock }, window),
      };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/admin/cache/invalidate",
    id: "invalidateCache",
    tag: "Cache",
    summary: "Drop what bears these tags, in every process",
    access: { least: "operator" },
    proof: true,
    limit: { name: "invalidateCache", perMinute: INVALIDATIONS_PER_MINUTE },
    body: invalidateInput,
    answer: { status: 200, schema: invalidateAnswer },
    async handle({ actor, body: { tags } }) {
      await withSystemTx(db, (tx) => audit(tx, actor, { action: "cache.invalidated", detail: { tags } }));
      await cache.drop(tags);
      return { tags };
    },
  });
}
