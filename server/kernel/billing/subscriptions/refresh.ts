import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { BillingDeps } from "../deps.ts";
import { drawFetchSeq } from "../payments/store.ts";
import { applyRecurring } from "./facts/apply.ts";
import { companyOf } from "./company-of.ts";
import type { SubscriptionSession, Told } from "./company.ts";
import type { RecurringFact } from "./facts/fact.ts";
import { emptyFact, nameVersions } from "./facts/prepare.ts";
import type { SubscriptionRow } from "./subscription.ts";

type Key = Pick<SubscriptionRow, "org_id" | "id" | "account_id">;

/**
 * Asks the company for a subscription, or has it changed there, and applies the answer: the number is drawn before the
 * question, so that what is older loses. Throws what the company threw.
 */
export async function applyAnswer(
  deps: BillingDeps,
  row: Key,
  ask: () => Promise<Told | null>,
): Promise<void> {
  const { clock, db } = deps;
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const told = await ask();
  if (told) await applyFact(deps, row, await answerFact(deps, row, told, { fetchSeq, at: clock.now() }));
}

/**
 * An invoice of Stripe's and its subscription, both whole: what paid the one, and what that began, restored or ended. The
 * subscription is asked for last, since what a paid invoice brings follows from it.
 */
export const refreshInvoiced = (
  deps: BillingDeps,
  row: Key & Pick<SubscriptionRow, "provider_subscription_id">,
  invoiceId: string,
): Promise<void> =>
  applyAnswer(deps, row, async () => {
    const invoice = await deps.stripe.fetchInvoice(invoiceId);
    const subscription = await deps.stripe.fetchSubscription(row.provider_subscription_id ?? "");
    return { subscription, invoices: [invoice] };
  });

/** An answer as a fact. Its invoices only go forward, so that they need no number. */
export async function answerFact(
  deps: Pick<BillingDeps, "db">,
  { id, account_id }: Key,
  { subscription, invoices }: Told,
  { fetchSeq, at }: { fetchSeq: bigint; at: Date },
): Promise<RecurringFact> {
  const state = { found: subscription, fetchSeq, at, version: null };
  await nameVersions(deps, account_id, [state]);
  const told = invoices.map((found) => ({ found, fetchSeq: null, at }));
  return { ...emptyFact(id), subscription: state, invoices: told };
}

/** How a checkout stands: what it made is fetched, or it has run out. */
export async function refreshCheckout(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const company = companyOf(deps, row);
  const session = await company.fetchCheckout(row.session_id ?? "");
  const made = session.subscriptionId;
  if (made !== null) await applyAnswer(deps, row, () => company.fetch(row, made));
  else await applySession(deps, row, session);
}

export const applySession = (deps: BillingDeps, row: Key, found: SubscriptionSession): Promise<void> =>
  applyFact(deps, row, { ...emptyFact(row.id), session: { at: deps.clock.now(), found } });

async function applyFact(deps: BillingDeps, { org_id: org }: Key, fact: RecurringFact): Promise<void> {
  await withTx(deps.db, org, (tx) => applyRecurring(deps, tx, org, [fact], deps.clock.now()));
}
