import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { Provider } from "../payments/fact.ts";
import { findPayment, lockPayments } from "../payments/store.ts";
import { findRefund, type Paid } from "./company.ts";
import { endSubscriptions } from "./end-subscription.ts";
import type { RequestRow } from "./refund.ts";
import { adoptRefund, sendRefund } from "./send.ts";
import { listDue, lockRequest, updateRequest } from "./store.ts";

const MINUTE_MS = 60_000;
/** A refund this old is not being worked on by its request any more. */
const CUT_OFF_MS = MINUTE_MS;
const AT_ONCE = 20;
/** Stripe forgets a key after 24 h, PayPal that of a refund after 45 days; before that the outcome is looked up instead. */
const KEY_LIFE_MS: Readonly<Record<Provider, number>> = {
  stripe: 20 * 60 * MINUTE_MS,
  paypal: 44 * 24 * 60 * MINUTE_MS,
};
/** Between the two looks that must both find nothing before a new key is used. */
const ABSENT_MS = 10 * MINUTE_MS;

/**
 * Carries on refunds whose answer was lost: the same call with the same key. When the key is of no use any more (too old, or
 * a 5xx is kept under it), the charge's refunds are searched for our id: found → adopted; absent twice, 10 minutes apart → a
 * new key. Returns how many the company is known to have by now.
 */
export async function resumeRefunds(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const now = deps.clock.now();
  const before = { attempted: addMs(now, -CUT_OFF_MS), lookedFor: addMs(now, -ABSENT_MS) };
  const due = await withOperatorTx(deps.db, (tx) => listDue(tx, before, AT_ONCE));
  let resumed = 0;
  for (const row of due) {
    if (signal.aborted) break;
    try {
      if (await resume(deps, row)) resumed += 1;
    } catch (err) {
      // One that cannot be carried on must not hold up those behind it.
      deps.logger.error({ err, refund_id: row.id }, "refund not resumed");
    }
  }
  await endSubscriptions(deps, signal);
  return resumed;
}

async function resume(deps: BillingDeps, row: RequestRow): Promise<boolean> {
  const payment = await withTx(deps.db, row.org_id, (tx) => findPayment(tx, row.org_id, row.payment_id));
  if (!payment?.charge_id) return false;
  const isFresh = deps.clock.now().getTime() - row.attempt_at.getTime() < KEY_LIFE_MS[payment.provider];
  if (isFresh && row.absent_since === null) {
    const outcome = await sendRefund(deps, row.org_id, row);
    if (outcome !== "kept_5xx") return outcome === "sent";
  }
  return lookUp(deps, row, payment as Paid);
}

async function lookUp(deps: BillingDeps, row: RequestRow, payment: Paid): Promise<boolean> {
  const { clock, db } = deps;
  const org = row.org_id;
  let found;
  try {
    found = await findRefund(deps, payment, row.id);
  } catch (error) {
    if (error instanceof CompanyFault) return false;
    throw error;
  }
  if (found) {
    await adoptRefund(deps, org, row, found);
    return true;
  }
  await withTx(db, org, async (tx) => {
    await lockPayments(tx, org, [row.payment_id]);
    const locked = await lockRequest(tx, org, row.id);
    if (locked?.state !== "requested" || locked.attempt !== row.attempt) return;
    await updateRequest(tx, absent(locked, clock.now()));
  });
  return false;
}

/** Absent once: remembered. Absent again 10 minutes later: the next attempt has a key of its own. */
function absent(row: RequestRow, now: Date): RequestRow {
  if (row.absent_since === null) return { ...row, absent_since: now };
  if (now.getTime() - row.absent_since.getTime() < ABSENT_MS) return row;
  return { ...row, absent_since: null, attempt: row.attempt + 1, attempt_at: now };
}
