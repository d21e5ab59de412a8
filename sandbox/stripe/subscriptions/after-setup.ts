import { allObjects, fieldIs } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { SetupIntent } from "../payments/setup-intents.ts";
import type { Cause } from "../protocol/operation.ts";
import { changeSubscription, type Subscription } from "./subscription.ts";

/** The card that a subscription waited for is there: later invoices are charged to it. */
export function afterSetup(world: World, intent: SetupIntent, cause: Cause): void {
  if (intent.status !== "succeeded" || typeof intent.payment_method !== "string") return;
  const method = intent.payment_method;
  for (const each of allObjects<Subscription>(
    world,
    "subscription",
    fieldIs("pending_setup_intent", intent.id),
  )) {
    const change = { pending_setup_intent: null, default_payment_method: method };
    changeSubscription(world, each, change, cause);
  }
}
