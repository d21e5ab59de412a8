import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { readDisputeEvent, type StripeDispute } from "../../../vendors/stripe/index.ts";
import type { Handler, InboxEvent, Prepared } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import { createFetchLimit, type FetchLimit } from "../payments/fetch-limit.ts";
import { drawFetchSeq, findPayment, findPlaces, type Place } from "../payments/store.ts";
import { askForEvent } from "../payments/stripe/ask-stripe.ts";
import { applyDisputes } from "./apply.ts";
import type { DisputeStatus, DisputeTold } from "./dispute.ts";

const TYPES = [
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
  "charge.dispute.closed",
] as const;

/**
 * What Stripe tells about disputes. Several events of one dispute fall into the same second, so each leads to the question
 * how it stands now: every order ends in Stripe's state.
 */
export function stripeDisputeHandler(deps: BillingDeps): Handler<DisputeTold> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "stripe",
    types: new Set<string>(TYPES),
    async prepare(events) {
      const told = events.map((event) => ({ event, dispute: readDisputeEvent(event.body) }));
      const ids = told.flatMap(({ dispute }) => (dispute ? idsOf(dispute) : []));
      const places = await withSystemTx(deps.db, (tx) => findPlaces(tx, deps.accountId, ids));
      return Promise.all(told.map(({ event, dispute }) => prepareOne(deps, limit, places, event, dispute)));
    },
    apply: (tx, org, facts, now) => applyDisputes(deps, tx, org, facts, now),
  };
}

const idsOf = ({ chargeId, intentId }: StripeDispute): string[] =>
  intentId === null ? [chargeId] : [chargeId, intentId];

async function prepareOne(
  deps: BillingDeps,
  limit: FetchLimit,
  places: readonly Place[],
  event: InboxEvent,
  told: StripeDispute | null,
): Promise<Prepared<DisputeTold>> {
  if (!told) return { kind: "dead", code: "unreadable", detail: "Not an object of the pinned API version" };
  const mine = idsOf(told);
  const place = places.find(({ object_id: id }) => mine.includes(id));
  if (!place) return { kind: "ignored", code: "not_ours" };
  const { org_id: orgId, payment_id: paymentId } = place;
  const payment = await withTx(deps.db, orgId, (tx) => findPayment(tx, orgId, paymentId));
  // Its charge was told, but is not applied yet.
  if (!payment?.charge_id) return { kind: "wait", code: "missing_parent" };
  const fetched = await askForEvent(limit, async () => {
    const fetchSeq = await withSystemTx(deps.db, drawFetchSeq);
    const found = await deps.stripe.fetchDispute(told.id);
    return { fetchSeq, dispute: { ...found, status: found.status as DisputeStatus }, at: deps.clock.now() };
  });
  if ("kind" in fetched) return fetched;
  return { kind: "facts", orgId, facts: { paymentId, toldAt: event.createdAt, ...fetched } };
}
