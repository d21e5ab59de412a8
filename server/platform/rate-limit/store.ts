import type { Tx } from "../db/index.ts";
import type { Override, Refusals } from "./override.ts";

/** At most that many are kept in each process's memory. */
const MAX_OVERRIDES = 10_000;

/** One at a time counts for these windows; sorted, so that two who want some of the same never wait for each other. */
export async function lockTakes(tx: Tx, keys: readonly string[]): Promise<void> {
  await tx.query(
    "limits_lock_takes",
    `select pg_advisory_xact_lock(k) from (
       select distinct hashtextextended('limit ' || key, 0) as k from unnest($1::text[]) key order by 1) locks`,
    [keys],
  );
}

/** The database's own time in milliseconds, so that processes need not agree on theirs. */
export async function listTakes(
  tx: Tx,
  keys: readonly string[],
): Promise<{ now: number; takes: Map<string, number[]> }> {
  const rows = await tx.query<{ now: number; key: string | null; taken_ms: string[] | null }>(
    "limits_takes",
    `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now, t.key, t.taken_ms
     from (values (1)) one left join platform.limit_takes t on t.key = any($1)`,
    [keys],
  );
  const takes = new Map(
    rows.flatMap(({ key, taken_ms: ms }) => (key ? [[key, (ms ?? []).map(Number)]] : [])),
  );
  return { now: Math.floor(rows[0]?.now ?? Date.now()), takes: takes as Map<string, number[]> };
}

/** Each window's instants, those of this request included. */
export async function saveTakes(
  tx: Tx,
  windows: readonly { key: string; taken: readonly number[]; expiresAt: Date }[],
): Promise<void> {
  for (const { key, taken, expiresAt } of windows)
    await tx.query(
      "limits_save_takes",
      `insert into platform.limit_takes (key, taken_ms, expires_at) values ($1, $2, $3)
       on conflict (key) do update set taken_ms = excluded.taken_ms, expires_at = excluded.expires_at`,
      [key, taken, expiresAt],
    );
}

/** Deletes at most `limit` counts whose windows are over; returns how many. */
export async function deleteOverTakes(tx: Tx, now: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "limits_delete_takes",
    `delete from platform.limit_takes where key in (
       select key from platform.limit_takes where expires_at <= $1 order by expires_at limit $2 for update skip locked)
     returning 1`,
    [now, limit],
  );
  return rows.length;
}

type OverrideRow = { subject: string; class: string; max: number; window_s: number; created_at: Date };

/** Newest first. */
export async function listOverrides(tx: Tx): Promise<Override[]> {
  const rows = await tx.query<OverrideRow>(
    "limits_overrides",
    `select subject, class, max, window_s, created_at from platform.limit_overrides order by created_at desc, subject limit $1`,
    [MAX_OVERRIDES],
  );
  return rows.map((row) => ({
    subject: row.subject,
    class: row.class,
    limit: row.max,
    windowSeconds: row.window_s,
    createdAt: row.created_at,
  }));
}

export async function saveOverride(
  tx: Tx,
  { subject, class: name, limit, windowSeconds, createdAt }: Override,
) {
  await tx.query(
    "limits_save_override",
    `insert into platform.limit_overrides (subject, class, max, window_s, created_at) values ($1, $2, $3, $4, $5)
     on conflict (subject, class) do update
       set max = excluded.max, window_s = excluded.window_s, created_at = excluded.created_at`,
    [subject, name, limit, windowSeconds, createdAt],
  );
}

/** False when there was none. */
export async function deleteOverride(tx: Tx, subject: string, name: string): Promise<boolean> {
  const rows = await tx.query(
    "limits_delete_override",
    "delete from platform.limit_overrides where subject = $1 and class = $2 returning 1",
    [subject, name],
  );
  return rows.length === 1;
}

/** Adds to what is known of the hour. */
export async function addRefusals(tx: Tx, hour: Date, refusals: readonly Refusals[]): Promise<void> {
  const sorted = refusals.toSorted((a, b) =>
    `${a.subject} ${a.class}` < `${b.subject} ${b.class}` ? -1 : 1,
  );
  await tx.query(
    "limits_add_refusals",
    `insert into platform.limit_refusals as r (hour, subject, class, refused, last_at)
     select $1, s, c, n, l from unnest($2::text[], $3::text[], $4::int[], $5::timestamptz[]) t (s, c, n, l)
     on conflict (hour, subject, class) do update
       set refused = r.refused + excluded.refused, last_at = greatest(r.last_at, excluded.last_at)`,
    [
      hour,
      sorted.map(({ subject }) => subject),
      sorted.map((each) => each.class),
      sorted.map(({ refused }) => refused),
      sorted.map(({ lastAt }) => lastAt),
    ],
  );
}

/** Who was refused most often since then. */
export async function topRefusals(tx: Tx, since: Date, limit: number): Promise<Refusals[]> {
  const rows = await tx.query<{ subject: string; class: string; refused: bigint; last_at: Date }>(
    "limits_top_refusals",
    `select subject, class, sum(refused)::int8 as refused, max(last_at) as last_at from platform.limit_refusals
     where hour >= date_trunc('hour', $1::timestamptz) group by subject, class
     order by sum(refused) desc, subject, class limit $2`,
    [since, limit],
  );
  return rows.map((row) => ({
    subject: row.subject,
    class: row.class,
    refused: Number(row.refused),
    lastAt: row.last_at,
  }));
}

/** Deletes at most `limit` rows of hours before then; returns how many. */
export async function deleteOldRefusals(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "limits_delete_refusals",
    `delete from platform.limit_refusals where (hour, subject, class) in (
       select hour, subject, class from platform.limit_refusals where hour < $1 order by hour limit $2)
     returning 1`,
    [before, limit],
  );
  return rows.length;
}
