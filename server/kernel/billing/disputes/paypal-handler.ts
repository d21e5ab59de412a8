import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { isId } from "../../../platform/ids.ts";
import type { PaypalDispute } from "../../../vendors/paypal/index.ts";
import type { Handler, InboxEvent, Prepared } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import { createFetchLimit } from "../payments/fetch-limit.ts";
import { patiently, type Account } from "../payments/paypal/prepare.ts";
import { drawFetchSeq, findPayment, findPlaces, type Place } from "../payments/store.ts";
import { applyDisputes } from "./apply.ts";
import type { DisputeTold } from "./dispute.ts";
import { paypalDisputeFact } from "./paypal-dispute.ts";

const TYPES = ["CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED"] as const;

/** What PayPal tells about disputes: a body says which one to ask for, and nothing more. */
export function paypalDisputeHandler(deps: BillingDeps, account: Account): Handler<DisputeTold> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "paypal",
    types: new Set<string>(TYPES),
    prepare: (events) =>
      Promise.all(events.map((event) => patiently(limit, () => prepareOne(deps, account, event)))),
    apply: (tx, org, facts, now) => applyDisputes(deps, tx, org, facts, now),
  };
}

async function prepareOne(
  { clock, db }: BillingDeps,
  { api, accountId }: Account,
  event: InboxEvent,
): Promise<Prepared<DisputeTold>> {
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const found = await api.getDispute(event.objectId);
  const at = clock.now();
  const place = placeOf(found, await withSystemTx(db, (tx) => findPlaces(tx, accountId, idsOf(found))));
  if (!place) return { kind: "ignored", code: "not_ours" };
  const { org_id: orgId, payment_id: paymentId } = place;
  const payment = await withTx(db, orgId, (tx) => findPayment(tx, orgId, paymentId));
  // Its capture was told, but is not applied yet.
  if (!payment?.charge_id) return { kind: "wait", code: "missing_parent" };
  if (found.captureId !== payment.charge_id) return { kind: "ignored", code: "not_ours" };
  const dispute = paypalDisputeFact(found, payment.charge_id);
  return { kind: "facts", orgId, facts: { paymentId, fetchSeq, at, toldAt: event.createdAt, dispute } };
}

const idsOf = ({ captureId, customId }: PaypalDispute): string[] => [
  captureId,
  ...(isId("pay", customId) ? [customId] : []),
];

/** By its capture before the id that we put there. */
const placeOf = (dispute: PaypalDispute, places: readonly Place[]): Place | undefined =>
  idsOf(dispute)
    .map((id) => places.find(({ object_id }) => object_id === id))
    .find(Boolean);
