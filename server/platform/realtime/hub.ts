import { randomUUID } from "node:crypto";
import type { Db } from "../db/index.ts";
import { listen } from "../db/index.ts";
import type { OrgId } from "../ids.ts";
import type { Logger } from "../telemetry/index.ts";

export type RealtimeEvent = { id: number; topic: string; orgId: OrgId | null; data: unknown };
type Reader = {
  wants(event: Pick<RealtimeEvent, "topic" | "orgId">): boolean;
  send(event: RealtimeEvent): void;
};

export type Hub = {
  /** Tells readers here and, within 50 ms, in other processes. Events of one topic and organization inside that window are one. */
  publish(topic: string, orgId: OrgId | null, data?: unknown): void;
  subscribe(reader: Reader, lastEventId: number | null): () => void;
  readonly readers: number;
  close(): Promise<void>;
};

const CHANNEL = "holdfast_realtime";
const KEPT = 1_000;
const WINDOW_MS = 50;

/** One hub per process. */
export function createHub(db: Db, directUrl: string, logger: Logger): Hub {
  const self = randomUUID();
  const readers = new Set<Reader>();
  const recent: RealtimeEvent[] = [];
  const pending = new Map<string, { topic: string; orgId: OrgId | null; data: unknown }>();
  // Ids continue after a restart, so that a reader's Last-Event-ID stays comparable.
  let nextId = Date.now() * 100;
  let timer: NodeJS.Timeout | undefined;

  const deliver = (topic: string, orgId: OrgId | null, data: unknown) => {
    const event = { id: (nextId += 1), topic, orgId, data };
    recent.push(event);
    if (recent.length > KEPT) recent.shift();
    for (const reader of readers) if (reader.wants(event)) reader.send(event);
  };
  const flush = () => {
    timer = undefined;
    const events = [...pending.values()];
    pending.clear();
    for (const { topic, orgId, data } of events) deliver(topic, orgId, data);
    const payload = JSON.stringify({ from: self, events });
    const small =
      payload.length < 7_500
        ? payload
        : JSON.stringify({ from: self, events: events.map((e) => ({ ...e, data: null })).slice(0, 60) });
    db.pool
      .query("select pg_notify($1, $2)", [CHANNEL, small])
      .catch((err: unknown) => logger.warn({ err }, "realtime notify failed"));
  };
  const listener = listen(
    directUrl,
    CHANNEL,
    (payload) => {
      const message = JSON.parse(payload) as { from: string; events: RealtimeEvent[] };
      if (message.from !== self)
        for (const event of message.events) deliver(event.topic, event.orgId, event.data);
    },
    () => deliver("stream.gap", null, null),
  );
  return {
    publish(topic, orgId, data = null) {
      pending.set(`${topic} ${orgId}`, { topic, orgId, data });
      timer ??= setTimeout(flush, WINDOW_MS);
    },
    subscribe(reader, lastEventId) {
      if (lastEventId !== null)
        for (const event of recent) if (event.id > lastEventId && reader.wants(event)) reader.send(event);
      readers.add(reader);
      return () => void readers.delete(reader);
    },
    get readers() {
      return readers.size;
    },
    async close() {
      clearTimeout(timer);
      await listener.close();
    },
  };
}
