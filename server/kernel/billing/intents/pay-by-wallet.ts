import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { PaypalFault } from "../../../vendors/paypal/index.ts";
import type { IntentState } from "../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { MethodRow } from "../methods/store.ts";
import { applyFacts } from "../payments/apply.ts";
import type { PaymentFact } from "../payments/fact.ts";
import { orderFact } from "../payments/paypal/order-fact.ts";
import { drawFetchSeq } from "../payments/store.ts";
import type { Both } from "./answer.ts";

/**
 * One order, made and captured in one call under a key of this try. An answer that is lost is given again for six hours, and
 * told by its event, which names our payment. Throws `PaypalFault` while PayPal is away. Returns what it waits for.
 */
export async function payByWallet(
  deps: BillingDeps,
  { payment, intent }: Both,
  method: MethodRow,
): Promise<Pick<IntentState, "clientSecret" | "nextUrl">> {
  const { clock, db, paypal } = deps;
  assert(paypal, "a payment by PayPal was begun while it was offered");
  const org = payment.org_id as OrgId;
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  let found: PaymentFact;
  let nextUrl: string | null = null;
  try {
    const order = await paypal.api.createOrder({
      holdfastId: payment.id,
      name: "Credits",
      amountMinor: payment.amount_minor,
      currency: payment.currency,
      returnUrl: payment.success_url,
      cancelUrl: payment.cancel_url,
      walletId: method.provider_method_id,
      requestId: `${payment.id}:wallet:${intent.tries}`,
    });
    found = orderFact(order);
    nextUrl = order.approveUrl;
  } catch (error) {
    if (!(error instanceof PaypalFault) || error.kind === "unavailable") throw error;
    found = refused(error.code);
  }
  await withTx(db, org, (tx) =>
    applyFacts(deps, tx, org, [{ paymentId: payment.id, fetchSeq, at: clock.now(), found }], clock.now()),
  );
  return { clientSecret: null, nextUrl };
}

/** No order was made, and nothing taken. */
const refused = (code: string): PaymentFact => ({
  holdfastId: null,
  sessionId: null,
  intentId: null,
  state: { status: "requires_payment_method", failureCode: code },
  charge: null,
  refunds: [],
  paidElsewhere: false,
});
