import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert, Problem } from "../../../platform/problem.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { withCustomer } from "../payers/ensure-customer.ts";
import type { BillingDeps } from "../deps.ts";
import type { Checkout } from "./fact.ts";
import { creditsName } from "./pack.ts";
import type { PaymentRow } from "./payment.ts";
import { createOrder } from "./paypal/create-order.ts";
import { billingProblems } from "../problems.ts";
import { savePayments } from "./save-payments.ts";
import { lockPayments, placeObjects, updatePayments } from "./store.ts";

export type StartedSession = { paymentId: PaymentRow["id"]; sessionId: string; url: string; expiresAt: Date };

/** Gives a payment its checkout session, or finds the one it has. Safe to call again at any point. */
export async function startSession(
  deps: BillingDeps,
  org: OrgId,
  payment: PaymentRow,
): Promise<StartedSession> {
  const known = started(payment);
  if (known) return known;
  try {
    const result = await adoptSession(deps, org, payment.id, await makeCheckout(deps, org, payment));
    assert(result, "a company gives a new checkout its address");
    return result;
  } catch (error) {
    throw await refusal(deps, org, payment, error);
  }
}

async function makeCheckout(deps: BillingDeps, org: OrgId, payment: PaymentRow): Promise<Checkout> {
  const name =
    payment.purpose === "subscription" ? "Change of plan" : creditsName(deps.packs, payment.pack_key);
  if (payment.provider === "paypal") {
    assert(deps.paypal, "a payment by PayPal was made while it was offered");
    return createOrder(deps.paypal.api, payment, name);
  }
  return withCustomer(deps, org, payment, (customerId, mark) =>
    deps.stripe.createCheckoutSession({
      holdfastId: payment.id,
      customerId,
      name,
      amountMinor: payment.amount_minor,
      currency: payment.currency,
      successUrl: payment.success_url,
      cancelUrl: payment.cancel_url,
      idempotencyKey: `${payment.id}:session:${payment.attempt}${mark}`,
    }),
  );
}

/**
 * The row learns of its session; null for one that can no longer be paid. `as_of` stays: the session's state is known as of
 * its making, and what Stripe tells about the time since then still counts.
 */
export function adoptSession(
  deps: BillingDeps,
  org: OrgId,
  paymentId: PaymentRow["id"],
  session: Checkout,
): Promise<StartedSession | null> {
  return withTx(deps.db, org, async (tx) => {
    const [row] = await lockPayments(tx, org, [paymentId]);
    assert(row, "a payment that was started exists");
    const isOpen = row.status === "creating" || (row.status === "failed" && row.session_id === null);
    const next: PaymentRow = {
      ...row,
      session_id: session.id,
      session_url: session.url,
      session_expires_at: session.expiresAt,
      absent_since: null,
      ...(isOpen ? { status: "requires_payment_method", failure_code: null } : {}),
    };
    await placeObjects(tx, row.account_id, [{ object_id: session.id, org_id: org, payment_id: row.id }]);
    await updatePayments(tx, org, [next]);
    tx.afterCommit(() => deps.hub.publish("payment.updated", org, { payment_ids: [row.id] }));
    return started(next);
  });
}

function started(row: PaymentRow): StartedSession | null {
  const { id, session_id, session_url, session_expires_at } = row;
  if (session_id === null || session_url === null || session_expires_at === null) return null;
  return { paymentId: id, sessionId: session_id, url: session_url, expiresAt: session_expires_at };
}

/** A definite no ends this attempt: the next one gets a key of its own. Anything else leaves the row as it is. */
async function refusal(deps: BillingDeps, org: OrgId, payment: PaymentRow, error: unknown): Promise<unknown> {
  if (!(error instanceof CompanyFault)) return error;
  if (error.kind === "unavailable")
    return new Problem(billingProblems.provider_unavailable, { cause: error, retryAfter: 5 });
  const now = deps.clock.now();
  await withTx(deps.db, org, async (tx) => {
    const [row] = await lockPayments(tx, org, [payment.id]);
    if (row && row.attempt === payment.attempt && row.session_id === null)
      await savePayments(
        tx,
        org,
        [{ ...row, status: "failed", failure_code: error.code, attempt: row.attempt + 1, as_of: now }],
        now,
      );
  });
  return new Problem(billingProblems.provider_refused, { cause: error });
}
