import type { WebhooksCursors } from "../../../db/rows.ts";
import { addMs } from "../../platform/clock.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import type { InboxDeps } from "./deps.ts";
import type { EndpointRow, Endpoints } from "./endpoint.ts";
import { insertEvents } from "./insert-events.ts";
import { newEvent } from "./receive.ts";
import type { Source } from "./source.ts";

const MINUTE_MS = 60_000;
/** What the company lists may lag behind what it did. */
const BEHIND_MS = MINUTE_MS;
const OVERLAP_MS = 10 * MINUTE_MS;
/** How long companies keep their events. */
const KEPT_MS = 30 * 24 * 60 * MINUTE_MS;
/** Read at a time; after each, the cursor moves on. */
const SLICE_MS = 6 * 60 * MINUTE_MS;
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
    const endpoint = await parts.endpoints.of(source);
    if (!endpoint) continue;
    const to = addMs(clock.now(), -BEHIND_MS);
    const readUntil = await readCursor(parts.deps, endpoint);
    let from = new Date(Math.max(readUntil ? readUntil.getTime() - OVERLAP_MS : 0, to.getTime() - KEPT_MS));
    while (from < to && !signal.aborted) {
      const end = new Date(Math.min(from.getTime() + SLICE_MS, to.getTime()));
      add(total, await readRange(parts, source, endpoint, { from, to: end }, signal));
      await withSystemTx(db, (tx) =>
        tx.query(
          "webhooks.cursor_move",
          `insert into webhooks.cursors (endpoint_id, read_until) values ($1, $2)
           on conflict (endpoint_id) do update set read_until = greatest(cursors.read_until, excluded.read_until)`,
          [endpoint.id, end],
        ),
      );
      from = end;
    }
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
  for (const source of parts.deps.sources) {
    const endpoint = await parts.endpoints.of(source);
    if (endpoint) add(total, await readRange(parts, source, endpoint, range, signal));
  }
  return total;
}

/** From the oldest that companies keep to now. */
export function wholeRange(now: Date): { from: Date; to: Date } {
  return { from: addMs(now, -KEPT_MS), to: now };
}

function add(total: Backfill, part: Backfill): void {
  total.listed += part.listed;
  total.new += part.new;
  total.known += part.known;
}

async function readRange(
  { deps }: Parts,
  source: Source,
  endpoint: EndpointRow,
  range: { from: Date; to: Date },
  signal: AbortSignal,
): Promise<Backfill> {
  const total = { listed: 0, new: 0, known: 0 };
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { events, hasMore } = await source.list({ ...range, after }, signal);
    const now = deps.clock.now();
    const rows = events.map(({ envelope, body }) => ({
      ...newEvent(endpoint, envelope, body, now),
      origin: "backfill" as const,
    }));
    const added = rows.length > 0 ? await insertEvents(deps.db, rows) : new Set();
    add(total, { listed: rows.length, new: added.size, known: rows.length - added.size });
    after = events.at(-1)?.envelope.id ?? null;
    if (!hasMore || after === null) return total;
    signal.throwIfAborted();
  }
  throw new Error("the company lists more events than one reading takes");
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
