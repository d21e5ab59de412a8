import { randomUUID } from "node:crypto";
import { type Bus, MESSAGE_BYTES } from "../bus/index.ts";
import type { OrgId } from "../ids.ts";

export type RealtimeEvent = { id: number; topic: string; orgId: OrgId | null; data: unknown };
type Reader = {
  wants(event: Pick<RealtimeEvent, "topic" | "orgId">): boolean;
  send(event: RealtimeEvent): void;
  /** Somebody's open page, rather than a part of this process that listens. */
  page?: true;
};

export type Hub = {
  /**
   * Tells readers here and, within 50 ms, in other processes. Events of one topic, organization and key inside that window
   * are one.
   */
  publish(topic: string, orgId: OrgId | null, data?: unknown, key?: string): void;
  /**
   * Sends what came after `lastEventId` first; `stream.gap` instead when some of that is kept no more, or the id was given
   * by another process. Returns the way to leave.
   */
  subscribe(reader: Reader, lastEventId: number | null): () => void;
  /** Open pages of this process. */
  readonly pages: number;
  /** Hands the bus what was published last, then stops listening. */
  close(): void;
};

/** Tells every reader to read again, whatever it listens to. */
export const GAP_TOPIC = "stream.gap";
const CHANNEL = "realtime";
const KEPT = 1_000;
const WINDOW_MS = 50;

type Published = Pick<RealtimeEvent, "topic" | "orgId" | "data">;

/** One hub per process. */
export function createHub(bus: Bus): Hub {
  const self = randomUUID();
  const readers = new Set<Reader>();
  const recent: RealtimeEvent[] = [];
  const pending = new Map<string, Published>();
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
    clearTimeout(timer);
    timer = undefined;
    const events = [...pending.values()];
    pending.clear();
    for (const { topic, orgId, data } of events) deliver(topic, orgId, data);
    if (events.length > 0) for (const text of payloadsOf(self, events)) bus.publish(CHANNEL, text);
  };
  const leaving = [
    bus.subscribe(CHANNEL, (text) => {
      const message = JSON.parse(text) as { from: string; events: RealtimeEvent[] };
      if (message.from !== self)
        for (const event of message.events) deliver(event.topic, event.orgId, event.data);
    }),
    bus.onGap(() => deliver(GAP_TOPIC, null, null)),
  ];
  return {
    publish(topic, orgId, data = null, key = "") {
      pending.set(`${topic} ${orgId} ${key}`, { topic, orgId, data });
      timer ??= setTimeout(flush, WINDOW_MS);
    },
    subscribe(reader, lastEventId) {
      const known = lastEventId ?? nextId;
      if (known < (recent[0]?.id ?? nextId + 1) - 1 || known > nextId)
        reader.send({ id: nextId, topic: GAP_TOPIC, orgId: null, data: null });
      else for (const event of recent) if (event.id > known && reader.wants(event)) reader.send(event);
      readers.add(reader);
      return () => void readers.delete(reader);
    },
    get pages() {
      return [...readers].filter(({ page }) => page).length;
    },
    close() {
      flush();
      for (const leave of leaving) leave();
    },
  };
}

/** As few messages as hold all events. One that is too large for a message goes without its body. */
function payloadsOf(from: string, events: readonly Published[]): string[] {
  const room = MESSAGE_BYTES - Buffer.byteLength(JSON.stringify({ from, events: [] }));
  const batches: string[][] = [];
  let left = 0;
  for (const event of events) {
    const whole = JSON.stringify(event);
    const text = Buffer.byteLength(whole) > room ? JSON.stringify({ ...event, data: null }) : whole;
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > left) {
      batches.push([]);
      left = room;
    }
    batches.at(-1)?.push(text);
    left -= bytes;
  }
  return batches.map((texts) => `{"from":${JSON.stringify(from)},"events":[${texts.join(",")}]}`);
}
