import { z } from "zod";
import { idParam, instant, int64, text } from "../../../platform/http/index.ts";
import { intentAnswer, presentIntent } from "../intents/schemas.ts";
import { PERIODS } from "../plans/plan.ts";
import { planAnswer, presentPlan } from "../plans/schemas.ts";
import { GRACE_DAYS, graceEnd, MAX_FAILED_PAYMENTS } from "./deadlines/grace.ts";
import type { Preview } from "./changes/preview.ts";
import type { StartedCheckout } from "./checkouts/start-checkout.ts";
import type { Current } from "./read.ts";
import { STATUSES } from "./subscription.ts";
import type { PlanUsage } from "./usage.ts";

const FREE_STATUS = "none";

export const currentAnswer = z
  .object({
    plan: planAnswer.meta({ description: "Whose limits and features count now" }),
    access: z.enum(["plan", "grace", "free"]),
    subscription_id: z.string().nullable(),
    status: z.enum([...STATUSES, FREE_STATUS]),
    subscribed_plan: z.string().nullable().meta({ description: "Key of what was subscribed to" }),
    provider: z.enum(["stripe", "paypal", "none"]).nullable().meta({ description: "none: a gift" }),
    interval: z.enum(PERIODS).nullable(),
    quantity: z.int().nullable(),
    amount_minor: int64.nullable().meta({ description: "Of a period, all units" }),
    currency: z.string().nullable(),
    current_period: z.object({ start: instant, end: instant.nullable() }).nullable(),
    trial_ends_at: instant.nullable(),
    cancel_at_period_end: z.boolean(),
    canceled_at: instant.nullable(),
    scheduled_change: z
      .object({
        plan_key: z.string(),
        interval: z.enum(PERIODS),
        quantity: z.int(),
        amount_minor: int64,
        effective_at: instant,
      })
      .nullable(),
    grace: z
      .object({
        failed_payments: z.int(),
        max_failed_payments: z.int(),
        until: instant.meta({ description: `At most ${GRACE_DAYS} days after the first failure` }),
      })
      .nullable(),
    next_action: z
      .object({ type: z.literal("redirect"), url: z.url() })
      .nullable()
      .meta({
        description: "What a change of plan waits for: the company's page, where it is paid or agreed to",
      }),
    checkout_url: z.url().nullable().meta({ description: "Where the first payment can still be made" }),
  })
  .meta({ id: "Subscription" });

export const changedAnswer = currentAnswer
  .extend({
    payment: intentAnswer.nullable().meta({
      description: "Of an upgrade whose bank asks its holder: until it is made, the old plan goes on",
    }),
  })
  .meta({ id: "ChangedSubscription" });

export function presentCurrent({
  plan,
  access,
  row,
  subscribed,
  scheduled,
  nextUrl,
}: Current): z.output<typeof currentAnswer> {
  const amount = row && row.amount_minor * BigInt(row.quantity);
  return {
    plan: presentPlan(plan),
    access,
    subscription_id: row?.id ?? null,
    status: row?.status ?? FREE_STATUS,
    subscribed_plan: subscribed?.key ?? null,
    provider: row?.provider ?? null,
    interval: row?.period ?? null,
    quantity: row?.quantity ?? null,
    amount_minor: amount,
    currency: row?.currency ?? null,
    current_period: row?.period_start ? { start: row.period_start, end: row.period_end } : null,
    trial_ends_at: row?.trial_ends_at ?? null,
    cancel_at_period_end: row?.cancel_at_period_end ?? false,
    canceled_at: row?.canceled_at ?? null,
    scheduled_change:
      row?.scheduled_at && scheduled
        ? {
            plan_key: scheduled.key,
            interval: row.scheduled_period ?? row.period,
            quantity: row.scheduled_quantity ?? row.quantity,
            amount_minor: (row.scheduled_amount_minor ?? 0n) * BigInt(row.scheduled_quantity ?? row.quantity),
            effective_at: row.scheduled_at,
          }
        : null,
    grace: row?.past_due_since
      ? {
          failed_payments: row.failed_payments,
          max_failed_payments: MAX_FAILED_PAYMENTS,
          until: graceEnd(row.past_due_since),
        }
      : null,
    next_action: nextUrl === null ? null : { type: "redirect", url: nextUrl },
    checkout_url: row?.status === "incomplete" ? row.session_url : null,
  };
}

export const usageAnswer = z
  .object({
    period: z.object({ start: instant, end: instant }),
    credits: z.object({
      granted_micros: int64.meta({ description: "In the period, whatever for" }),
      used_micros: int64,
      held_micros: int64,
      available_micros: int64,
      expiring_micros: int64.meta({ description: "Within 7 days" }),
    }),
    limits: z.object({ seats: z.object({ limit: z.int(), used: z.int() }) }),
  })
  .meta({ id: "PlanUsage" });

