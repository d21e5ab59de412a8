import { z } from "zod";
import { LINES, OWN_LINES, type Line, type OwnLine } from "./models/lines.ts";
import { WORDS } from "./models/listing.ts";
import { eachCount } from "./counts.ts";
import { instant, int64, listAnswer, listQuery } from "../../platform/http/index.ts";

/** By the words in which prices are told. */
const wordsOf = (of: (line: Line) => z.ZodType<string | null>) =>
  Object.fromEntries(LINES.map((line) => [WORDS[line], of(line)])) as Record<
    (typeof WORDS)[Line],
    z.ZodType<string | null>
  >;
const pricing = wordsOf((line) => {
  const note = OWN_LINES[line as OwnLine] as string | undefined;
  return note === undefined ? z.string() : z.string().nullable().meta({ description: note });
});
const tiered = wordsOf(() => z.string().nullable());

const model = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.int(),
    owned_by: z.string(),
    name: z.string(),
    task: z
      .enum(["chat", "embedding", "transcription"])
      .meta({ description: "The endpoints at which it is called" }),
    context_length: z.int(),
    max_output_tokens: z.int(),
    /** USD per token, request, second of sound, image or search, exact decimals. */
    pricing: z.object({
      ...pricing,
      tiers: z
        .array(
          z.object({
            provider: z.string(),
            above_prompt_tokens: z
              .int()
              .nullable()
              .meta({ description: "For prompts of more tokens, cached ones included; null: for all" }),
            from_utc: z
              .string()
              .nullable()
              .meta({ description: "For calls that begin from then, HH:MM of the UTC day; null: always" }),
            to_utc: z.string().nullable(),
            ...tiered,
          }),
        )
        .meta({
          description: "What some calls cost instead; null: no other price. Later ones win, line by line",
        }),
    }),
    providers: z.array(z.string()),
  })
  .meta({ id: "Model" });
const { task, pricing: modelPricing, providers } = model.shape;
/** Where a call has the header `anthropic-version`. */
const anthropicModel = z
  .object({
    type: z.literal("model"),
    id: z.string(),
    display_name: z.string(),
    created_at: z.string(),
    max_input_tokens: z.int(),
    max_tokens: z.int(),
    capabilities: z.null(),
    lifecycle: z.literal("active"),
    deprecated_at: z.null(),
    line: z.null(),
    task,
    pricing: modelPricing,
    providers,
  })
  .meta({ id: "AnthropicModel" });
export const modelAnswer = z.union([model, anthropicModel]);
export const modelsAnswer = z.union([
  z.object({ object: z.literal("list"), data: z.array(model) }).meta({ id: "ModelList" }),
  z
    .object({
      data: z.array(anthropicModel),
      has_more: z.boolean(),
      first_id: z.string().nullable(),
      last_id: z.string().nullable(),
    })
    .meta({ id: "AnthropicModelList" }),
]);
const modelId = z.string().min(1).max(256);
/** All of them unless told, ordered by id. `beta`: Anthropic's clients ask for what is new by it. */
export const modelsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  after_id: modelId.optional(),
  before_id: modelId.optional(),
  beta: z.enum(["true"]).optional(),
});
/** A model id holds a slash: `/models/openai/gpt-4o-mini`. */
export const modelParams = z.object({ author: z.string().max(100), slug: z.string().max(156) });
export const aliasParams = z.object({ id: modelId });

export const balanceAnswer = z
  .object({
    settled_micros: int64,
    held_micros: int64,
    available_micros: int64,
    debt_micros: int64,
    held_count: z.int(),
    grants: z.array(
      z.object({
        id: z.string(),
        source: z.string(),
        remaining_micros: int64,
        expires_at: instant.nullable(),
      }),
    ),
    plan: z.object({
      key: z.string(),
      name: z.string(),
      allowance_micros: int64.meta({ description: "Given each month" }),
      renews_at: instant.nullable().meta({ description: "When the next month's are given" }),
    }),
    as_of: instant,
  })
  .meta({ id: "TokenBalance" });

export const GROUPS = [
  "hour",
  "day",
  "model",
  "provider",
  "key",
  "user",
  "project",
  "endpoint",
  "outcome",
] as const;
export type Group = (typeof GROUPS)[number];

const groupBy = z
  .string()
  .max(40)
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(GROUPS)).min(1).max(2))
  .default(["day"]);

export const usageFilters = {
  from: instant.optional(),
  to: instant.optional(),
  model: z.string().max(256).optional(),
  key_id: z.string().max(64).optional(),
  user_id: z.string().max(64).optional(),
  provider: z.string().max(64).optional(),
  project_id: z.string().max(64).optional(),
};
export const usageQuery = z.strictObject({ ...usageFilters, group_by: groupBy });
export const recordsQuery = z.strictObject({
  ...usageFilters,
  outcome: z.string().max(40).optional(),
  ...listQuery,
});

const sums = {
  requests: z.int(),
  failures: z.int(),
  input_tokens: int64,
  cache_read_tokens: int64,
  cache_write_tokens: int64,
  output_tokens: int64,
  reasoning_tokens: int64,
  audio_ms: int64.meta({ description: "Sound that was paid by the second, in milliseconds" }),
  cost_micros: int64,
  first_content_p50_ms: z.int().nullable(),
  first_content_p95_ms: z.int().nullable(),
  cache_hits: z.int().meta({ description: "Calls that the cache answered" }),
  compressed: z.int().meta({ description: "Calls whose prompt was shortened" }),
  tokens_saved: int64.meta({ description: "That no provider read or wrote for either" }),
  saved_micros: int64.meta({ description: "What they would have cost, less what summaries did" }),
};
export const usageAnswer = z
  .object({
    data: z.array(z.object({ group: z.record(z.string(), z.string().nullable()), ...sums })),
    totals: z.object(sums),
    /** Share of the cost that is estimated, 0 to 1. */
    estimated_share: z.number(),
    as_of: instant,
  })
  .meta({ id: "TokenUsage" });

export const recordsAnswer = listAnswer(
  z
    .object({
      request_id: z.string(),
      created_at: instant,
      endpoint: z.string(),
      model: z.string(),
      provider: z.string(),
      key_id: z.string(),
      user_id: z.string().nullable(),
      project_id: z.string().nullable(),
      streamed: z.boolean(),
      state: z.enum(["open", "reconciling", "settled", "released"]),
      outcome: z.string().nullable(),
      basis: z.string().nullable(),
      held_micros: int64,
      cost_micros: int64.nullable(),
      cost_usd: z.string().nullable(),
      price_version: z.string(),
      ...eachCount(() => int64),
      first_content_ms: z.int().nullable(),
    })
    .meta({ id: "UsageRecord" }),
).meta({ id: "UsageRecordList" });

export type UsageFilter = Pick<
  z.output<typeof recordsQuery>,
  "from" | "to" | "model" | "key_id" | "user_id" | "provider" | "project_id"
>;
