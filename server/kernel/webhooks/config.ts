import { z } from "zod";

export const webhooksConfig = z.object({
  WEBHOOK_BACKFILL_SECONDS: z.coerce
    .number()
    .int()
    .min(5)
    .max(86_400)
    .default(600)
    .describe("seconds between two readings of the companies' event lists"),
  WEBHOOK_MAX_ATTEMPTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(77)
    .default(12)
    .describe("attempts before an event is dead; the start value of a new endpoint"),
});
