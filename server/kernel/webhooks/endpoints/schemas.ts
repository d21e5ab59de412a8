import { z } from "zod";
import { idParam, instant, text } from "../../../platform/http/index.ts";

export const endpointParams = z.object({ id: idParam("whe") });
export const secretParams = z.object({ id: idParam("whe"), secret_id: idParam("whs") });

export const secret = z
  .object({
    id: idParam("whs"),
    hint: z.string().meta({ description: "Its last characters" }),
    from_config: z.boolean(),
    starts_at: instant,
    ends_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: "WebhookSecret" });

export const endpoint = z
  .object({
    id: idParam("whe"),
    source: z.string(),
    account_id: z.string(),
    mode: z.enum(["test", "live"]),
    provider_webhook_id: z.string().nullable(),
    is_default: z.boolean(),
    is_remote: z.boolean().meta({ description: "Made at the company from here, and removed there with it" }),
    enabled: z.boolean(),
    max_attempts: z.int(),
    cap_per_minute: z.int().nullable().meta({ description: "Verified events a minute; null: never refused" }),
    created_at: instant,
    url: z.string(),
    last_event_at: instant.nullable(),
    secrets: z.array(secret),
  })
  .meta({ id: "WebhookEndpoint" });
export const endpoints = z.object({ data: z.array(endpoint) }).meta({ id: "WebhookEndpoints" });

const attempts = z.int().min(1).max(77);
const cap = z.int().min(1).max(1_000_000).nullable();
const name = z.string().regex(/^[A-Za-z0-9_.:-]{1,200}$/, "letters, digits, _ . : -");

export const endpointInput = z
  .strictObject({
    source: name,
    account_id: name,
    provider_webhook_id: name.nullable().default(null),
    enabled: z.boolean().default(true),
    max_attempts: attempts.optional(),
    cap_per_minute: cap.default(null),
    create_remote: z.boolean().default(false),
  })
  .meta({ id: "NewWebhookEndpoint" });

export const endpointChange = z
  .strictObject({
    enabled: z.boolean().optional(),
    max_attempts: attempts.optional(),
    cap_per_minute: cap.optional(),
    provider_webhook_id: name.nullable().optional(),
  })
  .meta({ id: "WebhookEndpointChange" });

const MIN_SECRET = 16;
const MAX_SECRET = 200;

export const secretInput = z
  .strictObject({
    secret: text(MAX_SECRET).refine(
      (value) => value.length >= MIN_SECRET && /^[!-~]+$/.test(value),
      `${MIN_SECRET} to ${MAX_SECRET} visible characters`,
    ),
    starts_at: instant.optional(),
    ends_at: instant.optional(),
    others_end_at: instant
      .optional()
      .meta({ description: "A roll: until when the endpoint's other secrets verify" }),
  })
  .meta({ id: "NewWebhookSecret" });
