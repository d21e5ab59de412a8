import { z } from "zod";
import { cacheOption } from "../../cache/option.ts";
import { memoryOption } from "../../memory/call/option.ts";
import { compressionOption } from "../../compression/option.ts";
import { routing } from "../routing.ts";

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
    cache: cacheOption.nullable().default(null).meta({
      description: "The same call is answered again without a provider; null: only where a call asks for it",
    }),
    compression: compressionOption.nullable().default(null).meta({
      description: "Long prompts are shortened before they are sent; null: only where a call asks for it",
    }),
    memory: memoryOption.nullable().default(null).meta({
      description:
        "Calls use what is remembered of their person; null: only where a call or its person asks for it",
    }),
    memory_model: z.string().min(1).max(256).nullable().default(null).meta({
      description:
        "Reads what people said in calls with memory, where their payer may call it; null: the installation's choice, else the model that answered",
    }),
    fold_retries: z.boolean().default(false).meta({
      description:
        "A retry by an SDK of a call whose connection was lost gets that call's answer instead of paying twice; such calls are read to their end",
    }),
  })
  .meta({ id: "LlmPolicy" });

export type Policy = z.output<typeof policySchema>;
export const NO_POLICY: Policy = {
  routing: null,
  allowed_models: null,
  cache: null,
  memory: null,
  compression: null,
  memory_model: null,
  fold_retries: false,
};
