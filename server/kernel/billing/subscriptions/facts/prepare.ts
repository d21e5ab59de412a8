import { withOperatorTx, withSystemTx } from "../../../../platform/db/index.ts";
import {
  readRecurringEvent,
  type InvoiceFact,
  type RecurringEvent,
  type SubscriptionFact,
} from "../../../../vendors/stripe/index.ts";
import type { InboxEvent, Prepared } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { InvoiceState } from "../../invoices/invoice.ts";
import { glanceInvoices, type InvoiceGlance } from "../../invoices/store.ts";
import { askForEvent } from "../../payments/stripe/ask-stripe.ts";
import type { FetchLimit } from "../../payments/fetch-limit.ts";
import { drawFetchSeq } from "../../payments/store.ts";
import type { RecurringFact } from "./fact.ts";
import {
  findSubscriptionPlaces,
  findVersionsOf,
  glanceSubscriptions,
  type SubscriptionGlance,
} from "../places.ts";
import { CLOSE_MS, orderOf, type SubscriptionState } from "./walk.ts";

type Answer = Prepared<RecurringFact>;
type Told = { event: InboxEvent; read: RecurringEvent };
type Place = { org_id: SubscriptionGlance["org_id"]; subscription_id: string };
type Fetched<T> = { found: T; fetchSeq: bigint; at: Date };

/**
 * Turns events of subscriptions, their invoices and checkouts into facts. A state is taken from the authenticated payload;
 * the company is asked where that cannot be enough: two states lie too close in time to be ordered, an invoice was paid and
 * its charge is not known, or its subscription was not seen yet. One question serves all events of an object in the batch.
 */
export async function prepareRecurring(
  deps: BillingDeps,
  limit: FetchLimit,
  events: readonly InboxEvent[],
): Promise<Answer[]> {
  const told = events.map((event) => ({ event, read: readRecurringEvent(event.body) }));
  const readable = told.filter((one): one is Told => one.read !== null);
  const batch = await lookUp(deps, readable);
  const questions = asker(deps, limit);
  const results = await Promise.all(
    told.map(({ event, read }) =>
      read
        ? prepareOne(batch, questions, { event, read })
        : ({ kind: "dead", code: "unreadable", detail: "Not an object of the pinned API version" } as const),
    ),
  );
  return withVersions(deps, results);
}

type Batch = {
  now: Date;
  places: Map<string, Place>;
  rows: Map<string, SubscriptionGlance>;
  invoices: Map<string, InvoiceGlance>;
  /** When events of the batch tell a state of which subscription at the company. */
  times: { id: string; ms: number }[];
};

/** Ids of one event, ours first. */
function idsOf(read: RecurringEvent): string[] {
  if (read.kind === "invoice_payment") return [read.invoiceId];
  const { found } = read;
  const ids = [found.holdfastId, found.id, "subscriptionId" in found ? found.subscriptionId : null];
  return ids.filter((id) => id !== null);
}

async function lookUp(deps: BillingDeps, told: readonly Told[]): Promise<Batch> {
  const now = deps.clock.now();
  const batch: Batch = { now, places: new Map(), rows: new Map(), invoices: new Map(), times: [] };
  const ids = [...new Set(told.flatMap(({ read }) => idsOf(read)))];
  if (ids.length === 0) return batch;
  const places = await withSystemTx(deps.db, (tx) => findSubscriptionPlaces(tx, deps.accountId, ids));
  for (const place of places) batch.places.set(place.object_id, place);
  const invoices: { org_id: string; invoice: string }[] = [];
  for (const { event, read } of told) {
    const place = placeOf(batch, read);
    if (read.kind === "subscription") batch.times.push({ id: read.found.id, ms: event.createdAt.getTime() });
    else if (place && read.kind !== "session")
      invoices.push({
        org_id: place.org_id,
        invoice: read.kind === "invoice" ? read.found.id : read.invoiceId,
      });
  }
  if (places.length === 0) return batch;
  const { rows, known } = await withOperatorTx(deps.db, async (tx) => ({
    rows: await glanceSubscriptions(tx, places),
    known: await glanceInvoices(tx, deps.accountId, invoices),
  }));
  for (const row of rows) batch.rows.set(row.id, row);
  for (const row of known) batch.invoices.set(row.provider_invoice_id, row);
  return batch;
}

function placeOf({ places }: Batch, read: RecurringEvent): Place | undefined {
  for (const id of idsOf(read)) {
    const place = places.get(id);
    if (place) return place;
  }
  return undefined;
}

type Questions = {
  subscription(id: string): Promise<Fetched<SubscriptionFact> | Prepared<never>>;
  invoice(id: string): Promise<Fetched<InvoiceFact> | Prepared<never>>;
};

