import type { AnyHandler } from "../webhooks/index.ts";
import type { BillingDeps } from "./deps.ts";

export type Billing = { readonly deps: BillingDeps; readonly stripeHandler: AnyHandler };

export function createBilling(deps: BillingDeps): Billing {
  const stripeHandler: AnyHandler = {
    source: "stripe",
    types: new Set(),
    prepare: async (events) => events.map(() => ({ kind: "ignored", code: "unhandled_type" })),
    apply: async (_tx, _org, facts) => facts.map(() => []),
  };
  return { deps, stripeHandler };
}
