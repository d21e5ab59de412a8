import type { FastifyReply } from "fastify";
import type { Actor } from "../http/index.ts";
import { context } from "../telemetry/index.ts";
import { GAP_TOPIC, type Hub, type RealtimeEvent } from "./hub.ts";

const HEARTBEAT_MS = 15_000;
/** A reader this far behind is cut; it reconnects with its Last-Event-ID. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** After its stream has ended, a reader that does not take the rest is cut: it would hold up the end of the process. */
const FAREWELL_MS = 2_000;

export type StreamOptions = {
  actor: Actor;
  topics: ReadonlySet<string> | null;
  lastEventId: number | null;
  /** Ends the stream with `event: drain`. */
  onEnd: AbortSignal;
  /** Asked with every heartbeat: a stream does not outlive its credential. */
  stillAllowed(): Promise<boolean>;
  onClose(): void;
};

/** Writes the caller's events as Server-Sent Events until either side leaves. Operators' events go to operators only. */
export function streamEvents(hub: Hub, reply: FastifyReply, options: StreamOptions): void {
  const { actor, topics, lastEventId, onEnd } = options;
  reply.hijack();
  const { raw } = reply;
  // Left while being let in: nothing would ever say so again.
  if (raw.destroyed) return options.onClose();
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
    topic === GAP_TOPIC ||
    ((topics === null || topics.has(topic)) && (orgId === null ? actor.operator : orgId === actor.orgId));
  const leave = hub.subscribe({ wants, send, page: true }, lastEventId);
  const beat = setInterval(() => {
    raw.write(": alive\n\n");
    options.stillAllowed().then(
      (allowed) => !allowed && end(""),
      // Asked again with the next beat: while the database is away it has no events to tell either.
      () => context()?.note("stream_check_failed", true),
    );
  }, HEARTBEAT_MS);
  let cut: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(beat);
    leave();
    onEnd.removeEventListener("abort", drain);
  };
  const end = (farewell: string) => {
    if (raw.writableEnded) return;
    stop();
    raw.end(farewell);
    cut = setTimeout(() => raw.destroy(), FAREWELL_MS);
  };
  const drain = () => end("event: drain\nretry: 1000\ndata: null\n\n");
  onEnd.addEventListener("abort", drain, { once: true });
  raw.on("close", () => {
    stop();
    clearTimeout(cut);
    options.onClose();
  });
  if (onEnd.aborted) drain();
}
