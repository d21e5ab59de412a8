import { withOperatorTx, withSystemTx } from "../../../../platform/db/index.ts";
import { isId } from "../../../../platform/ids.ts";
import { readPaymentEvent } from "../../../../vendors/stripe/index.ts";
import type { InboxEvent, Prepared } from "../../../webhooks/index.ts";
import type { Fetched, PaymentFact, PaymentState } from "../fact.ts";
import { fetchForEvent } from "./ask-stripe.ts";
import type { BillingDeps } from "../../deps.ts";
import type { FetchLimit } from "../fetch-limit.ts";
import { CLOSE_MS, isUnclear, type Fact } from "../payment.ts";
import { findPlaces, glance, type Glance, type Place } from "../store.ts";

type Answer = Prepared<Fact>;
type Told = { event: InboxEvent; found: PaymentFact };
/** What the batch knows before anybody is asked. */
type Known = {
  now: Date;
  places: Map<string, Place>;
  rows: Map<string, Glance>;
  /** Payments whose charge is told by another event of the batch. */
  captured: Set<string>;
  /** Refunded by other events of the batch, per payment. */
  refunded: Map<string, bigint>;
  /** States that events of the batch tell, per payment. */
  states: Map<string, Told[]>;
};

/**
 * Turns events into facts. Money is taken from the authenticated payload; Stripe is asked only where that cannot be
 * enough: the payment is not shown in full, or two states lie too close in time to be ordered. One question serves all
 * events of its payment in the batch.
 */
export async function prepareEvents(
  deps: BillingDeps,
  limit: FetchLimit,
  events: readonly InboxEvent[],
): Promise<Answer[]> {
  const told = events.map((event) => ({ event, found: readPaymentEvent(event.body) }));
  const readable = told.filter((one): one is Told => one.found !== null);
  const known = await lookUp(deps, readable);
  const asked = new Map<string, Promise<Fetched | Prepared<never>>>();
  const ask = (found: PaymentFact) => {
    const key = found.intentId ?? found.sessionId ?? "";
    const running = asked.get(key) ?? fetchForEvent(deps, limit, found);
    asked.set(key, running);
    return running;
  };
  return Promise.all(
    told.map(({ event, found }) =>
      found
        ? prepareOne(deps, known, { event, found }, ask)
        : ({ kind: "dead", code: "unreadable", detail: "Not an object of the pinned API version" } as const),
    ),
  );
}

async function prepareOne(
  deps: BillingDeps,
  known: Known,
  { event, found }: Told,
  ask: (found: PaymentFact) => Promise<Fetched | Prepared<never>>,
): Promise<Answer> {
  const place = placeOf(known, found);
  // What we make at Stripe carries our id, its charges too. Only a refund made there has to be traced to its payment.
  const canBeOurs = found.refunds.length > 0 && found.intentId !== null && found.holdfastId === null;
  if (!place && !canBeOurs) return { kind: "ignored", code: "not_ours" };
  if (place && !needsAsking(known, place, event, found))
    return fact(place, { found, at: event.createdAt, fetchSeq: null });
  const fetched = await ask(withSession(found, place && known.rows.get(place.payment_id)));
  if ("kind" in fetched) return fetched;
  const owner = place ?? (await findOwner(deps, fetched.found));
  if (!owner) return { kind: "ignored", code: "not_ours" };
  return fact(owner, { ...fetched, found: merge(found, fetched.found) });
}

function fact(place: Place, { found, at, fetchSeq }: Omit<Fact, "paymentId">): Answer {
  return { kind: "facts", orgId: place.org_id, facts: { paymentId: place.payment_id, at, fetchSeq, found } };
}

