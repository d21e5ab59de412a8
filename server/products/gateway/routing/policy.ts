import { z } from "zod";
import { routing } from "./routing.ts";

/** What an organization lays down for all of its model calls. */
export const policySchema = z
  .strictObject({
    routing: routing.nullable().default(null),
    allowed_models: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .meta({ description: "No other model may be called; null: every one" }),
  })
  .meta({ id: "LlmPolicy" });

export type Policy = z.output<typeof policySchema>;
export const NO_POLICY: Policy = { routing: null, allowed_models: null };
