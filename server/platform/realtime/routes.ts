import { z } from "zod";
import type { Http } from "../http/index.ts";
import type { Hub } from "./hub.ts";
import { streamEvents } from "./stream.ts";

const topicList = z
  .string()
  .regex(/^[a-z_.]+(,[a-z_.]+)*$/)
  .max(500)
  .optional();

/** `GET /api/stream`: the one realtime stream, shared by every page. `draining` ends all of them with `event: drain`. */
export function realtimeRoutes(http: Http, { hub, draining }: { hub: Hub; draining: AbortSignal }): void {
  http.operation({
    method: "GET",
    path: "/api/stream",
    id: "stream",
    tag: "Realtime",
    summary: "Server-Sent Events of what changed in the organization",
    access: { least: "viewer", scope: "payments.read" },
    query: z.strictObject({ topics: topicList }),
    answer: { status: 200, schema: null },
    async handle({ actor, query, request, reply }) {
      const lastId = Number(request.headers["last-event-id"]);
      streamEvents(hub, reply, {
        actor,
        topics: query.topics === undefined ? null : new Set(query.topics.split(",")),
        lastEventId: Number.isSafeInteger(lastId) && lastId > 0 ? lastId : null,
        onEnd: draining,
      });
    },
  });
}
