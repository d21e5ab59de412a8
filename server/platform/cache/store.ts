import type { Tx } from "../db/index.ts";

/** What was read of one resource. */
export type Counted = {
  resource: string;
  l1_hits: number;
  l1_misses: number;
  l2_hits: number;
  l2_misses: number;
  loads: number;
  load_errors: number;
  evictions: number;
  /** How many reads took how long; see `LATENCY_MS`. */
  latency: number[];
};

const COUNTS = ["l1_hits", "l1_misses", "l2_hits", "l2_misses", "loads", "load_errors", "evictions"] as const;

/** Adds to what all processes counted in these five minutes. */
export async function addStats(tx: Tx, slot: Date, counted: readonly Counted[]): Promise<void> {
  const sorted = counted.toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
  for (const { resource, latency, ...counts } of sorted)
    await tx.query(
      "cache_add_stats",
      `insert into platform.cache_stats as s (slot, resource, ${COUNTS.join(", ")}, latency)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (slot, resource) do update set
         ${COUNTS.map((name) => `${name} = s.${name} + excluded.${name}`).join(", ")},
         latency = (select array_agg(a + b order by at)
                    from unnest(s.latency, excluded.latency) with ordinality t (a, b, at))`,
      [slot, resource, ...COUNTS.map((name) => counts[name]), latency],
    );
}

/** Sums since then, by resource. */
export async function sumStats(tx: Tx, since: Date): Promise<Counted[]> {
  const rows = await tx.query<
    Record<(typeof COUNTS)[number], bigint> & { resource: string; latency: bigint[] }
  >(
    "cache_sum_stats",
    `select s.resource, ${COUNTS.map((name) => `sum(s.${name})::int8 as ${name}`).join(", ")},
       (select array_agg(n order by at) from (
          select at, sum(c)::int8 as n from platform.cache_stats i, unnest(i.latency) with ordinality t (c, at)
          where i.resource = s.resource and i.slot > $1 group by at) counted) as latency
     from platform.cache_stats s where s.slot > $1 group by s.resource order by s.resource`,
    [since],
  );
  return rows.map(({ resource, latency, ...counts }) => ({
    resource,
    ...(Object.fromEntries(COUNTS.map((name) => [name, Number(counts[name])])) as Omit<
      Counted,
      "resource" | "latency"
    >),
    latency: latency.map(Number),
  }));
}

/** Deletes at most `limit` rows of before; returns how many. */
export async function deleteOldStats(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "cache_delete_stats",
    `delete from platform.cache_stats where (slot, resource) in (
       select slot, resource from platform.cache_stats where slot < $1 order by slot limit $2)
     returning 1`,
    [before, limit],
  );
  return rows.length;
}
