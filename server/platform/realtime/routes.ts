import { z } from "zod";
import type { Http } from "../http/index.ts";
import { Problem, common } from "../problem.ts";
import type { Hub } from "./hub.ts";
import { streamEvents } from "./stream.ts";

const topicList = z
  .string()
  .regex(/^[a-z_.]+(,[a-z_.]+)*$/)
  .max(500)
  .optional();

/** Open streams of one person or key in this process; a browser opens at most six to one host. */
const MAX_STREAMS = 20;

/** `GET /api/stream`: the one realtime stream, shared by every page. `draining` ends all of them with `event: drain`. */
export function realtimeRoutes(http: Http, { hub, draining }: { hub: Hub; draining: AbortSignal }): void {
  const streams = new Map<string, number>();
  const count = (subject: string, change: 1 | -1) => {
    const now = (streams.get(subject) ?? 0) + change;
    if (now === 0) streams.delete(subject);
    else streams.set(subject, now);
  };
  http.operation({
    method: "GET",
    path: "/api/stream",
    id: "stream",
    tag: "Realtime",
    summary: "Server-Sent Events of what changed in the organization",
    access: { least: "viewer", scope: "payments.read" },
    background: true,
    query: z.strictObject({ topics: topicList }),
    answer: { status: 200, schema: null },
    async handle({ actor, query, request, reply }) {
      const subject = actor.userId ?? actor.credentialId;
      if ((streams.get(subject) ?? 0) >= MAX_STREAMS)
        throw new Problem(common.rate_limited, { detail: `at most ${MAX_STREAMS} streams`, retryAfter: 60 });
      const lastId = Number(request.headers["last-event-id"]);
      count(subject, 1);
      streamEvents(hub, reply, {
        actor,
        topics: query.topics === undefined ? null : new Set(query.topics.split(",")),
        lastEventId: Number.isSafeInteger(lastId) && lastId > 0 ? lastId : null,
        onEnd: draining,
        stillAllowed: () => http.stillAllowed(request),
        onClose: () => count(subject, -1),
      });
    },
  });
}
