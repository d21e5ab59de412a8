/**
 * The cache of answers that many ask for and that may be a little old: this process's memory (L1), Redis when configured
 * (L2), then the load itself. Never balances, holds, secrets, sessions or errors.
 *
 * Invariants: an entry bears tags, and falls with any of them after the commit that changed them. In Redis it holds the
 * tags' versions from before its load, so a slow load cannot bring an old value back; here a load under way when one of
 * its tags falls is given to those who asked before, and kept nowhere. Those who ask for the same at once share one load,
 * across processes for up to 5 s. Values are copied: nobody can change what another will read. What cannot be heard of the
 * bus empties L1, and while the bus is silent L1 answers for a second at most. Owns `platform.cache_stats`.
 */
export { createCache, type Cache, type CacheOptions, type Entry } from "./cache.ts";
export { cacheJobs } from "./jobs.ts";
export { queryKey } from "./key.ts";
