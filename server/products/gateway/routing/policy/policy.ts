import { z } from "zod";
import { cacheOption } from "../../cache/option.ts";
import { memoryOption } from "../../memory/call/option.ts";
import { compressionOption } from "../../compression/option.ts";
import { routing } from "../routing.ts";

const WHAT = {
  cache: "The same call is answered again without a provider",
  compression: "Long prompts are shortened before they are sent",
  memory: "Calls use what is remembered of their person",
  fold_retries:
    "A retry by an SDK of a call whose connection was lost gets that call's answer instead of paying twice; such calls are read to their end",
} as const;
const orOff = "false: only where a call asks for it; null: as the installation has it";
const ifAsked = "null: only where a call asks for it";

/** What an organization lays down for all of its model calls; what it leaves out is the installation's. */
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
    cache: cacheOption
      .or(z.literal(false))
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.cache}; ${orOff}` }),
    compression: compressionOption
      .or(z.literal(false))
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.compression}; ${orOff}` }),
    memory: memoryOption
      .or(z.literal(false))
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.memory}; ${orOff}, or its person` }),
    memory_model: z.string().min(1).max(256).nullable().default(null).meta({
      description:
        "Reads what people said in calls with memory, where their payer may call it; null: the installation's choice, else the model that answered",
    }),
    fold_retries: z
      .boolean()
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.fold_retries}; null: as the installation has it` }),
  })
  .meta({ id: "LlmPolicy" });

/** What the operators lay down for the calls of all organizations, where those say nothing themselves. */
export const installationPolicySchema = z
  .strictObject({
    routing: routing.nullable().default(null),
    cache: cacheOption
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.cache}; ${ifAsked}` }),
    compression: compressionOption
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.compression}; ${ifAsked}` }),
    memory: memoryOption
      .nullable()
      .default(null)
      .meta({ description: `${WHAT.memory}; ${ifAsked}, or its person` }),
    fold_retries: z.boolean().default(false).meta({ description: WHAT.fold_retries }),
  })
  .meta({ id: "InstallationLlmPolicy" });

export type Policy = z.output<typeof policySchema>;
export type InstallationPolicy = z.output<typeof installationPolicySchema>;
export const NO_POLICY: Policy = {
  routing: null,
  allowed_models: null,
  cache: null,
  memory: null,
  compression: null,
  memory_model: null,
  fold_retries: null,
};