/** One question at a time for an object; the number is drawn before it is asked. */
function asker({ db, clock, stripe }: BillingDeps, limit: FetchLimit): Questions {
  const once = <T>(fetch: (id: string) => Promise<T>) => {
    const asked = new Map<string, Promise<Fetched<T> | Prepared<never>>>();
    return (id: string) => {
      const running =
        asked.get(id) ??
        askForEvent(limit, async () => {
          const fetchSeq = await withSystemTx(db, drawFetchSeq);
          return { found: await fetch(id), fetchSeq, at: clock.now() };
        });
      asked.set(id, running);
      return running;
    };
  };
  return { subscription: once(stripe.fetchSubscription), invoice: once(stripe.fetchInvoice) };
}

async function prepareOne(batch: Batch, questions: Questions, told: Told): Promise<Answer> {
  const { event, read } = told;
  const place = placeOf(batch, read);
  if (!place) {
    // An invoice may be paid before it was told: its payment alone does not say whose it is.
    if (read.kind !== "invoice_payment") return { kind: "ignored", code: "not_ours" };
    return { kind: "ignored", code: "told_by_its_invoice" };
  }
  const row = batch.rows.get(place.subscription_id);
  if (!row) return { kind: "ignored", code: "not_ours" };
  const facts = emptyFact(row.id);
  if (read.kind === "session") facts.session = { at: event.createdAt, found: read.found };
  if (read.kind === "subscription") {
    facts.trialEnding = event.type === "customer.subscription.trial_will_end";
    if (needsSubscription(batch, row, event, read.found)) {
      const answer = await questions.subscription(read.found.id);
      if ("kind" in answer) return answer;
      facts.subscription = { ...answer, version: null };
    } else facts.subscription = { at: event.createdAt, fetchSeq: null, found: read.found, version: null };
  }
  if (read.kind === "invoice" || read.kind === "invoice_payment") {
    const invoice = await invoiceState(batch, questions, event, read);
    if (invoice === null) return { kind: "ignored", code: "known" };
    if ("kind" in invoice) return invoice;
    facts.invoices = [invoice];
    facts.actionRequired = event.type === "invoice.payment_action_required";
    const parent = invoice.found.subscriptionId;
    // What a paid invoice brings follows from the plan of its period, so its subscription is asked for as well.
    if (parent !== null && (row.provider_subscription_id === null || invoice.fetchSeq !== null)) {
      const answer = await questions.subscription(parent);
      if ("kind" in answer) return answer;
      facts.subscription = { ...answer, version: null };
    }
  }
  return { kind: "facts", orgId: place.org_id, facts };
}

export const emptyFact = (subscriptionId: SubscriptionGlance["id"]): RecurringFact => ({
  subscriptionId,
  subscription: null,
  invoices: [],
  session: null,
  trialEnding: false,
  actionRequired: false,
});

function needsSubscription(
  { now, times }: Batch,
  row: SubscriptionGlance,
  { createdAt }: InboxEvent,
  found: SubscriptionFact,
): boolean {
  // Who pays for a trial is shown by the whole object alone.
  if (found.status === "trialing" && row.provider_status !== "trialing") return true;
  // A clock that was wrong wrote the row: its time orders nothing.
  if (row.as_of.getTime() > now.getTime() + CLOSE_MS) return true;
  const order = orderOf(row, createdAt);
  if (order !== "newer") return order === "unclear";
  const isClose = (ms: number) => Math.abs(ms - createdAt.getTime()) <= CLOSE_MS;
  return times.filter(({ id, ms }) => id === found.id && isClose(ms)).length > 1;
}

async function invoiceState(
  { invoices }: Batch,
  questions: Questions,
  event: InboxEvent,
  read: Extract<RecurringEvent, { kind: "invoice" | "invoice_payment" }>,
): Promise<InvoiceState | Prepared<never> | null> {
  const id = read.kind === "invoice" ? read.found.id : read.invoiceId;
  const isPaymentKnown = (invoices.get(id)?.payment_id ?? null) !== null;
  if (read.kind === "invoice_payment") return isPaymentKnown ? null : questions.invoice(id);
  const { found } = read;
  if (found.status === "paid" && found.paidMinor > 0n && !isPaymentKnown) return questions.invoice(id);
  return { at: event.createdAt, fetchSeq: null, found };
}

/** Which of our versions the prices are of, asked for once. */
async function withVersions(deps: BillingDeps, results: readonly Answer[]): Promise<Answer[]> {
  const states = results
    .map((result) => (result.kind === "facts" ? result.facts.subscription : null))
    .filter((state) => state !== null);
  if (states.length === 0) return [...results];
  await nameVersions(deps, deps.accountId, states);
  return [...results];
}

export async function nameVersions(
  { db }: Pick<BillingDeps, "db">,
  accountId: string,
  states: readonly SubscriptionState[],
): Promise<void> {
  const prices = states.map(({ found }) => found.priceId).filter((id) => id !== null);
  const versions = await withSystemTx(db, (tx) => findVersionsOf(tx, accountId, prices));
  for (const state of states) state.version = versions.get(state.found.priceId ?? "") ?? null;
}
