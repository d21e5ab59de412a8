import type { FastifyReply } from "fastify";
import type { Actor } from "../http/index.ts";
import type { Hub, RealtimeEvent } from "./hub.ts";

const HEARTBEAT_MS = 15_000;
/** A reader this far behind is cut; it reconnects with its Last-Event-ID. */
const MAX_BUFFERED_BYTES = 256 * 1024;

export type StreamOptions = {
  actor: Actor;
  topics: ReadonlySet<string> | null;
  lastEventId: number | null;
  onEnd: AbortSignal;
};

/** Writes the caller's events as Server-Sent Events until either side leaves. Operators' events go to operators only. */
export function streamEvents(
  hub: Hub,
  reply: FastifyReply,
  { actor, topics, lastEventId, onEnd }: StreamOptions,
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
  });
  raw.write("retry: 1000\n\n");
  const send = (event: RealtimeEvent) => {
    raw.write(`id: ${event.id}\nevent: ${event.topic}\ndata: ${JSON.stringify(event.data ?? null)}\n\n`);
    if (raw.writableLength > MAX_BUFFERED_BYTES) raw.destroy();
  };
  const wants = ({ topic, orgId }: Pick<RealtimeEvent, "topic" | "orgId">) =>
    topic === "stream.gap" ||
    ((topics === null || topics.has(topic)) && (orgId === null ? actor.operator : orgId === actor.orgId));
  const leave = hub.subscribe({ wants, send }, lastEventId);
  const beat = setInterval(() => raw.write(": alive\n\n"), HEARTBEAT_MS);
  const drain = () => {
    raw.end("event: drain\nretry: 1000\ndata: null\n\n");
  };
  onEnd.addEventListener("abort", drain, { once: true });
  raw.on("close", () => {
    clearInterval(beat);
    leave();
    onEnd.removeEventListener("abort", drain);
  });
}
