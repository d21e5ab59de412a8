import { z } from "zod";
import {
  idParam,
  instant,
  int64,
  listAnswer,
  listQuery,
  openCursor,
  pageOf,
  type Http,
} from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { readOpenHolds } from "./list.ts";
import { reconcileNow } from "./reconcile-now.ts";

const holds = listAnswer(
  z
    .object({
      id: z.string(),
      request_id: z.string(),
      org_id: z.string(),
      state: z.enum(["open", "reconciling"]).meta({
        description: "open: a process serves it, or died; reconciling: the provider's books are asked",
      }),
      endpoint: z.string(),
      model: z.string(),
      provider: z.string(),
      held_micros: int64,
      generation_id: z
        .string()
        .nullable()
        .meta({ description: "The provider's; null: no sign that it began" }),
      delivered_events: int64,
      outcome: z.string().nullable(),
      lookups: z.int(),
      next_lookup_at: instant
        .nullable()
        .meta({ description: "Of an open one: when its process counts as dead" }),
      created_at: instant,
    })
    .meta({ id: "OpenHold" }),
).meta({ id: "OpenHoldList" });
const concluded = z
  .object({
    state: z.enum(["open", "reconciling", "settled", "released"]),
    outcome: z.string().nullable(),
    basis: z.string().nullable(),
    cost_micros: int64.nullable(),
    next_lookup_at: instant.nullable(),
  })
  .meta({ id: "ReconciledHold" });

/** Operators see what is held for calls that have not ended, and ask about one before its time. */
export function openHoldRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Operator", access: { least: "operator" } } as const;
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/admin/llm/holds",
    id: "listOpenHolds",
    summary: "Model calls of all organizations that are not settled, the oldest first",
    query: z.strictObject(listQuery),
    answer: { status: 200, schema: holds },
    async handle({ actor: { mode }, query: { limit, cursor } }) {
      const rows = await readOpenHolds(gateway, { mode, after: openCursor(cursor), limit: limit + 1 });
      const present = ({ mode: _mode, ...row }: (typeof rows)[number]) => row;
      return pageOf(rows, limit, present, (row) => [row.created_at, row.request_id]);
    },
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/admin/llm/holds/:id/reconcile",
    id: "reconcileHold",
    summary: "Ask the provider's books about a call now, and settle it by what they say",
    limit: { name: "reconcile_hold", perMinute: 60 },
    params: z.object({ id: idParam("hold") }),
    answer: { status: 200, schema: concluded },
    handle: ({ actor, params }) => reconcileNow(gateway, actor, params.id),
  });
}
