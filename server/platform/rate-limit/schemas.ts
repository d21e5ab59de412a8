import { z } from "zod";
import { instant } from "../http/index.ts";

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/);
const subject = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\s\p{C}]+$/u);
const window = z.object({ limit: z.int(), window_s: z.int() });

export const limitParams = z.strictObject({ subject, class: name });
export const limitInput = z.strictObject({
  limit: z.int().min(1).max(1_000_000),
  window_s: z.int().min(1).max(86_400),
});

export const limitOverride = z
  .object({ subject: z.string(), class: z.string(), limit: z.int(), window_s: z.int(), created_at: instant })
  .meta({ id: "LimitOverride" });
export const rateLimitsAnswer = z
  .object({
    /** Redis is configured and does not answer. */
    degraded: z.boolean(),
    counted_in: z.enum(["redis", "postgres_and_memory"]),
    processes: z.int(),
    classes: z.array(z.object({ class: z.string(), windows: z.array(window) })),
    /** Of the last 24 hours, most refused first. */
    top: z.array(z.object({ subject: z.string(), class: z.string(), refused: z.int(), last_at: instant })),
    overrides: z.array(limitOverride),
  })
  .meta({ id: "RateLimits" });
export const ownLimitsAnswer = z
  .object({
    data: z.array(
      z.object({
        class: z.string(),
        limit: z.int(),
        window_s: z.int(),
        remaining: z.int(),
        /** When the next one is given back; 0 when all are there. */
        resets_in_s: z.int(),
      }),
    ),
  })
  .meta({ id: "OwnRateLimits" });
