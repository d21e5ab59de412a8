import { withSystemTx } from "../../../platform/db/index.ts";
import { readCustomerEvent } from "../../../vendors/stripe/index.ts";
import type { Effect, Handler, InboxEvent, Prepared } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import { createFetchLimit } from "../payments/fetch-limit.ts";
import { askForEvent } from "../payments/stripe/ask-stripe.ts";
import { applyCustomer, fetchCustomer, stripeAccount } from "./apply-customer.ts";
import type { CustomerFetched } from "./customer.ts";
import { findOwners } from "./store.ts";

const TYPES = [
  "customer.updated",
  "customer.deleted",
  "setup_intent.succeeded",
  "payment_method.attached",
  "payment_method.updated",
  "payment_method.automatically_updated",
  "payment_method.detached",
] as const;

/** What Stripe tells about customers and what they pay by: each time the customer is fetched whole. */
export function customerHandler(deps: BillingDeps): Handler<CustomerFetched> {
  const limit = createFetchLimit(deps.clock);
  const account = stripeAccount(deps);
  return {
    source: "stripe",
    types: new Set<string>(TYPES),
    async prepare(events) {
      const told = events.map((event) => ({ event, customerId: readCustomerEvent(event.body) }));
      const ids = told.flatMap(({ customerId }) => customerId ?? []);
      const owners = await withSystemTx(deps.db, (tx) => findOwners(tx, deps.accountId, ids));
      // One question serves all events of its customer in the batch; a card set up by any of them may become the default.
      const setUpBy = new Map<string, InboxEvent>();
      for (const { event, customerId } of told)
        if (customerId !== null && event.type === "setup_intent.succeeded") setUpBy.set(customerId, event);
      const asked = new Map<string, Promise<CustomerFetched | Prepared<never>>>();
      return Promise.all(
        told.map(async ({ customerId }): Promise<Prepared<CustomerFetched>> => {
          const org = customerId === null ? undefined : owners.get(customerId);
          if (customerId === null || !org) return { kind: "ignored", code: "not_ours" };
          const running =
            asked.get(customerId) ?? askForEvent(limit, () => ask(deps, customerId, setUpBy.get(customerId)));
          asked.set(customerId, running);
          const answer = await running;
          return "kind" in answer ? answer : { kind: "facts", orgId: org, facts: answer };
        }),
      );
    },
    async apply(tx, org, facts, now) {
      const effects: Effect[][] = [];
      for (const fact of facts) effects.push(await applyCustomer(deps, tx, org, account, fact, now));
      return effects;
    },
  };
}

/** The first card that was set up is the one that is charged, until its owner says otherwise. */
async function ask(
  deps: BillingDeps,
  customerId: string,
  setUpBy: InboxEvent | undefined,
): Promise<CustomerFetched> {
  const fetched = await fetchCustomer(deps, customerId);
  const { found } = fetched;
  const [first] = found.deleted || found.defaultMethodId !== null ? [] : found.methods;
  if (!setUpBy || !first) return fetched;
  await deps.stripe.setDefaultMethod(customerId, first.id, `${setUpBy.providerEventId}:default`);
  return fetchCustomer(deps, customerId);
}
