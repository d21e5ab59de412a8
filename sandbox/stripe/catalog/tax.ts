/** Tax as Stripe works it out by itself: one rate for the whole world, as the account's settings say. */
import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { bool, object, required } from "../protocol/params.ts";
import { settingsOf } from "../settings.ts";

export const automaticTax = object({ enabled: required(bool()) });
export type TaxBehavior = "inclusive" | "exclusive";

/** Percent; null where no tax is worked out. */
export const rateOf = (world: World, enabled: boolean): number | null =>
  enabled ? settingsOf(world).tax_percent : null;

/** A price that does not say is without its tax. */
export const behaviorOf = ({ tax_behavior: told }: Pick<Stripe.Price, "tax_behavior">): TaxBehavior =>
  told === "inclusive" ? "inclusive" : "exclusive";

/** The tax on or in an amount, and what it adds to it. What goes back is rounded as what came. */
export function taxIn(
  amount: number,
  behavior: TaxBehavior,
  percent: number,
): { tax: number; added: number } {
  const whole = behavior === "inclusive" ? 100 + percent : 100;
  const tax = Math.sign(amount) * Math.round((Math.abs(amount) * percent) / whole);
  return { tax, added: behavior === "inclusive" ? 0 : tax };
}

export const autoTax = (enabled: boolean) => ({
  enabled,
  liability: enabled ? ({ type: "self" } as const) : null,
  provider: enabled ? "stripe" : null,
  status: enabled ? ("complete" as const) : null,
});