async function lookUp(deps: BillingDeps, told: readonly Told[]): Promise<Known> {
  const ids = [...new Set(told.flatMap(({ found }) => idsOf(found)))];
  const known: Known = {
    now: deps.clock.now(),
    places: new Map(),
    rows: new Map(),
    captured: new Set(),
    refunded: new Map(),
    states: new Map(),
  };
  if (ids.length === 0) return known;
  const places = await withSystemTx(deps.db, (tx) => findPlaces(tx, deps.accountId, ids));
  for (const place of places) known.places.set(place.object_id, place);
  const doubtful = new Map<string, Place>();
  for (const one of told) {
    const { found } = one;
    const place = placeOf(known, found);
    if (!place) continue;
    if (found.state) known.states.set(place.payment_id, [...(known.states.get(place.payment_id) ?? []), one]);
    if (found.charge) known.captured.add(place.payment_id);
    for (const { amountMinor } of found.refunds)
      known.refunded.set(place.payment_id, (known.refunded.get(place.payment_id) ?? 0n) + amountMinor);
    if (found.state || found.paidElsewhere || found.charge?.refundedMinor)
      doubtful.set(place.payment_id, place);
  }
  if (doubtful.size === 0) return known;
  const rows = await withOperatorTx(deps.db, (tx) => glance(tx, [...doubtful.values()]));
  for (const row of rows) known.rows.set(row.id, row);
  return known;
}

function needsAsking(known: Known, place: Place, event: InboxEvent, found: PaymentFact): boolean {
  const row = known.rows.get(place.payment_id);
  if (!row) return false;
  const hasCharge = row.charge_id !== null || known.captured.has(row.id);
  if (found.paidElsewhere && !hasCharge) return true;
  if (found.state && !hasCharge && isDoubtful(known, row, event, found.state)) return true;
  const refunded = row.refunded_minor + (known.refunded.get(row.id) ?? 0n);
  return (found.charge?.refundedMinor ?? 0n) > refunded;
}

/** Too close in time to what the row says, or to what another event of the batch is about to make of it. */
function isDoubtful(known: Known, row: Glance, event: InboxEvent, state: PaymentState): boolean {
  // A clock that was wrong wrote the row: its time orders nothing.
  if (row.as_of.getTime() > known.now.getTime() + CLOSE_MS) return true;
  if (isUnclear(row, event.createdAt, state)) return true;
  const others = known.states.get(row.id) ?? [];
  return others.some(({ event: other, found }) => {
    const { status, failureCode } = found.state ?? state;
    const then = { ...row, status, failure_code: failureCode, as_of: other.createdAt };
    return isUnclear(then, event.createdAt, state);
  });
}

/** The first of its ids that the directory knows; ours first. */
function placeOf({ places }: Known, found: PaymentFact): Place | undefined {
  for (const id of idsOf(found)) {
    const place = places.get(id);
    if (place) return place;
  }
  return undefined;
}

function idsOf(found: PaymentFact): string[] {
  const ours = isId("pay", found.holdfastId) ? found.holdfastId : null;
  const ids = [
    ours,
    found.sessionId,
    found.intentId,
    found.charge?.id,
    ...found.refunds.map(({ chargeId }) => chargeId),
  ];
  return ids.filter((id) => id !== null && id !== undefined);
}

/** A session without a payment yet is asked for by its own id. */
function withSession(found: PaymentFact, row: Glance | undefined): PaymentFact {
  return { ...found, sessionId: found.sessionId ?? row?.session_id ?? null };
}

/** An object that carries no id of ours may belong to a payment that does. */
async function findOwner(deps: BillingDeps, { holdfastId }: PaymentFact): Promise<Place | null> {
  if (!isId("pay", holdfastId)) return null;
  const [place] = await withSystemTx(deps.db, (tx) => findPlaces(tx, deps.accountId, [holdfastId]));
  return place ?? null;
}

/** The fetched payment, and what the event tells beyond it: a refund that the answer was too early to list. */
function merge(told: PaymentFact, fetched: PaymentFact): PaymentFact {
  const listed = new Set(fetched.refunds.map(({ id }) => id));
  return {
    ...fetched,
    sessionId: fetched.sessionId ?? told.sessionId,
    charge: fetched.charge ?? told.charge,
    taxMinor: fetched.taxMinor ?? told.taxMinor ?? null,
    refunds: [...fetched.refunds, ...told.refunds.filter(({ id }) => !listed.has(id))],
  };
}
