import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import { isId, type OrgId } from "../../../../platform/ids.ts";
import {
  PaypalFault,
  readNamedIds,
  type NamedIds,
  type PaypalApi,
} from "../../../../vendors/paypal/index.ts";
import type { InboxEvent, Prepared } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { Fetched, RefundFact } from "../fact.ts";
import type { FetchLimit } from "../fetch-limit.ts";
import type { Fact, PaymentRow } from "../payment.ts";
import { findPayment, findPlaces, isIntent, type Place } from "../store.ts";
import { fetchOrder } from "./ask-paypal.ts";
import { refundFact } from "./order-fact.ts";

/** An event waits no longer for PayPal: it is put back and the others go on. */
const PATIENCE_MS = 5_000;

const REFUNDS = new Set(["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"]);
const isRefund = (type: string) => REFUNDS.has(type) || type.startsWith("PAYMENT.REFUND.");

type Answer = Prepared<Fact>;
export type Account = { api: PaypalApi; accountId: string };
type Deps = Pick<BillingDeps, "db" | "clock">;

/**
 * Turns events into facts. A body says which payment to ask about and nothing more, for its signature lets a changed one
 * pass: what is applied is what PayPal answers. One question serves all events of its payment in the batch.
 */
export function prepareEvents(
  deps: Deps,
  account: Account,
  limit: FetchLimit,
  events: readonly InboxEvent[],
): Promise<Answer[]> {
  const asked = new Map<string, Promise<Fetched>>();
  const ask = (row: PaymentRow, event: InboxEvent) => {
    const approvedAt = event.type === "CHECKOUT.ORDER.APPROVED" ? event.createdAt : null;
    const key = `${row.id}:${approvedAt?.getTime() ?? ""}`;
    const running = asked.get(key) ?? fetchOrder(deps, account.api, row, approvedAt);
    asked.set(key, running);
    return running;
  };
  return Promise.all(events.map((event) => patiently(limit, () => prepareOne(deps, account, event, ask))));
}

/** Bounded in rate and time, and a reason to come back instead of an error. */
export async function patiently<F>(
  limit: FetchLimit,
  work: () => Promise<Prepared<F>>,
): Promise<Prepared<F>> {
  if (!limit.take()) return { kind: "wait", code: "fetch_limit", isOurs: true };
  const { promise: late, resolve } = Promise.withResolvers<Prepared<never>>();
  const timer = setTimeout(() => resolve({ kind: "wait", code: "paypal_slow" }), PATIENCE_MS);
  try {
    return await Promise.race([late, work().catch(reason)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A company that is away or does not know the object yet is waited for; any other no is final. */
function reason(error: unknown): Prepared<never> {
  if (!(error instanceof PaypalFault)) throw error;
  if (error.kind === "unavailable") return { kind: "wait", code: "paypal_unavailable" };
  if (error.kind === "not_found") return { kind: "wait", code: "missing_parent" };
  return { kind: "dead", code: "paypal_refused", detail: `PayPal refused: ${error.code}` };
}

async function prepareOne(
  deps: Deps,
  account: Account,
  event: InboxEvent,
  ask: (row: PaymentRow, event: InboxEvent) => Promise<Fetched>,
): Promise<Answer> {
  const place = await findOwner(deps, account, event);
  const row =
    place && (await withTx(deps.db, place.org_id, (tx) => findPayment(tx, place.org_id, place.payment_id)));
  if (!place || row?.provider !== "paypal") return { kind: "ignored", code: "not_ours" };
  const known = row.session_id === null ? await named(deps, row, event) : row;
  // The answer that would name the order is still on its way to us.
  if (known === null) return { kind: "wait", code: "missing_parent" };
  const { found, ...fetched } = await ask(known, event);
  if (event.type === "PAYMENT.CAPTURE.COMPLETED") {
    if (!found.charge) return { kind: "wait", code: "object_older" };
    if (found.charge.id !== event.objectId && (await paidAgain(account.api, row, event.objectId)))
      return {
        kind: "dead",
        code: "second_charge",
        detail: `The payment was paid by ${found.charge.id} and again by ${event.objectId}`,
      };
  }
  const refunds = isRefund(event.type)
    ? await withToldRefund(account.api, event.objectId, found.refunds, found.charge?.id ?? row.charge_id)
    : found.refunds;
  const facts = { paymentId: row.id, ...fetched, found: { ...found, refunds } };
  return { kind: "facts", orgId: place.org_id, facts };
}

/** An order that a wallet was charged by is named by its event, where our answer was lost; whose it is, PayPal is asked. */
async function named({ db }: Deps, row: PaymentRow, { body }: InboxEvent): Promise<PaymentRow | null> {
  const org = row.org_id as OrgId;
  const orderId = readNamedIds(body)?.orderId ?? null;
  if (orderId === null || !(await withTx(db, org, (tx) => isIntent(tx, org, row.id)))) return null;
  return { ...row, session_id: orderId };
}

/** Another order that was made for the payment took its money as well: the capture itself says so, if there is one. */
async function paidAgain(api: PaypalApi, row: PaymentRow, captureId: string): Promise<boolean> {
  const capture = await api.getCapture(captureId).catch((error: unknown) => {
    if (error instanceof PaypalFault && error.kind === "not_found") return null;
    throw error;
  });
  if (!capture) return false;
  return capture.customId === row.id && capture.status !== "DECLINED" && capture.status !== "FAILED";
}

/** The refund that the event is about, when the order's answer was too early to list it, or is not kept any more. */
async function withToldRefund(
  api: PaypalApi,
  refundId: string,
  listed: RefundFact[],
  chargeId: string | null,
): Promise<RefundFact[]> {
  if (listed.some(({ id }) => id === refundId)) return listed;
  const refund = await api.getRefund(refundId);
  return refund.captureId !== null && refund.captureId === chargeId
    ? [...listed, refundFact(refund, chargeId)]
    : listed;
}

/** Whose the event is: by the ids of its body, else by those of the event as PayPal keeps it, else by its object's. */
async function findOwner(deps: Deps, account: Account, event: InboxEvent): Promise<Place | null> {
  const told = await placeOf(deps, account, readNamedIds(event.body));
  if (told) return told;
  const genuine = readNamedIds((await account.api.getEvent(event.providerEventId)).body);
  const place = await placeOf(deps, account, genuine);
  if (place || !genuine || !isRefund(event.type)) return place;
  const { captureId, customId } = await account.api.getRefund(genuine.objectId);
  return placeOf(deps, account, { ...genuine, captureId, customId });
}

async function placeOf({ db }: Deps, { accountId }: Account, named: NamedIds | null): Promise<Place | null> {
  if (!named) return null;
  const ours = isId("pay", named.customId) ? named.customId : null;
  const ids = [ours, named.orderId, named.captureId, named.objectId].filter((id) => id !== null);
  const places = await withSystemTx(db, (tx) => findPlaces(tx, accountId, ids));
  return ids.map((id) => places.find(({ object_id }) => object_id === id)).find(Boolean) ?? null;
}
