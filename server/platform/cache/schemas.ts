import { z } from "zod";

export const cacheQuery = z.strictObject({ window: z.enum(["1h", "24h"]).default("1h") });
const ratio = z.number().min(0).max(1).nullable();
const ms = z.number().nullable();
const resource = z.object({
  resource: z.string(),
  l1_hits: z.int(),
  l1_misses: z.int(),
  l1_hit_ratio: ratio,
  l2_hits: z.int(),
  l2_misses: z.int(),
  l2_hit_ratio: ratio,
  loads: z.int(),
  load_errors: z.int(),
  /** Reads that caused no load. */
  hit_ratio: ratio,
  evictions: z.int(),
  p50_ms: ms,
  p95_ms: ms,
  p99_ms: ms,
});
export const cacheAnswer = z
  .object({
    window: z.enum(["1h", "24h"]),
    l2: z.enum(["off", "up", "down"]),
    /** Of the process that answers. */
    l1_entries: z.int(),
    l1_bytes: z.int(),
    /** How long a message takes to all processes and back; null: down. */
    bus: z.array(z.object({ line: z.enum(["redis", "postgres"]), lag_ms: ms })),
    processes: z.int(),
    resources: z.array(resource),
  })
  .meta({ id: "CacheState" });

const tag = z
  .string()
  .max(200)
  .regex(/^[a-z_]+(:[A-Za-z0-9_.-]+)?$/, "must be like kind or kind:id");
export const invalidateInput = z.strictObject({ tags: z.array(tag).min(1).max(20) });
export const invalidateAnswer = z.object({ tags: z.array(z.string()) }).meta({ id: "InvalidatedTags" });
