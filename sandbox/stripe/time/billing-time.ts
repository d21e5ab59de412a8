/**
 * What time it is for a customer, and what is to happen later for them: the world's clock and agenda, or those of
 * the test clock that the customer was made with.
 */
import type Stripe from "stripe";
import { findObject } from "../books.ts";
import type { World } from "../../core/company.ts";

export type TestClock = Stripe.TestHelpers.TestClock;
/** The id of a test clock; null for the world's own. */
export type ClockId = string | null;

export function clockIdOf(owner: { test_clock?: string | { id: string } | null }): ClockId {
  const clock = owner.test_clock ?? null;
  return clock === null || typeof clock === "string" ? clock : clock.id;
}

/** Seconds. */
export function nowOf(world: World, clock: ClockId): number {
  if (clock === null) return world.clock.seconds();
  const found = findObject<TestClock>(world, "test_helpers.test_clock", clock);
  return found?.frozen_time ?? world.clock.seconds();
}

/** Plans `kind` at `at` (seconds); the same `key` again replaces it. */
export function planAt(
  world: World,
  clock: ClockId,
  kind: string,
  at: number,
  payload: unknown,
  key: string,
): void {
  if (clock === null) return world.agenda.add("stripe", kind, at * 1000, payload, key);
  world.store.run("delete from stripe_clock_agenda where key = ?", key);
  world.store.run(
    "insert into stripe_clock_agenda (clock_id, at, kind, payload, key) values (?, ?, ?, ?, ?)",
    clock,
    at,
    kind,
    JSON.stringify(payload),
    key,
  );
}

export function unplan(world: World, key: string): void {
  world.agenda.cancel(key);
  world.store.run("delete from stripe_clock_agenda where key = ?", key);
}
