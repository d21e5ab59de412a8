import type { World } from "../../core/company.ts";
import { StripeError } from "./errors.ts";

const SECOND_MS = 1_000;
/** Times of the reads of the last second, per world. */
const recent = new WeakMap<World, number[]>();

/** Counts a read; past `perSecond` within a second it is refused, as Stripe refuses who asks too often. Real time. */
export function countRead(world: World, perSecond: number): void {
  const now = performance.now();
  const reads = (recent.get(world) ?? []).filter((at) => now - at < SECOND_MS);
  recent.set(world, reads);
  if (reads.length >= perSecond)
    throw new StripeError(429, {
      type: "invalid_request_error",
      code: "rate_limit",
      message:
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    });
  reads.push(now);
}
