import { assert } from "../../../platform/problem.ts";
import type { BillingDeps } from "../deps.ts";
import type { SubscriptionCompany } from "./company.ts";
import { paypalCompany } from "./paypal/paypal-company.ts";
import { stripeCompany } from "./stripe-company.ts";
import type { SubscriptionRow } from "./subscription.ts";

/** Who takes the money of a subscription. */
export function companyOf(
  deps: BillingDeps,
  { provider }: Pick<SubscriptionRow, "provider">,
): SubscriptionCompany {
  if (provider !== "paypal") return stripeCompany(deps);
  assert(deps.paypal, "a subscription by PayPal was made while it was offered");
  return paypalCompany(deps, deps.paypal);
}
