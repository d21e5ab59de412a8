import type { World } from "../../core/company.ts";
import { missing } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import type { Read } from "../protocol/params.ts";
import { endSubscription } from "./end.ts";
import type { cancelParams } from "./shapes.ts";
import { isOver, type Subscription } from "./subscription.ts";

/** Cancels at once. */
export function cancelSubscription(
  world: World,
  old: Subscription,
  input: Read<typeof cancelParams>,
  cause: Cause,
): Subscription {
  if (isOver(old)) throw missing("subscription", old.id, "id", 404);
  return endSubscription(
    world,
    old,
    { ...input.cancellation_details, reason: "cancellation_requested" },
    cause,
  );
}
