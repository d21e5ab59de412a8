import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { Provider } from "./fact.ts";
import type { PaymentRow } from "./payment.ts";
import { billingProblems } from "../problems.ts";
import { adoptSession, startSession, type StartedSession } from "./start-session.ts";
import { findPayment, listCreating, lockPayments, updatePayments } from "./store.ts";

const MINUTE_MS = 60_000;
/** A purchase this old is not being worked on by its request any more. */
const CUT_OFF_MS = MINUTE_MS;
const AT_ONCE = 20;
/** Stripe forgets a key after 24 h, PayPal after 6 h; before that the outcome is looked up instead. */
const KEY_LIFE_MS: Record<Provider, number> = { stripe: 20 * 60 * MINUTE_MS, paypal: 5 * 60 * MINUTE_MS };
/** Between the two looks that must both find nothing before a new key is used. */
const ABSENT_MS = 10 * MINUTE_MS;

/**
 * Carries on purchases that were cut off between our row and the company's answer: the same call with the same key. When
 * the key is of no use any more (too old, or a 5xx is kept under it), Stripe's list is searched for our id: found → adopted;
 * absent twice, 10 minutes apart → a new key. PayPal's orders cannot be searched: one that nobody was led to moves nothing
 * and expires, so there a new key comes at once. Returns how many got their session.
 */
export async function resumePurchases(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const { db, clock } = deps;
  const now = clock.now();
  const before = { created: addMs(now, -CUT_OFF_MS), lookedFor: addMs(now, -ABSENT_MS) };
  const due = await withOperatorTx(db, (tx) => listCreating(tx, before, AT_ONCE));
  let resumed = 0;
  for (const { org_id, id } of due) {
    if (signal.aborted) break;
    const payment = await withTx(db, org_id, (tx) => findPayment(tx, org_id, id));
    if (payment?.status !== "creating") continue;
    try {
      if (await resume(deps, org_id, payment)) resumed += 1;
    } catch (err) {
      // One that cannot be carried on must not hold up those behind it.
      deps.logger.error({ err, payment_id: id }, "purchase not resumed");
    }
  }
  return resumed;
}

async function resume(deps: BillingDeps, org: OrgId, payment: PaymentRow): Promise<boolean> {
  if (keyCounts(deps, payment)) {
    try {
      await startSession(deps, org, payment);
      return true;
    } catch (error) {
      const fault = error instanceof Problem ? error.cause : error;
      if (!(fault instanceof CompanyFault)) throw error;
      if (!fault.answered5xx) return false;
    }
  }
  return (await lookUp(deps, org, payment)) !== null;
}

/**
 * The same for the buyer's own next try, which may come days later under the same Idempotency-Key. 409 `checkout_over` when
 * what the earlier try began can no longer be paid, 503 `provider_unavailable` while it is not known whether it began any.
 */
export async function carryOn(deps: BillingDeps, org: OrgId, payment: PaymentRow): Promise<StartedSession> {
  // An event may have told of the session, without its address.
  const isHalfKnown = payment.session_id !== null && payment.session_url === null;
  if (!isHalfKnown && (payment.session_id !== null || keyCounts(deps, payment)))
    return startSession(deps, org, payment);
  const found = await lookUp(deps, org, payment);
  if (found === "over") throw new Problem(billingProblems.checkout_over);
  if (found) return found;
  throw new Problem(billingProblems.provider_unavailable, { retryAfter: ABSENT_MS / 1000 });
}

/** The company still knows the running attempt's key. Until there is a session, `as_of` is when that attempt began. */
export function keyCounts({ clock }: BillingDeps, { absent_since, as_of, provider }: PaymentRow): boolean {
  return absent_since === null && clock.now().getTime() - as_of.getTime() < KEY_LIFE_MS[provider];
}

/** `over` when it is found and cannot be paid any more, null while nothing is found. */
async function lookUp(
  deps: BillingDeps,
  org: OrgId,
  payment: PaymentRow,
): Promise<StartedSession | "over" | null> {
  if (payment.provider === "paypal") {
    if (payment.session_id !== null) return "over";
    await change(deps, org, payment, (row) => ({
      ...row,
      attempt: row.attempt + 1,
      as_of: deps.clock.now(),
    }));
    return null;
  }
  let session;
  try {
    session = await deps.stripe.findCheckoutSession(payment.id, addMs(payment.created_at, -MINUTE_MS));
  } catch (error) {
    if (error instanceof CompanyFault) return null;
    throw error;
  }
  if (session) return (await adoptSession(deps, org, payment.id, session)) ?? "over";
  await change(deps, org, payment, (row) => absent(row, deps.clock.now()));
  return null;
}

/** Unless somebody else carried it on meanwhile. */
function change(
  { db }: BillingDeps,
  org: OrgId,
  payment: PaymentRow,
  next: (row: PaymentRow) => PaymentRow,
): Promise<void> {
  return withTx(db, org, async (tx) => {
    const [row] = await lockPayments(tx, org, [payment.id]);
    if (row?.session_id !== null || row.attempt !== payment.attempt) return;
    await updatePayments(tx, org, [next(row)]);
  });
}

/** Absent once: remembered. Absent again 10 minutes later: the next attempt has a key of its own. */
export function absent(row: PaymentRow, now: Date): PaymentRow {
  if (row.absent_since === null) return { ...row, absent_since: now };
  if (now.getTime() - row.absent_since.getTime() < ABSENT_MS) return row;
  return { ...row, absent_since: null, attempt: row.attempt + 1, as_of: now };
}
