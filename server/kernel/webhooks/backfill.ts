import type { WebhooksCursors } from "../../../db/rows.ts";
import { addMs } from "../../platform/clock.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import type { InboxDeps } from "./deps.ts";
import type { EndpointRow } from "./endpoints/endpoint.ts";
import type { Endpoints } from "./endpoints/known.ts";
import { insertEvents } from "./insert-events.ts";
import { newEvent } from "./receive.ts";
import type { Envelope, Source } from "./source.ts";

const MINUTE_MS = 60_000;
/** What the company lists may lag behind what it did. */
const BEHIND_MS = MINUTE_MS;
const OVERLAP_MS = 10 * MINUTE_MS;
/** How long companies keep their events. */
const KEPT_MS = 30 * 24 * 60 * MINUTE_MS;
/** Read at a time, less where much happens; after each, the cursor moves on. */
const SLICE_MS = 6 * 60 * MINUTE_MS;
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

/** Reads one stretch of time now, whatever was read before; the cursor stays. */
export async function backfillRange(
  parts: Parts,
  range: { from: Date; to: Date },
  signal: AbortSignal,
): Promise<Backfill> {
  const total = { listed: 0, new: 0, known: 0 };
  const sliceMs = range.to.getTime() - range.from.getTime();
  for (const source of parts.deps.sources) {
    const endpoint = await parts.endpoints.defaultOf(source);
    if (endpoint) await readSlices(parts, { source, endpoint, ...range, sliceMs }, total, signal);
  }
  signal.throwIfAborted();
  return total;
}

/** From the oldest that companies keep to now. */
export function wholeRange(now: Date): { from: Date; to: Date } {
  return { from: addMs(now, -KEPT_MS), to: now };
}

type Slice = { source: Source; endpoint: EndpointRow; from: Date; to: Date };

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
  { deps }: Parts,
  { source, endpoint, from, to }: Slice,
  total: Backfill,
  signal: AbortSignal,
): Promise<Date | null> {
  let last: Envelope | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { events, hasMore } = await source.list({ from, to, after: last?.id ?? null }, signal);
    const now = deps.clock.now();
    const rows = events.map(({ envelope, body }) => ({
      ...newEvent(endpoint, envelope, body, now),
      origin: "backfill" as const,
    }));
    const added = rows.length > 0 ? await insertEvents(deps, rows) : new Set();
    total.listed += rows.length;
    total.new += added.size;
    total.known += rows.length - added.size;
    last = events.at(-1)?.envelope ?? null;
    if (!hasMore || last === null) return null;
    signal.throwIfAborted();
  }
  return last?.createdAt ?? null;
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
