import { z } from "zod";
import { int64 } from "../../../platform/http/index.ts";
import { PERIODS, type Plan, type Plans } from "./plan.ts";

export const plansQuery = z.strictObject({
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .optional(),
  interval: z.enum(PERIODS).optional(),
});

export const planFields = {
  key: z.string(),
  name: z.string(),
  rank: z.int(),
  version: z.string().meta({ description: "What subscribers of today keep, whatever the plan becomes" }),
  prices: z.array(z.object({ currency: z.string(), interval: z.enum(PERIODS), amount_minor: int64 })),
  trial: z.object({ days: z.int(), credits_micros: int64 }).nullable(),
  credits_micros: int64.meta({ description: "A month; a year's come month by month" }),
  rollover: z.boolean(),
  limits: z.object({
    seats: z.int(),
    rpm: z.int().nullable().meta({ description: "Model calls a minute; null is no limit" }),
    tpm: z.int().nullable().meta({ description: "Their tokens a minute" }),
    concurrency: z.int().nullable().meta({ description: "Model calls at once" }),
  }),
};
export const planAnswer = z.object(planFields).meta({ id: "Plan" });
export const plansAnswer = z
  .object({
    /** Companies that a subscription can be paid by. */
    providers: z.array(z.enum(["stripe", "paypal"])),
    data: z.array(planAnswer),
    /** The same features of every plan, in the same order as `data`. */
    features: z.array(
      z.object({
        key: z.string(),
        name: z.string(),
        values: z.array(z.union([z.boolean(), z.string()])).meta({ description: "One for each of `data`" }),
      }),
    ),
  })
  .meta({ id: "Plans" });

export const presentPlan = (plan: Plan, wanted: z.output<typeof plansQuery> = {}) => ({
  key: plan.key,
  name: plan.name,
  rank: plan.rank,
  version: plan.versionId,
  prices: plan.prices
    .filter(
      ({ currency, period }) =>
        currency === (wanted.currency ?? currency) && period === (wanted.interval ?? period),
    )
    .map(({ currency, period, amountMinor }) => ({ currency, interval: period, amount_minor: amountMinor })),
  trial: plan.trial && { days: plan.trial.days, credits_micros: plan.trial.creditsMicros },
  credits_micros: plan.creditsMicros,
  rollover: plan.rollover,
  limits: plan.limits,
});

export const syncInput = z.strictObject({ dry_run: z.boolean().default(false) }).meta({ id: "PlanSync" });
export const syncAnswer = z
  .object({
    data: z.array(
      z.object({
        provider: z.enum(["stripe", "paypal"]),
        plan: z.string(),
        currency: z.string(),
        interval: z.enum(PERIODS),
        amount_minor: int64,
        trial_days: z.int().nullable().meta({ description: "Where a trial is a part of the price" }),
        price_id: z.string().nullable().meta({ description: "Null: to be made there" }),
      }),
    ),
  })
  .meta({ id: "PlanPrices" });

/** Plans that have a price of the wanted sort, and the free one. */
export function presentPlans(
  plans: Plans,
  wanted: z.output<typeof plansQuery>,
): Omit<z.output<typeof plansAnswer>, "providers"> {
  const data = plans.list
    .map((plan) => presentPlan(plan, wanted))
    .filter(({ key, prices }) => prices.length > 0 || key === plans.free.key);
  return {
    data,
    features: plans.features.map(({ key, name }) => ({
      key,
      name,
      values: data.map((plan) => plans.find(plan.key)?.features[key] ?? false),
    })),
  };
}
