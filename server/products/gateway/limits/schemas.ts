import { z } from "zod";
import { instant, int64 } from "../../../platform/http/index.ts";
import { ALERT_PERCENTS } from "./bound.ts";
import type { Standing } from "./read.ts";
import type { StoredRule } from "./store.ts";

const subjectType = z.enum(["org", "user", "key"]);
const inherit = "null inherits";
const rate = (most: number, what: string) =>
  z
    .int()
    .min(1)
    .max(most)
    .nullable()
    .meta({ description: `${what}; ${inherit}` });
const budget = (period: string) =>
  int64
    .refine((micros) => micros >= 0n, "must not be negative")
    .nullable()
    .meta({
      type: ["integer", "null"],
      format: "int64",
      description: `Micro-credits a UTC ${period}, open holds included; ${inherit}`,
    });
const limits = {
  rpm: rate(1_000_000, "Model calls a minute"),
  tpm: rate(1_000_000_000, "Their tokens a minute"),
  concurrency: rate(10_000, "Model calls at once"),
  budget_daily_micros: budget("day"),
  budget_monthly_micros: budget("month"),
};
const percents = z
  .array(z.int().min(1).max(100))
  .max(10)
  .meta({ description: "Shares of a budget at which its owners are told" });

export const limitsInput = z.strictObject({
  subject_type: subjectType,
  subject_id: z.string().min(1).max(64),
  rpm: limits.rpm.default(null),
  tpm: limits.tpm.default(null),
  concurrency: limits.concurrency.default(null),
  budget_daily_micros: limits.budget_daily_micros.default(null),
  budget_monthly_micros: limits.budget_monthly_micros.default(null),
  alert_percents: percents.default([...ALERT_PERCENTS]),
});

const ruleAnswer = z.object({
  subject_type: subjectType,
  subject_id: z.string(),
  ...limits,
  alert_percents: percents,
});
export const standingAnswer = z.object({
  subject: z.object({ type: subjectType, id: z.string() }),
  ...limits,
  used: z.object({
    rpm: z.int(),
    tpm: z.int(),
    concurrency: z.int(),
    budget_daily_micros: int64,
    budget_monthly_micros: int64,
  }),
  held_micros: int64.meta({ description: "Of open holds, which the used budgets include" }),
  resets_at: z.object({ budget_daily_micros: instant, budget_monthly_micros: instant }),
  tightest: z.string().nullable().meta({ description: "The limit that leaves the least" }),
  alert_percents: percents,
});
export const limitsAnswer = z
  .object({
    data: z.array(standingAnswer),
    rules: z
      .array(ruleAnswer)
      .meta({ description: "For admins: what is set for the organization and for persons" }),
    plan: z.object({
      key: z.string(),
      rpm: z.int().nullable(),
      tpm: z.int().nullable(),
      concurrency: z.int().nullable(),
    }),
    as_of: instant,
  })
  .meta({ id: "TokenLimits" });

export const presentRule = (rule: StoredRule): z.output<typeof ruleAnswer> => ({
  subject_type: rule.type,
  subject_id: rule.id,
  rpm: rule.rpm,
  tpm: rule.tpm,
  concurrency: rule.concurrency,
  budget_daily_micros: rule.budgetDailyMicros,
  budget_monthly_micros: rule.budgetMonthlyMicros,
  alert_percents: [...rule.alertPercents],
});

export const presentStanding = (row: Standing): z.output<typeof standingAnswer> => {
  const { subject_type: _type, subject_id: _id, ...rule } = presentRule(row);
  return {
    subject: { type: row.type, id: row.id },
    ...rule,
    used: {
      rpm: row.used.rpm,
      tpm: row.used.tpm,
      concurrency: row.used.concurrency,
      budget_daily_micros: row.used.dailyMicros,
      budget_monthly_micros: row.used.monthlyMicros,
    },
    held_micros: row.held,
    resets_at: { budget_daily_micros: row.resetsAt.daily, budget_monthly_micros: row.resetsAt.monthly },
    tightest: row.tightest,
  };
};

export const readRule = (input: z.output<typeof limitsInput>): StoredRule => ({
  type: input.subject_type,
  id: input.subject_id,
  rpm: input.rpm,
  tpm: input.tpm,
  concurrency: input.concurrency,
  budgetDailyMicros: input.budget_daily_micros,
  budgetMonthlyMicros: input.budget_monthly_micros,
  alertPercents: [...new Set(input.alert_percents)].toSorted((a, b) => a - b),
});
