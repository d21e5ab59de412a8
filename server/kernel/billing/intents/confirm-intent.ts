import { CompanyFault } from "../../../platform/calls/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert, Problem } from "../../../platform/problem.ts";
import type { IntentState } from "../../../vendors/stripe/index.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { findMethod, type MethodRow } from "../methods/store.ts";
import { invalid, ownUrl } from "../own-url.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { lockPayments } from "../payments/store.ts";
import { billingProblems } from "../problems.ts";
import { asking } from "../subscriptions/company-answer.ts";
import { answerOf, getIntent, readIntent, type Both, type IntentAnswer } from "./answer.ts";
import { refreshIntent } from "./ask-intent.ts";
import { giveUpPlanOf } from "../subscriptions/checkouts/give-up.ts";
import { endIntent } from "./cancel-intent.ts";
import { followInvoice } from "./follow-invoice.ts";
import { isOurs, isOver, isUsedUp, MAX_TRIES } from "./intent.ts";
import { makeIntent } from "./make-intent.ts";
import { payByWallet } from "./pay-by-wallet.ts";
import { beginTry, findIntent } from "./store.ts";

export type Confirmation = {
  orgId: OrgId;
  mode: Mode;
  id: string;
  /** The one of the try before, when nobody says. */
  methodId?: string | undefined;
  offSession?: boolean;
  returnUrl?: string | undefined;
  /** Of the Idempotency-Key; a retry is the same try. */
  operationId: string;
};

/**
 * Tries to pay with a method that is kept. A refusal is an answer, not an error: the third one cancels the payment. 404, 409
 * `payment_over`, 422 for no method or another company's, 503 `provider_unavailable`: nothing is known yet, and the same
 * Idempotency-Key asks for the same try.
 */
export async function confirmIntent(deps: BillingDeps, input: Confirmation): Promise<IntentAnswer> {
  const { id, mode, orgId } = input;
  const returnUrl = ownUrl(deps.baseUrl, input.returnUrl, "/return_url", `/pay/${id}`);
  const known = await getIntent(deps, orgId, mode, id);
  if (known.payment.charge_id !== null || known.payment.status === "processing")
    return answerOf(deps, known, null);
  if (isOver(known.payment)) throw new Problem(billingProblems.payment_over);
  const method = await methodOf(deps, known, input);
  return asking(async () => {
    if (known.payment.provider === "stripe") await made(deps, known.payment);
    const both = await begin(deps, input, method);
    const state =
      both.payment.provider === "paypal"
        ? await payByWallet(deps, both, method)
        : await tryCard(deps, both, { method, returnUrl });
    return finish(deps, orgId, id, state);
  });
}

async function methodOf(
  deps: BillingDeps,
  { payment, intent }: Both,
  { methodId, mode, orgId }: Confirmation,
): Promise<MethodRow> {
  const wanted = methodId ?? intent.method_id;
  if (wanted === null) throw invalid("/payment_method_id", "is needed");
  const method = await withTx(deps.db, orgId, (tx) => findMethod(tx, orgId, mode, wanted));
  if (method?.account_id !== payment.account_id)
    throw invalid("/payment_method_id", "is no payment method of yours at this payment's company");
  return method;
}

/** The intent must be known before a try is counted. */
async function made(deps: BillingDeps, payment: PaymentRow): Promise<void> {
  if ((await makeIntent(deps, payment)) === null)
    throw new Problem(billingProblems.provider_unavailable, { retryAfter: 600 });
}

/** Counts the try, once per operation. */
function begin(deps: BillingDeps, input: Confirmation, method: MethodRow): Promise<Both> {
  const { id, operationId, orgId: org } = input;
  return withTx(deps.db, org, async (tx) => {
    const [payment] = await lockPayments(tx, org, [id]);
    const intent = await findIntent(tx, org, id);
    assert(payment && intent, "a payment that was begun is there");
    if (intent.operation_id === operationId) return { payment, intent };
    if (isOver(payment) || intent.tries >= MAX_TRIES) throw new Problem(billingProblems.payment_over);
    const next = {
      ...intent,
      method_id: method.id,
      off_session: input.offSession ?? false,
      tries: intent.tries + 1,
      operation_id: operationId,
      acted_at: deps.clock.now(),
    };
    await beginTry(tx, org, next);
    return { payment, intent: next };
  });
}

/** What Stripe says to the card is told by the intent itself, a refusal too. */
async function tryCard(
  deps: BillingDeps,
  { payment, intent }: Both,
  { method, returnUrl }: { method: MethodRow; returnUrl: string },
): Promise<IntentState | null> {
  assert(payment.intent_id, "a payment is tried once its intent is known");
  try {
    await deps.stripe.confirmIntent(payment.intent_id, {
      methodId: method.provider_method_id,
      offSession: intent.off_session,
      returnUrl,
      idempotencyKey: `${payment.id}:confirm:${intent.tries}`,
    });
  } catch (error) {
    if (!(error instanceof CompanyFault) || error.kind === "unavailable") throw error;
  }
  return refreshIntent(deps, payment);
}

/** As it stands after the try; what was paid has its effect at once, and the third refusal ends it. */
async function finish(
  deps: BillingDeps,
  org: OrgId,
  id: string,
  state: Pick<IntentState, "clientSecret" | "nextUrl"> | null,
): Promise<IntentAnswer> {
  const both = await readIntent(deps, org, id);
  await followInvoice(deps, both.payment);
  if (!isUsedUp(both.payment, both.intent)) return answerOf(deps, both, state);
  if (isOurs(both.payment)) await endIntent(deps, both.payment);
  else if (!(await giveUpPlanOf(deps, both.payment))) return answerOf(deps, both, state);
  return answerOf(deps, await readIntent(deps, org, id), null);
}
