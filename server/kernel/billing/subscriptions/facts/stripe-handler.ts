import { sessionMode } from "../../../../vendors/stripe/index.ts";
import type { AnyHandler, Effect, Handler, InboxEvent, Prepared } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { createFetchLimit } from "../../payments/fetch-limit.ts";
import { applyRecurring } from "./apply.ts";
import type { RecurringFact } from "./fact.ts";
import { prepareRecurring } from "./prepare.ts";

const TYPES = [
  "customer.subscription.created",
  "customer.subscription.updated",
  "customer.subscription.deleted",
  "customer.subscription.paused",
  "customer.subscription.resumed",
  "customer.subscription.trial_will_end",
  "customer.subscription.pending_update_applied",
  "customer.subscription.pending_update_expired",
  "invoice.created",
  "invoice.finalized",
  "invoice.updated",
  "invoice.paid",
  "invoice.payment_succeeded",
  "invoice.payment_failed",
  "invoice.payment_action_required",
  "invoice.marked_uncollectible",
  "invoice.voided",
  "invoice_payment.paid",
] as const;

/** What Stripe tells about subscriptions and their invoices, as facts applied to our rows and books. */
export function recurringHandler(deps: BillingDeps): Handler<RecurringFact> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "stripe",
    types: new Set<string>(TYPES),
    prepare: (events) => prepareRecurring(deps, limit, events),
    apply: (tx, org, facts, now) => applyRecurring(deps, tx, org, facts, now),
  };
}

type Tagged = { recurring: boolean; facts: unknown };

/** Checkouts of one payment and of a subscription come as the same types: their mode tells whose they are. */
export function byMode(payments: AnyHandler, recurring: AnyHandler): AnyHandler {
  const isRecurring = (event: InboxEvent) => sessionMode(event.body) === "subscription";
  const both = [
    [true, recurring],
    [false, payments],
  ] as const;
  return {
    source: payments.source,
    types: new Set([...payments.types].filter((type) => type.startsWith("checkout.session."))),
    async prepare(events, signal) {
      const answers = new Map<InboxEvent, Prepared<Tagged>>();
      for (const [tag, handler] of both) {
        const mine = events.filter((event) => isRecurring(event) === tag);
        if (mine.length === 0) continue;
        const results: Prepared<unknown>[] = await handler.prepare(mine, signal);
        mine.forEach((event, at) => {
          const result = results[at];
          if (!result) return;
          answers.set(
            event,
            result.kind === "facts" ? { ...result, facts: { recurring: tag, facts: result.facts } } : result,
          );
        });
      }
      return events.map((event) => answers.get(event) ?? { kind: "ignored", code: "not_ours" });
    },
    async apply(tx, org, facts: readonly Tagged[], now) {
      const effects = new Map<Tagged, Effect[]>();
      for (const [tag, handler] of both) {
        const mine = facts.filter((fact) => fact.recurring === tag);
        if (mine.length === 0) continue;
        const done = await handler.apply(
          tx,
          org,
          mine.map((fact) => fact.facts),
          now,
        );
        mine.forEach((fact, at) => effects.set(fact, done[at] ?? []));
      }
      return facts.map((fact) => effects.get(fact) ?? []);
    },
  };
}
