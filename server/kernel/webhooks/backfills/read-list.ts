import type { WebhooksCursors } from "../../../../db/rows.ts";
import { addMs } from "../../../platform/clock.ts";
import { anyConnection, withSystemTx } from "../../../platform/db/index.ts";
import type { InboxDeps } from "../deps.ts";
import type { EndpointRow } from "../endpoints/endpoint.ts";
import type { Endpoints } from "../endpoints/known.ts";
import { insertEvents } from "../intake/insert-events.ts";
import { newEvent } from "../intake/receive.ts";
import type { Envelope, Source } from "../sources/source.ts";

const MINUTE_MS = 60_000;
/** What the company lists may lag behind what it did. */
const BEHIND_MS = MINUTE_MS;
const OVERLAP_MS = 10 * MINUTE_MS;
/** How long companies keep their events. */
const KEPT_MS = 30 * 24 * 60 * MINUTE_MS;
/** Read at a time, less where much happens; after each, the cursor moves on. */
const SLICE_MS = 6 * 60 * MINUTE_MS;
/** A stretch that somebody asked for is read in so many parts at most, unless much happened. */
const RANGE_PARTS = 10;
/** A company that lists more than `MAX_PAGES` of one second is an error. */
const LEAST_SLICE_MS = 1_000;
/** Pages of one slice: 50,000 events. */
const MAX_PAGES = 500;

export type Backfill = { listed: number; new: number; known: number };
type Parts = { deps: InboxDeps; endpoints: Endpoints };

/**
 * Reads the companies' own lists from where the last reading ended, less 10 minutes, to a minute ago, and stores what was
 * never delivered. The first reading takes all that is kept, 30 days.
 */
export async function backfill(parts: Parts, signal: AbortSignal): Promise<Backfill> {
  const total = { listed: 0, new: 0, known: 0 };
  const { db, clock, sources } = parts.deps;
  for (const source of sources) {
    const endpoint = await parts.endpoints.defaultOf(source);
    if (!endpoint) continue;
    const to = addMs(clock.now(), -BEHIND_MS);
    const readUntil = await readCursor(parts.deps, endpoint);
    const from = new Date(Math.max(readUntil ? readUntil.getTime() - OVERLAP_MS : 0, to.getTime() - KEPT_MS));
    const reading = { source, endpoint, from, to, sliceMs: SLICE_MS };
    await readSlices(parts, reading, total, signal, (end) =>
      withSystemTx(db, (tx) =>
        tx.query(
          "webhooks.cursor_move",
          `insert into webhooks.cursors (endpoint_id, read_until) values ($1, $2)
           on conflict (endpoint_id) do update set read_until = greatest(cursors.read_until, excluded.read_until)`,
          [endpoint.id, end],
        ),
      ),
    );
  }
  return total;
}

/** Reads one stretch of an account's time, whatever was read before; the cursor stays. `told` hears of each part. */
export async function readRange(
  parts: Parts,
  reading: Slice,
  signal: AbortSignal,
  told: (total: Backfill) => Promise<unknown>,
): Promise<Backfill> {
  const total = { listed: 0, new: 0, known: 0 };
  const sliceMs = Math.max(SLICE_MS, (reading.to.getTime() - reading.from.getTime()) / RANGE_PARTS);
  await readSlices(parts, { ...reading, sliceMs }, total, signal, () => told(total));
  signal.throwIfAborted();
  return total;
}

/** From the oldest that companies keep to now. */
export function wholeRange(now: Date): { from: Date; to: Date } {
  return { from: addMs(now, -KEPT_MS), to: now };
}

type Slice = {
  source: Source;
  endpoint: EndpointRow;
  from: Date;
  to: Date;
  /** Left out: every type. */
  types?: readonly string[];
};

/** Reads slice by slice, oldest first, until the end or `signal`. A slice with too many events is cut shorter. */
async function readSlices(
  parts: Parts,
  reading: Slice & { sliceMs: number },
  total: Backfill,
  signal: AbortSignal,
  done: (end: Date) => Promise<unknown> = async () => undefined,
): Promise<void> {
  let { from, sliceMs } = reading;
  while (from < reading.to && !signal.aborted) {
    const to = new Date(Math.min(from.getTime() + sliceMs, reading.to.getTime()));
    const oldest = await readSlice(parts, { ...reading, from, to }, total, signal);
    if (oldest === null) {
      await done(to);
      from = to;
    } else if (sliceMs <= LEAST_SLICE_MS) {
      throw new Error("the company lists more events than one reading takes");
    } else sliceMs = Math.max(LEAST_SLICE_MS, Math.min(sliceMs, to.getTime() - oldest.getTime()) / 2);
  }
}

/** Newest first, as companies list. Null when all was read, else the time of the oldest event that was. */
async function readSlice(
  { deps, endpoints }: Parts,
  { source, endpoint, from, to, types }: Slice,
  total: Backfill,
  signal: AbortSignal,
): Promise<Date | null> {
  let last: Envelope | null = null;
  const alone = (await endpoints.siblingsOf(endpoint)).length <= 1;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const asked = { from, to, after: last?.id ?? null, ...(types ? { types } : {}) };
    const { events, hasMore } = await source.list(asked, signal);
    const now = deps.clock.now();
    const wanted = events.filter(({ envelope }) => types?.includes(envelope.type) ?? true);
    const fresh = alone ? wanted : await notElsewhere(deps, endpoint, wanted);
    const rows = fresh.map(({ envelope, body }) => ({
      ...newEvent(deps.sealer, endpoint, envelope, body, now),
      origin: "backfill" as const,
    }));
    const added = rows.length > 0 ? await insertEvents(anyConnection(deps.db), rows) : new Set();
    total.listed += wanted.length;
    total.new += added.size;
    total.known += wanted.length - added.size;
    last = events.at(-1)?.envelope ?? null;
    if (!hasMore || last === null) return null;
    signal.throwIfAborted();
  }
  return last?.createdAt ?? null;
}

/** Those that no other endpoint of the account has brought: a copy from the list would be ignored anyway. */
async function notElsewhere<E extends { envelope: Envelope }>(
  { db }: InboxDeps,
  endpoint: EndpointRow,
  events: readonly E[],
): Promise<E[]> {
  if (events.length === 0) return [];
  const rows = await withSystemTx(db, (tx) =>
    tx.query<{ id: string }>(
      "webhooks.elsewhere",
      `select o.provider_event_id as id from webhooks.endpoints m join webhooks.events o
         on o.source = m.source and o.endpoint_id = m.id and o.provider_event_id = any($5)
       where m.source = $1 and m.account_id = $2 and m.mode = $3 and m.id <> $4`,
      [
        endpoint.source,
        endpoint.account_id,
        endpoint.mode,
        endpoint.id,
        events.map(({ envelope }) => envelope.id),
      ],
    ),
  );
  const known = new Set(rows.map(({ id }) => id));
  return events.filter(({ envelope }) => !known.has(envelope.id));
}

async function readCursor({ db }: InboxDeps, endpoint: EndpointRow): Promise<Date | null> {
  const [row] = await withSystemTx(db, (tx) =>
    tx.query<Pick<WebhooksCursors, "read_until">>(
      "webhooks.cursor",
      "select read_until from webhooks.cursors where endpoint_id = $1",
      [endpoint.id],
    ),
  );
  return row?.read_until ?? null;
}
