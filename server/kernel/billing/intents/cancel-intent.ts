import { CompanyFault } from "../../../platform/calls/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { billingProblems } from "../problems.ts";
import { giveUpPlanOf } from "../subscriptions/checkouts/give-up.ts";
import { asking } from "../subscriptions/company-answer.ts";
import { answerOf, getIntent, readIntent, type IntentAnswer } from "./answer.ts";
import { refreshIntent } from "./ask-intent.ts";
import { endHere } from "./end-here.ts";
import { isOurs } from "./intent.ts";

/**
 * Gives a payment up, at the company first. 409 `payment_over` for one that took money or is taking it, and for an invoice's:
 * that one ends with its invoice, but for the first of a plan, which never begins then. 502, 503 as ever.
 */
export async function cancelIntent(
  deps: BillingDeps,
  input: { orgId: OrgId; actorId: string; mode: Mode; id: string },
): Promise<IntentAnswer> {
  const { actorId, id, mode, orgId } = input;
  const known = await getIntent(deps, orgId, mode, id);
  if (known.payment.status === "canceled") return answerOf(deps, known, null);
  if (known.payment.status === "processing") throw new Problem(billingProblems.payment_over);
  if (isOurs(known.payment)) await asking(() => endIntent(deps, known.payment));
  else if (!(await asking(() => giveUpPlanOf(deps, known.payment))))
    throw new Problem(billingProblems.payment_over);
  const after = await readIntent(deps, orgId, id);
  if (after.payment.status !== "canceled") throw new Problem(billingProblems.payment_over);
  await withTx(deps.db, orgId, (tx) =>
    audit(tx, deps.clock.now(), { orgId, actorId, action: "payment.canceled", targetId: id, detail: {} }),
  );
  return answerOf(deps, after, null);
}

/** Cancelled at the company; the row is what the company then says, and a success that came first wins. Throws `CompanyFault`. */
export async function endIntent(deps: BillingDeps, payment: PaymentRow): Promise<void> {
  if (payment.provider === "paypal" || payment.intent_id === null) return endHere(deps, payment);
  try {
    // Cancelling twice is the same; a 5xx that is kept under a key must not stand in its way.
    await deps.stripe.cancelIntent(payment.intent_id, `${payment.id}:cancel:${deps.clock.now().getTime()}`);
  } catch (error) {
    if (!(error instanceof CompanyFault) || error.kind === "unavailable") throw error;
  }
  await refreshIntent(deps, payment);
}
