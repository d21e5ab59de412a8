/** A call whose answer may come from the cache, and is kept there. */
export type Caching = { hash: Buffer; ttlSeconds: number };
