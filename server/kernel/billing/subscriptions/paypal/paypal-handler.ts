import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import { isId } from "../../../../platform/ids.ts";
import { readNamedIds, type NamedIds } from "../../../../vendors/paypal/index.ts";
import type { Handler, InboxEvent, Prepared } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { createFetchLimit } from "../../payments/fetch-limit.ts";
import { patiently } from "../../payments/paypal/prepare.ts";
import { drawFetchSeq } from "../../payments/store.ts";
import { applyRecurring } from "../facts/apply.ts";
import type { RecurringFact } from "../facts/fact.ts";
import { findSubscriptionPlaces, type SubscriptionPlace } from "../places.ts";
import { answerFact } from "../refresh.ts";
import { findSubscription } from "../store.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { askPaypal, type Account } from "./ask-paypal.ts";

const TYPES = [
  "BILLING.SUBSCRIPTION.CREATED",
  "BILLING.SUBSCRIPTION.ACTIVATED",
  "BILLING.SUBSCRIPTION.UPDATED",
  "BILLING.SUBSCRIPTION.EXPIRED",
  "BILLING.SUBSCRIPTION.CANCELLED",
  "BILLING.SUBSCRIPTION.SUSPENDED",
  "BILLING.SUBSCRIPTION.RE-ACTIVATED",
  "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
  "PAYMENT.SALE.COMPLETED",
  "PAYMENT.SALE.PENDING",
  "PAYMENT.SALE.DENIED",
  "PAYMENT.SALE.REFUNDED",
  "PAYMENT.SALE.REVERSED",
] as const;
const REFUND = "PAYMENT.SALE.REFUNDED";
/** What these tell has happened by the time PayPal answers, or its answer is too old. */
const BEGUN = new Set(["BILLING.SUBSCRIPTION.ACTIVATED", "PAYMENT.SALE.COMPLETED"]);

type Answer = Prepared<RecurringFact>;
type Asked = ReturnType<typeof ask>;

/** What PayPal tells about subscriptions and what they pay. A body says what to ask for, and nothing more. */
export function paypalRecurringHandler(deps: BillingDeps, account: Account): Handler<RecurringFact> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "paypal",
    types: new Set<string>(TYPES),
    prepare(events) {
      const asked = new Map<string, Asked>();
      return Promise.all(
        events.map((event) => patiently<RecurringFact>(limit, () => prepareOne(deps, account, event, asked))),
      );
    },
    apply: (tx, org, facts, now) => applyRecurring(deps, tx, org, facts, now),
  };
}

async function prepareOne(
  deps: BillingDeps,
  account: Account,
  event: InboxEvent,
  asked: Map<string, Asked>,
): Promise<Answer> {
  const told = readNamedIds(event.body);
  let place = await placeOf(deps, account, told);
  // A changed body may name nobody: PayPal's own copy counts.
  place ??= await placeOf(
    deps,
    account,
    readNamedIds((await account.api.getEvent(event.providerEventId)).body),
  );
  const row =
    place &&
    (await withTx(deps.db, place.org_id, (tx) => findSubscription(tx, place.org_id, place.subscription_id)));
  if (row?.provider !== "paypal") return { kind: "ignored", code: "not_ours" };
  const known = row.provider_subscription_id ?? row.session_id;
  // The answer that would name it may still be on its way to us; whose it is, is asked for.
  const id = known ?? told?.agreementId ?? null;
  if (id === null) return { kind: "wait", code: "missing_parent" };
  const refundId = event.type === REFUND ? event.objectId : null;
  // A payment that went back may be as old as the subscription.
  const since = refundId === null ? event.createdAt : row.created_at;
  const key = `${row.id} ${since.toISOString().slice(0, 10)} ${refundId ?? ""}`;
  const running = asked.get(key) ?? ask(deps, account, row, id, { since, refundId });
  asked.set(key, running);
  const answer = await running;
  if (!answer.told)
    return BEGUN.has(event.type)
      ? { kind: "wait", code: "object_older" }
      : { kind: "ignored", code: "not_begun" };
  const isListed = answer.told.invoices.some((one) => one.id === `paypal:${event.objectId}`);
  if (event.type === "PAYMENT.SALE.COMPLETED" && !isListed) return { kind: "wait", code: "object_older" };
  return { kind: "facts", orgId: row.org_id, facts: await answerFact(deps, row, answer.told, answer) };
}

async function ask(
  deps: BillingDeps,
  account: Account,
  row: SubscriptionRow,
  id: string,
  { since, refundId }: { since: Date; refundId: string | null },
) {
  const fetchSeq = await withSystemTx(deps.db, drawFetchSeq);
  const refund = refundId === null ? null : await account.api.getRefund(refundId);
  const told = await askPaypal(deps, account, row, id, { since, refund });
  return { told, fetchSeq, at: deps.clock.now() };
}

async function placeOf(
  { db }: BillingDeps,
  { accountId }: Account,
  named: NamedIds | null,
): Promise<SubscriptionPlace | null> {
  if (!named) return null;
  const ours = isId("sub", named.customId) ? named.customId : null;
  const invoice = named.captureId && `paypal:${named.captureId}`;
  const ids = [ours, named.agreementId, invoice].filter((id) => id !== null);
  const places = await withSystemTx(db, (tx) => findSubscriptionPlaces(tx, accountId, ids));
  return ids.map((id) => places.find(({ object_id }) => object_id === id)).find(Boolean) ?? null;
}
