import { z } from "zod";
import { idParam, instant, listAnswer, listQuery } from "../../../platform/http/index.ts";

export const replayParams = z.object({ id: idParam("rpl") });
export const replaysQuery = z.strictObject(listQuery);

const columns = z.record(z.string(), z.unknown());

export const diff = z
  .object({
    event_id: idParam("evt"),
    result: z.enum(["applies", "ignored", "waits", "dead", "fails"]),
    code: z.string().nullable(),
    detail: z.string().nullable(),
    changes: z.array(
      z.object({
        kind: z.enum(["row", "entry", "mail", "relay"]),
        table: z.string(),
        op: z.enum(["inserted", "updated", "deleted"]),
        key: columns,
        before: columns.nullable(),
        after: columns.nullable(),
      }),
    ),
    more: z.boolean().meta({ description: "There are changes beyond those listed" }),
  })
  .meta({ id: "WebhookDiff" });

const shape = {
  id: idParam("rpl"),
  state: z.enum(["preparing", "ready", "running", "done", "cancelled"]),
  filter: z.record(z.string(), z.string()),
  total: z.int(),
  has_more: z.boolean().meta({ description: "More events matched than one replay takes" }),
  created_by: z.string(),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  progress: z.object({
    waiting: z.int(),
    queued: z.int(),
    changed: z.int(),
    unchanged: z.int(),
    failed: z.int(),
    cancelled: z.int(),
  }),
};
const row = z.object(shape).meta({ id: "WebhookReplay" });
export const replays = listAnswer(row).meta({ id: "WebhookReplays" });
export const replayDetail = z
  .object({ ...shape, samples: z.array(diff) })
  .meta({ id: "WebhookReplayDetail" });
