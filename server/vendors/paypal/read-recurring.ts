/** PayPal's answers about subscriptions, checked and turned into facts. */
import { z } from "zod";
import type {
  PaypalPlan,
  PaypalRevision,
  PaypalSubscription,
  PaypalSubscriptionPayment,
} from "./recurring-facts.ts";
import { at, customId, feeIn, id, links, money } from "./read.ts";

const MAX_QUANTITY = 999_999_999;

const wireSubscription = z.object({
  id,
  status: z.enum(["APPROVAL_PENDING", "APPROVED", "ACTIVE", "SUSPENDED", "CANCELLED", "EXPIRED"]),
  plan_id: id,
  custom_id: customId,
  quantity: z
    .string()
    .regex(/^\d{1,9}$/)
    .default("1"),
  subscriber: z.object({ payer_id: id.optional() }).optional(),
  create_time: at,
  start_time: at.optional(),
  status_update_time: at.optional(),
  billing_info: z
    .object({
      outstanding_balance: money.optional(),
      failed_payments_count: z.number().int().min(0).default(0),
      next_billing_time: at.optional(),
      cycle_executions: z
        .array(
          z.object({
            tenure_type: z.enum(["REGULAR", "TRIAL"]),
            cycles_completed: z.number().int().min(0),
          }),
        )
        .default([]),
    })
    .optional(),
  links,
});

export const subscription = wireSubscription.transform((wire): PaypalSubscription => {
  const info = wire.billing_info;
  const cycles = info?.cycle_executions ?? [];
  const hasTrial = cycles.some((cycle) => cycle.tenure_type === "TRIAL");
  const billed = cycles.some((cycle) => cycle.tenure_type === "REGULAR" && cycle.cycles_completed > 0);
  const owed = info?.outstanding_balance;
  return {
    id: wire.id,
    status: wire.status,
    customId: wire.custom_id ?? null,
    planId: wire.plan_id,
    quantity: Math.min(Number(wire.quantity), MAX_QUANTITY),
    payerId: wire.subscriber?.payer_id ?? null,
    approveUrl: wire.links?.find(({ rel }) => rel === "approve")?.href ?? null,
    createdAt: wire.create_time,
    startAt: wire.start_time ?? wire.create_time,
    statusAt: wire.status_update_time ?? wire.create_time,
    nextBillingAt: info?.next_billing_time ?? null,
    inTrial: hasTrial && !billed,
    failedPayments: info?.failed_payments_count ?? 0,
    outstanding: owed && owed.amountMinor > 0n ? owed : null,
  };
});

const payment = z
  .object({
    id,
    status: z.enum(["COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED"]),
    amount_with_breakdown: z.object({ gross_amount: money, fee_amount: money.optional() }),
    time: at,
  })
  .transform((wire): PaypalSubscriptionPayment => {
    const { gross_amount: gross, fee_amount: fee } = wire.amount_with_breakdown;
    return {
      id: wire.id,
      ...gross,
      status: wire.status,
      feeMinor: feeIn(fee, gross.currency),
      paidAt: wire.time,
    };
  });
export const payments = z.object({ transactions: z.array(payment).default([]), links });

const wirePlan = z.object({
  id,
  billing_cycles: z.array(
    z.object({
      tenure_type: z.enum(["REGULAR", "TRIAL"]),
      frequency: z.object({ interval_unit: z.string(), interval_count: z.number().int().default(1) }),
      pricing_scheme: z.object({ fixed_price: money.optional() }).optional(),
    }),
  ),
});
export const plan = wirePlan.transform(({ id: planId, billing_cycles: cycles }): PaypalPlan => {
  const regular = cycles.find((cycle) => cycle.tenure_type === "REGULAR");
  const amount = regular?.pricing_scheme?.fixed_price;
  const { interval_unit: unit, interval_count: count } = regular?.frequency ?? {};
  const period = unit === "MONTH" ? "month" : "year";
  const isOurs = amount && count === 1 && (unit === "MONTH" || unit === "YEAR");
  return { id: planId, price: isOurs ? { ...amount, period } : null };
});

export const revision = z.object({ plan_id: id.optional(), links }).transform((wire): PaypalRevision => ({
  planId: wire.plan_id ?? null,
  approveUrl: wire.links?.find(({ rel }) => rel === "approve")?.href ?? null,
}));
export const named = z.object({ id });
