/** Waiting until everything under way has ended: nothing is open, nothing waits, nothing is being looked up. */
import { setTimeout as delay } from "node:timers/promises";
import type { Product } from "./product.ts";

type StripeEvent = { id: string };

/** What is not at rest yet, in words; empty when all is. */
export async function unrest(product: Product): Promise<string[]> {
  const [open] = await product.sql<Record<string, number>>(`select
    (select count(*)::int from gateway.requests where state in ('open', 'reconciling')) as "calls open",
    (select count(*)::int from gateway.requests where next_lookup_at is not null) as "calls to be looked up",
    (select count(*)::int from ledger.holds where state in ('pending', 'expired')) as "holds open",
    (select count(*)::int from webhooks.events
      where state in ('received', 'waiting_retry', 'processing')) as "events waiting",
    (select count(*)::int from billing.payments where status = 'creating') as "payments being made",
    (select count(*)::int from billing.payments
      where fee_transaction_id is not null and fee_minor is null) as "fees due"`);
  const books = await product.control<{ stripe: { events: StripeEvent[] } }>("GET", "books");
  const known = await product.sql<{ id: string }>(
    `select provider_event_id as id from webhooks.events where source = 'stripe'`,
  );
  const ids = new Set(known.map(({ id }) => id));
  const missing = books.stripe.events.filter(({ id }) => !ids.has(id)).length;
  const counts = { ...open, "events not arrived": missing };
  return Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
}

/** Resolves with the seconds that it took; after `timeoutMs` with what is still not at rest. */
export async function waitUntilQuiet(
  product: Product,
  timeoutMs: number,
): Promise<{ seconds: number; left: string[] }> {
  const startedAt = Date.now();
  for (let shown = ""; ; await delay(1_000)) {
    const left = await unrest(product);
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    if (left.length === 0 || Date.now() - startedAt > timeoutMs) return { seconds, left };
    const text = left.join(", ");
    if (text !== shown && seconds % 5 === 0) process.stdout.write(`       ${seconds} s: ${text}\n`);
    shown = text;
  }
}