export const presentUsage = ({ start, end, credits, seats }: PlanUsage): z.output<typeof usageAnswer> => ({
  period: { start, end },
  credits: {
    granted_micros: credits.granted,
    used_micros: credits.used,
    held_micros: credits.held,
    available_micros: credits.available,
    expiring_micros: credits.expiring,
  },
  limits: { seats },
});

export const giftParams = z.object({ id: idParam("usr") });
export const giftInput = z.strictObject({
  plan: z.string().max(40),
  months: z.int().min(1).max(12).optional().meta({ description: "Until it is taken back, unless told" }),
  reason: text(500),
  org_id: idParam("org").optional().meta({ description: "The person's own organization unless told" }),
});

const quantity = z.int().min(1).max(1_000).default(1);
const url = z.url().max(2_000);

export const subscribeInput = z
  .strictObject({
    plan_key: z.string().max(40),
    interval: z.enum(PERIODS),
    quantity,
    currency: z
      .string()
      .regex(/^[a-z]{3}$/)
      .default("usd"),
    provider: z.enum(["stripe", "paypal"]).default("stripe"),
    trial: z.boolean().default(false),
    payment_method_id: idParam("pym").optional().meta({
      description:
        "A card that is kept at Stripe: tried at once, and the answer shows the payment. A bank that asks leaves the subscription incomplete until the holder has answered",
    }),
    promo_code: text(40).optional().meta({ description: "Of Stripe; taken off the first invoices" }),
    success_url: url.optional(),
    cancel_url: url.optional(),
  })
  .meta({ id: "NewSubscription" });
export const subscribedAnswer = z
  .object({
    subscription_id: idParam("sub"),
    status: z.enum(STATUSES),
    session_id: z.string(),
    url: z.url().meta({ description: "Where its owner goes now: the checkout, the bank's page, or ours" }),
    expires_at: instant,
    payment: intentAnswer
      .nullable()
      .meta({ description: "By a card that is kept; null with a checkout, and where nothing is due" }),
  })
  .meta({ id: "SubscriptionCheckout" });

export const presentStarted = (started: StartedCheckout): z.output<typeof subscribedAnswer> => ({
  subscription_id: started.subscriptionId,
  status: started.status,
  session_id: started.sessionId,
  url: started.url,
  expires_at: started.expiresAt,
  payment: started.payment && presentIntent(started.payment),
});

const wanted = { plan_key: z.string().max(40), interval: z.enum(PERIODS), quantity };
export const previewInput = z.strictObject(wanted).meta({ id: "PlanChange" });
export const changeInput = z
  .strictObject({ ...wanted, preview_id: idParam("prv") })
  .meta({ id: "PlanChangeOrder" });

const line = z.object({
  description: z.string(),
  amount_minor: int64,
  quantity: z.int(),
  period: z.object({ start: instant, end: instant }),
  proration: z.boolean(),
});
export const previewAnswer = z
  .object({
    preview_id: idParam("prv"),
    expires_at: instant,
    direction: z.enum(["up", "down", "same"]),
    currency: z.string(),
    lines: z.array(line),
    due_now_minor: int64.meta({ description: "Exactly what is charged when it is carried out" }),
    next_invoice_minor: int64,
    credits_change_micros: int64.meta({
      description: "Added at once; what comes later comes with its invoice",
    }),
    effective_at: instant,
    blockers: z.array(z.object({ limit: z.string(), allowed: z.int(), used: z.int() })),
  })
  .meta({ id: "PlanChangePreview" });

export const presentPreview = ({
  row,
  lines,
  nextMinor,
  blockers,
}: Preview): z.output<typeof previewAnswer> => ({
  preview_id: row.id,
  expires_at: row.expires_at,
  direction: row.direction,
  currency: row.currency,
  lines: lines.map((one) => ({
    description: one.description,
    amount_minor: one.amountMinor,
    quantity: one.quantity,
    period: { start: one.periodStart, end: one.periodEnd },
    proration: one.proration,
  })),
  due_now_minor: row.due_now_minor,
  next_invoice_minor: nextMinor,
  credits_change_micros: row.credits_micros,
  effective_at: row.effective_at,
  blockers,
});

export const cancelInput = z
  .strictObject({
    at: z.enum(["period_end", "now"]).default("period_end"),
    reason: text(1_000).optional(),
    feedback: text(1_000).optional(),
  })
  .meta({ id: "SubscriptionCancellation" });
