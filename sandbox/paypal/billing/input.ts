/** What a subscription is asked for with. */
import { z } from "zod";
import type { World } from "../../core/company.ts";
import { find } from "../books.ts";
import { PayPalError, unprocessable } from "../errors.ts";
import { moneyInput } from "../money.ts";
import { currencyOf, priceInput, type Cycle, type Plan, type Preferences } from "./catalog.ts";

const context = z.object({
  brand_name: z.string().min(1).max(127).optional(),
  user_action: z.enum(["CONTINUE", "SUBSCRIBE_NOW"]).default("SUBSCRIBE_NOW"),
  return_url: z.url().min(10).max(4000),
  cancel_url: z.url().min(10).max(4000),
});
const override = z.object({
  billing_cycles: z
    .array(
      z.object({
        pricing_scheme: priceInput.optional(),
        sequence: z.number().int().min(1).max(99),
        total_cycles: z.number().int().min(0).max(999).optional(),
      }),
    )
    .min(1)
    .max(12)
    .optional(),
  payment_preferences: z
    .object({
      auto_bill_outstanding: z.boolean().optional(),
      setup_fee: moneyInput.optional(),
      setup_fee_failure_action: z.enum(["CONTINUE", "CANCEL"]).optional(),
      payment_failure_threshold: z.number().int().min(0).max(999).optional(),
    })
    .optional(),
});
const quantity = z.string().regex(/^[1-9][0-9]{0,8}$/);
export const subscriptionInput = z.object({
  plan_id: z.string().min(3).max(50),
  start_time: z.iso.datetime({ offset: true }).optional(),
  quantity: quantity.optional(),
  shipping_amount: moneyInput.optional(),
  subscriber: z.object({ email_address: z.string().min(3).max(254).optional() }).optional(),
  application_context: context,
  custom_id: z.string().min(1).max(127).optional(),
  plan: override.optional(),
});
export type SubscriptionInput = z.output<typeof subscriptionInput>;
export const reviseInput = z.object({
  plan_id: z.string().min(3).max(50).optional(),
  quantity: quantity.optional(),
  application_context: context.optional(),
  plan: override.optional(),
});
export type ReviseInput = z.output<typeof reviseInput>;

/** An active plan, which a quantity may be asked of. */
export function planFor(world: World, id: string, wanted: string | undefined): Plan {
  const plan = find<Plan, null>(world, "plan", id)?.body;
  if (plan === undefined)
    throw new PayPalError(404, "RESOURCE_NOT_FOUND", {
      details: [
        {
          issue: "INVALID_RESOURCE_ID",
          description: "Requested resource ID was not found.",
          field: "/plan_id",
          location: "body",
        },
      ],
    });
  if (plan.status !== "ACTIVE")
    throw unprocessable(
      "PLAN_STATUS_INVALID",
      "Invalid plan status for subscription creation; plan status should be active.",
      "/plan_id",
    );
  if (wanted !== undefined && wanted !== "1" && !plan.quantity_supported)
    throw unprocessable(
      "SUBSCRIPTION_CANNOT_HAVE_QUANTITY",
      "Subscription can't have quantity as the plan does not support quantity.",
      "/quantity",
    );
  return plan;
}

/** The plan's terms, changed where this subscription has terms of its own. */
export function termsOf(
  plan: Plan,
  change: z.output<typeof override> | undefined,
): { cycles: Cycle[]; preferences: Preferences } {
  const cycles = plan.billing_cycles.map((cycle) => ({ ...cycle }));
  for (const given of change?.billing_cycles ?? []) {
    const cycle = cycles.find(({ sequence }) => sequence === given.sequence);
    if (cycle === undefined)
      throw unprocessable(
        "INVALID_BILLING_CYCLE_SEQUENCE",
        "The provided billing cycle sequence is not available.",
        "/plan/billing_cycles",
      );
    const price = given.pricing_scheme?.fixed_price;
    if (price !== undefined && price.currency_code !== currencyOf(plan))
      throw unprocessable(
        "CURRENCY_MISMATCH",
        "The currency code is different from the plan's currency code.",
        "/plan/billing_cycles",
      );
    if (price !== undefined) {
      const { create_time: at } = plan;
      const before = cycle.pricing_scheme ?? { version: 1, create_time: at, update_time: at };
      cycle.pricing_scheme = { ...before, fixed_price: price };
    }
    if (given.total_cycles !== undefined) cycle.total_cycles = given.total_cycles;
  }
  const own = Object.entries(change?.payment_preferences ?? {}).filter(([, value]) => value !== undefined);
  return { cycles, preferences: { ...plan.payment_preferences, ...Object.fromEntries(own) } };
}
