import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { network } from "../organizations/schemas.ts";
import { SCOPE_NAMES } from "../permissions.ts";
import { shownPrefix } from "./api-key.ts";
import type { KeyChange } from "./change.ts";
import type { NewKey } from "./create.ts";
import { type ApiKey, type KeyDefaults, type KeyLimits, NO_LIMITS } from "./key.ts";

const MOST_PER_MIN = 100_000;
const MOST_TOKENS = 1_000_000_000;
const MOST_AT_ONCE = 10_000;

const mode = z.enum(["test", "live"]);
const kind = z.enum(["personal", "service"]);
const name = text(100);
const scopes = z.array(z.enum(SCOPE_NAMES)).min(1).max(50);
const cidrs = z.array(network).max(20);
const models = z.array(z.string().min(1).max(256)).max(100);
const budget = int64.refine((micros) => micros >= 0n, "must not be negative").nullable();

/** What a key may do in a minute, at once, and spend. */
const limitFields = {
  rpm: z.int().min(0).max(MOST_PER_MIN).nullable().meta({
    description: "Requests a minute of each operation; null is the default, 0 no limit (admin).",
  }),
  tpm: z.int().min(1).max(MOST_TOKENS).nullable().meta({ description: "Tokens a minute, of model calls" }),
  concurrency: z.int().min(1).max(MOST_AT_ONCE).nullable().meta({ description: "Model calls at once" }),
  budget_daily_micros: budget.meta({
    type: ["integer", "null"],
    format: "int64",
    description: "Micro-credits a UTC day, open holds included",
  }),
  budget_monthly_micros: budget.meta({
    type: ["integer", "null"],
    format: "int64",
    description: "Micro-credits a UTC month, open holds included",
  }),
};
const limitsInput = z.strictObject(limitFields).partial();
const limitsAnswer = z.object(limitFields).meta({ id: "ApiKeyLimits" });

export const keysQuery = z.strictObject(listQuery);
export const keyParams = z.object({ id: idParam("key") });

/** `defaults` is what a product says may stand there. */
export const keyInputs = (defaults: z.ZodType<KeyDefaults>) => ({
  keyInput: z.strictObject({
    name,
    kind: kind.default("personal").meta({
      description: "personal: never more than its maker may today; service: the organization's own (admin)",
    }),
    mode,
    scopes,
    allowed_cidrs: cidrs.default([]).meta({ description: "Networks it may be used from; empty: any" }),
    allowed_models: models.default([]).meta({ description: "Models it may call; empty: all" }),
    defaults: defaults.optional(),
    limits: limitsInput.optional(),
    expires_at: instant
      .nullable()
      .optional()
      .meta({ description: "90 days from now when left out; null never expires (admin)" }),
  }),
  keyChange: z
    .strictObject({
      name: name.optional(),
      scopes: scopes.optional(),
      allowed_cidrs: cidrs.optional(),
      allowed_models: models.optional(),
      defaults: defaults.optional(),
      limits: limitsInput.optional().meta({ description: "Replaces all of them; those left out are null" }),
      expires_at: instant.nullable().optional(),
      paused: z
        .boolean()
        .optional()
        .meta({ description: "While true, the key is refused like a revoked one" }),
    })
    .refine((change) => Object.keys(change).length > 0, "must change something"),
});
type KeyInputs = ReturnType<typeof keyInputs>;

export const rotateInput = z.strictObject({
  overlap_hours: z
    .int()
    .min(0)
    .max(72)
    .default(24)
    .meta({ description: "Hours for which the old secret serves as well" }),
});
export const leakInput = z.strictObject({ key: z.string().min(1).max(200) });

const keyFields = (defaults: z.ZodType<KeyDefaults>) => ({
  id: z.string(),
  name: z.string(),
  prefix: z.string().meta({ description: "The part of the key that may be shown" }),
  kind,
  mode,
  scopes: z.array(z.string()),
  unused_scopes: z
    .array(z.string())
    .meta({ description: "Scopes that it has had for 30 days and not used in them" }),
  allowed_cidrs: z.array(z.string()),
  allowed_models: z.array(z.string()),
  defaults,
  limits: limitsAnswer,
  paused: z.boolean(),
  created_by: z.string(),
  created_at: instant,
  expires_at: instant.nullable(),
  last_used_at: instant.nullable(),
});

export function keyAnswers(defaults: z.ZodType<KeyDefaults>) {
  const fields = keyFields(defaults);
  const keyAnswer = z.object(fields).meta({ id: "ApiKey" });
  return {
    keyAnswer,
    keysAnswer: listAnswer(keyAnswer),
    newKeyAnswer: z
      .object({
        ...fields,
        secret: z
          .string()
          .nullable()
          .meta({ description: "The key itself, told once; null when the request is repeated" }),
      })
      .meta({ id: "NewApiKey" }),
  };
}

export const presentKey = (key: ApiKey): z.output<ReturnType<typeof keyAnswers>["keyAnswer"]> => ({
  id: key.id,
  name: key.name,
  prefix: shownPrefix(key.mode, key.publicId),
  kind: key.kind,
  mode: key.mode,
  scopes: [...key.scopes],
  unused_scopes: [...key.unusedScopes],
  allowed_cidrs: [...key.allowedCidrs],
  allowed_models: [...key.allowedModels],
  defaults: key.defaults,
  limits: {
    rpm: key.limits.rpm,
    tpm: key.limits.tpm,
    concurrency: key.limits.concurrency,
    budget_daily_micros: key.limits.budgetDailyMicros,
    budget_monthly_micros: key.limits.budgetMonthlyMicros,
  },
  paused: key.pausedAt !== null,
  created_by: key.createdBy,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  last_used_at: key.lastUsedAt,
});

const readLimits = (input: z.output<typeof limitsInput>): KeyLimits => ({
  rpm: input.rpm ?? null,
  tpm: input.tpm ?? null,
  concurrency: input.concurrency ?? null,
  budgetDailyMicros: input.budget_daily_micros ?? null,
  budgetMonthlyMicros: input.budget_monthly_micros ?? null,
});

export const readNewKey = (input: z.output<KeyInputs["keyInput"]>): NewKey => ({
  name: input.name,
  kind: input.kind,
  mode: input.mode,
  scopes: input.scopes,
  allowedCidrs: [...new Set(input.allowed_cidrs)],
  allowedModels: [...new Set(input.allowed_models)],
  defaults: input.defaults ?? {},
  limits: input.limits ? readLimits(input.limits) : NO_LIMITS,
  expiresAt: input.expires_at,
});

export const readKeyChange = (input: z.output<KeyInputs["keyChange"]>): KeyChange => ({
  name: input.name,
  scopes: input.scopes,
  allowedCidrs: input.allowed_cidrs && [...new Set(input.allowed_cidrs)],
  allowedModels: input.allowed_models && [...new Set(input.allowed_models)],
  defaults: input.defaults,
  limits: input.limits && readLimits(input.limits),
  expiresAt: input.expires_at,
  paused: input.paused,
});
