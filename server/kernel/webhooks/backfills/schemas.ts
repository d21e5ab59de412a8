import { z } from "zod";
import { idParam, instant } from "../../../platform/http/index.ts";

const MAX_TYPES = 20;
const name = z.string().regex(/^[A-Za-z0-9_.:-]{1,200}$/, "letters, digits, _ . : -");

export const backfillParams = z.object({ id: idParam("bfl") });
export const backfillInput = z
  .strictObject({
    account_id: name,
    from: instant.optional(),
    to: instant.optional(),
    types: z.array(name).max(MAX_TYPES).default([]),
  })
  .meta({ id: "NewWebhookBackfill" });

export const backfill = z
  .object({
    id: idParam("bfl"),
    source: z.string(),
    account_id: z.string(),
    from: instant,
    to: instant,
    types: z.array(z.string()),
    state: z.enum(["queued", "running", "done", "failed"]),
    listed: z.int(),
    new: z.int().meta({ description: "Stored by it, of those listed" }),
    known: z.int(),
    error_code: z.string().nullable(),
    created_at: instant,
    finished_at: instant.nullable(),
  })
  .meta({ id: "WebhookBackfill" });
