/** Plans as the file says them. Pure. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../../platform/crypto/index.ts";
import { CURRENCY_EXPONENTS, MICROS_PER_CREDIT } from "../../../platform/money.ts";
import defaults from "../../../../config/plans.json" with { type: "json" };

export const PERIODS = ["month", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** Of one unit. */
export type PlanPrice = { currency: string; period: Period; amountMinor: bigint };

/** One version of a plan: it never changes, and its id follows from what it says. */
export type Plan = {
  versionId: string;
  key: string;
  name: string;
  /** Above or below other plans. */
  rank: number;
  prices: PlanPrice[];
  trial: { days: number; creditsMicros: bigint } | null;
  creditsMicros: bigint;
  /** What is left of a month's credits stays. */
  rollover: boolean;
  /** Seats, and of model calls: a minute, tokens a minute, at once; null is no limit. */
  limits: { seats: number; rpm: number | null; tpm: number | null; concurrency: number | null };
  features: Readonly<Record<string, boolean | string>>;
  /** The row of the file, as it is kept. */
  content: unknown;
};

export type Plans = {
  /** By rank. */
  list: readonly Plan[];
  /** What an organization has that pays for nothing. */
  free: Plan;
  features: readonly { key: string; name: string }[];
  /** On sale today. */
  find(key: string): Plan | null;
};

const MAX_CREDITS = 1_000_000_000;
const key = z.string().regex(/^[a-z0-9_]{1,40}$/);
const row = z.strictObject({
  key,
  name: z.string().min(1).max(80),
  rank: z.int().min(0).max(1_000),
  prices: z
    .array(
      z.strictObject({
        currency: z
          .string()
          .refine((code) => Object.hasOwn(CURRENCY_EXPONENTS, code), "is not a currency we sell in"),
        interval: z.enum(PERIODS),
        amount_minor: z.int().min(1).max(99_999_999),
      }),
    )
    .max(20)
    .refine(
      (rows) => new Set(rows.map((one) => `${one.currency} ${one.interval}`)).size === rows.length,
      "has a price twice",
    ),
  trial: z
    .strictObject({ days: z.int().min(1).max(365), credits: z.int().min(0).max(MAX_CREDITS) })
    .optional(),
  credits_per_month: z.int().min(0).max(MAX_CREDITS),
  rollover: z.boolean().default(false),
  limits: z.strictObject({
    seats: z.int().min(1).max(100_000),
    rpm: z.int().min(1).max(1_000_000).nullable().optional(),
    tpm: z.int().min(1).max(1_000_000_000).nullable().optional(),
    concurrency: z.int().min(1).max(10_000).nullable().optional(),
  }),
  features: z.record(key, z.union([z.boolean(), z.string().min(1).max(80)])),
});
const file = z
  .strictObject({
    features: z.array(z.strictObject({ key, name: z.string().min(1).max(80) })).max(50),
    plans: z.array(row).min(1).max(20),
  })
  .superRefine(({ features, plans }, { addIssue }) => {
    const fault = (message: string) => addIssue({ code: "custom", message });
    for (const name of ["key", "rank"] as const)
      if (new Set(plans.map((plan) => plan[name])).size < plans.length) fault(`two plans have one ${name}`);
    const free = plans.filter(({ prices }) => prices.length === 0);
    if (free.length !== 1 || free[0]?.rank !== Math.min(...plans.map(({ rank }) => rank)))
      fault("exactly one plan is free, and it ranks lowest");
    const known = features.map((feature) => feature.key).toSorted();
    for (const plan of plans)
      if (Object.keys(plan.features).toSorted().join(" ") !== known.join(" "))
        fault(`${plan.key} does not say each of the features`);
  });

/** Reads the plans file's text; left out: `config/plans.json`. Throws at boot for one that breaks its schema. */
export function readPlans(text?: string): Plans {
  const parsed = file.safeParse(text === undefined ? defaults : JSON.parse(text));
  if (!parsed.success) throw new Error(`plans: ${z.prettifyError(parsed.error)}`);
  const list = parsed.data.plans.map(toPlan).toSorted((a, b) => a.rank - b.rank);
  const [free] = list;
  if (!free) throw new Error("assertion failed: the schema asks for a plan");
  return {
    list,
    free,
    features: parsed.data.features,
    find: (wanted) => list.find((plan) => plan.key === wanted) ?? null,
  };
}

/** A kept version as the plan that it was. */
export const readVersion = (content: unknown): Plan => toPlan(row.parse(content));

function toPlan(content: z.output<typeof row>): Plan {
  const hash = createHash("sha256").update(canonicalJson(content)).digest("hex").slice(0, 16);
  return {
    versionId: `${content.key}:${hash}`,
    key: content.key,
    name: content.name,
    rank: content.rank,
    prices: content.prices.map((price) => ({
      currency: price.currency,
      period: price.interval,
      amountMinor: BigInt(price.amount_minor),
    })),
    trial: content.trial
      ? { days: content.trial.days, creditsMicros: BigInt(content.trial.credits) * MICROS_PER_CREDIT }
      : null,
    creditsMicros: BigInt(content.credits_per_month) * MICROS_PER_CREDIT,
    rollover: content.rollover,
    limits: limitsOf(content.limits),
    features: content.features,
    content,
  };
}

const limitsOf = ({ seats, rpm, tpm, concurrency }: z.output<typeof row>["limits"]): Plan["limits"] => ({
  seats,
  rpm: rpm ?? null,
  tpm: tpm ?? null,
  concurrency: concurrency ?? null,
});

export const priceOf = (plan: Plan, period: Period, currency: string): PlanPrice | null =>
  plan.prices.find((price) => price.period === period && price.currency === currency) ?? null;
