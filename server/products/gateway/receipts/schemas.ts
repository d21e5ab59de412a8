import { z } from "zod";
import { idParam } from "../../../platform/http/index.ts";
import { eachCount, type Count } from "../counts.ts";
import { eachLine, OWN_LINES, type OwnLine } from "../models/lines.ts";
import { tierAnswer } from "../models/tiers/schemas.ts";

export const receiptParams = z.object({ request_id: idParam("req") });

const usd = z.string().meta({ description: "An exact decimal in USD" });
const NOTES: Partial<Record<Count, string>> = {
  cache_write_1h_tokens: "Of the written ones those that are kept for an hour",
  audio_ms: "Sound that was paid by the second, in milliseconds",
  images: "Of the prompt",
  image_tokens: "Of the input",
  audio_in_tokens: "Of the input",
  audio_out_tokens: "Of the output",
};
const counts = eachCount((name) => {
  const description = NOTES[name];
  return description === undefined ? z.int() : z.int().meta({ description });
});
const lines = z.object({
  ...eachLine((line) => usd.optional().meta({ description: OWN_LINES[line as OwnLine] })),
  input: usd,
  output: usd,
  cache_read: usd,
  cache_write: usd,
  request: usd,
  audio_second: usd,
});
const receipt = z.object({
  version: z.int(),
  request_id: z.string(),
  organization_id: z.string(),
  mode: z.string(),
  key_id: z.string().nullable(),
  user_id: z.string().nullable(),
  project_id: z.string().nullable(),
  endpoint: z.string(),
  model: z.string(),
  provider: z.string(),
  price_version: z.string(),
  state: z.string(),
  outcome: z.string().nullable(),
  basis: z.string().nullable(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
  compression: z
    .object({
      tokens_before: z.int(),
      tokens_after: z.int(),
      summary_cost_micros: z.int().meta({ description: "Paid for a summary, in a call of its own" }),
      net_saving_micros: z
        .int()
        .meta({ description: "Below zero where the summary pays off in later calls alone" }),
    })
    .nullable()
    .meta({ description: "How its prompt was shortened; null: it was sent as it came" }),
  attempts: z.array(
    z.object({
      id: z.string(),
      created_at: z.string(),
      provider: z.string(),
      model_served: z.string(),
      price_version: z.string(),
      basis: z.string(),
      outcome: z.string(),
      ...counts,
      cost_usd: usd.meta({ description: "What it adds; a correction holds the difference" }),
    }),
  ),
  counts: z.object(counts),
  prices: lines.meta({
    description: "In USD per token, request, second of sound, image or search, with the markup in them",
  }),
  tiers: z.array(tierAnswer).meta({
    description: "Of some calls alone, over these; of those that hold the later ones win, line by line",
  }),
  tier: z.string().nullable().meta({
    description: "Which of them hold, by the size of the whole prompt and when the call began; null: none",
  }),
  markup_percent: z
    .int()
    .meta({ description: "What is put on top of the provider's prices, or of its own figure" }),
  lines: z
    .array(z.object({ line: z.string(), quantity: z.int(), price_usd: usd, amount_usd: usd }))
    .meta({ description: "Counts × prices; each token is in one line" }),
  table_usd: usd.meta({ description: "What the lines add up to" }),
  cost_from: z.enum(["table", "provider", "cache", "nothing"]),
  provider_usd: usd
    .nullable()
    .meta({ description: "The provider's own figure where that was charged, without the markup" }),
  cost_usd: usd,
  cost_micros: z.int(),
  written_off_micros: z.int(),
  hold: z.object({ id: z.string(), amount_micros: z.int() }),
  txn_id: z.string().nullable(),
});
export const receiptAnswer = z
  .object({
    receipt,
    signature: z.string().meta({
      description: "Ed25519 over the canonical JSON (RFC 8785) of `receipt`, in base64",
    }),
    key_version: z.int(),
  })
  .meta({ id: "Receipt" });
export const keysAnswer = z
  .object({
    data: z.array(
      z.object({
        version: z.int(),
        algorithm: z.literal("Ed25519"),
        public_key: z.string().meta({ description: "SubjectPublicKeyInfo as PEM" }),
      }),
    ),
  })
  .meta({ id: "ReceiptKeys" });
