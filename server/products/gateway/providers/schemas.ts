import { z } from "zod";
import { instant } from "../../../platform/http/index.ts";
import { PROVIDER_KINDS } from "../../../vendors/llm/index.ts";
import type { TimeoutsRow } from "../models/store.ts";

const kind = z.enum(PROVIDER_KINDS);
const seconds = (most: number) => z.int().min(1).max(most).optional();
const timeouts = z.strictObject({
  first_content_s: seconds(600).meta({ description: "From asking to the first content of a stream" }),
  json_s: seconds(3_600).meta({ description: "A whole JSON answer" }),
  stream_s: seconds(7_200).meta({ description: "A whole stream" }),
  stall_s: seconds(600).meta({ description: "Silence of a stream that has begun" }),
});
export type TimeoutsInput = z.output<typeof timeouts>;

const planMarkups = z
  .record(z.string().regex(/^[a-z0-9_-]{1,40}$/, "must be a plan's key"), z.int().min(0).max(500))
  .refine((percents) => Object.keys(percents).length <= 20, "must name 20 plans at most");

const settings = {
  kind,
  base_url: z
    .url()
    .max(500)
    .nullable()
    .default(null)
    .meta({ description: "null: the company's own address" }),
  secret: z
    .string()
    .min(8)
    .max(500)
    .regex(/^[\x21-\x7e]+$/, "must be visible ASCII")
    .optional()
    .meta({ description: "Its key. Left out: the one there is; needed again with another address or kind" }),
  private_address: z
    .boolean()
    .default(false)
    .meta({ description: "The address may lie inside a network and do without TLS" }),
  enabled: z.boolean().default(true),
  markup_percent: z
    .int()
    .min(0)
    .max(500)
    .default(0)
    .meta({ description: "On top of what its calls cost; a change makes a new version of its prices" }),
  plan_markups: planMarkups.default({}).meta({
    description: "Instead of it, in percent by the keys of plans; the prices that they see hold it",
  }),
  cost_basis: z
    .enum(["provider", "table"])
    .default("provider")
    .meta({ description: "provider: its own figure where it gives one; table: counts × prices" }),
  on_disconnect: z
    .enum(["abort", "drain"])
    .nullable()
    .default(null)
    .meta({ description: "What becomes of a call whose caller left; null: as its kind has it" }),
  timeouts: timeouts.nullable().default(null).meta({ description: "What is left out is as everywhere" }),
};

export const changeInput = z.strictObject(settings).meta({ id: "ProviderSettings" });
export const addInput = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be of a-z, 0-9 and hyphens, 40 at most")
      .meta({ description: "As routing wishes and usage name it; never changed" }),
    ...settings,
  })
  .meta({ id: "NewProvider" });
export type ProviderInput = z.output<typeof changeInput>;

export const providerParams = z.object({ id: z.string().min(1).max(40) });

export const providerAnswer = z
  .object({
    id: z.string(),
    kind,
    base_url: z
      .string()
      .nullable()
      .meta({ description: "Its own; null: the company's or the environment's" }),
    address: z.string().nullable().meta({ description: "Where it is reached; null: nowhere yet" }),
    secret_from: z.enum(["own", "environment"]).nullable().meta({ description: "null: it has none yet" }),
    secret_last4: z.string().nullable(),
    private_address: z.boolean(),
    enabled: z.boolean(),
    markup_percent: z.int(),
    plan_markups: planMarkups,
    cost_basis: z.enum(["provider", "table"]),
    on_disconnect: z.enum(["abort", "drain"]).nullable(),
    timeouts: timeouts.nullable(),
    live: z.boolean().nullable().meta({ description: "Its calls cost real money; test keys never reach it" }),
    state: z
      .enum(["off", "ok", "degraded", "down"])
      .meta({ description: "off: disabled, or without address or key; down: all breakers are open" }),
    credit: z
      .object({
        left_usd: z.string().meta({ description: "Exact USD, below zero in debt" }),
        low: z.boolean().meta({ description: "Operators were told" }),
        asked_at: instant,
      })
      .nullable()
      .meta({ description: "What is left to spend there; null where it does not tell or nothing bounds it" }),
    models: z.int().meta({ description: "How many it serves at an active price" }),
    success_1h: z.number().nullable(),
    first_content_p50_ms: z.int().nullable(),
    breakers: z
      .array(z.object({ model: z.string(), state: z.enum(["open", "probing"]), wait_s: z.int() }))
      .meta({ description: "Models that are not let through, as the answering process sees it" }),
  })
  .meta({ id: "AdminProvider" });
export const providersAnswer = z.object({ data: z.array(providerAnswer) }).meta({ id: "AdminProviderList" });

const NAMES = [
  ["first_content_s", "firstContent"],
  ["json_s", "json"],
  ["stream_s", "stream"],
  ["stall_s", "stall"],
] as const;

/** As they are kept; null where nothing is said. */
export function timeoutsRow(input: TimeoutsInput | null): TimeoutsRow | null {
  const said = NAMES.flatMap(([outside, inside]) => {
    const value = input?.[outside];
    return value === undefined ? [] : [[inside, value * 1_000] as const];
  });
  return said.length === 0 ? null : (Object.fromEntries(said) as TimeoutsRow);
}

/** As they are told. */
export function timeoutsShown(row: TimeoutsRow | null): TimeoutsInput | null {
  if (row === null) return null;
  const told = NAMES.flatMap(([outside, inside]) => {
    const value = row[inside];
    return value === undefined ? [] : [[outside, value / 1_000] as const];
  });
  return Object.fromEntries(told) as TimeoutsInput;
}
