import { addMs } from "../../../platform/clock.ts";
import type { BillingDeps } from "../deps.ts";
import { invalid } from "../own-url.ts";
import { purchase, type PurchaseInput } from "../payments/purchase.ts";
import type { StartedSession } from "../payments/start-session.ts";
import { ABANDONED_MS } from "./intent.ts";
import { startIntent } from "./start-intent.ts";

export type CheckoutInput = Omit<PurchaseInput, "wanted"> & {
  purpose: "credits" | "invoice";
  /** Key of a pack, or the id of an open invoice. */
  reference: string;
};

/**
 * Starts paying what the reference says, at the price that it has: a pack on the company's page, an open invoice on ours, whose
 * session is the payment. As `purchase` and `startIntent`, 422 for an invoice by PayPal, or with addresses to return to.
 */
export async function startCheckout(deps: BillingDeps, input: CheckoutInput): Promise<StartedSession> {
  const { purpose, reference } = input;
  if (purpose === "credits") {
    if (!deps.packs.some(({ key }) => key === reference))
      throw invalid("/reference", "is not a pack that we sell");
    return purchase(deps, { ...input, wanted: { packKey: reference } });
  }
  if (input.provider !== "stripe") throw invalid("/provider", "does not take invoices");
  if (input.successUrl !== undefined || input.cancelUrl !== undefined)
    throw invalid("/success_url", "is for packs: an invoice is paid on a page of our own");
  const { orgId, actorId, mode, operationId } = input;
  const { payment, payUrl } = await startIntent(deps, {
    orgId,
    actorId,
    mode,
    purpose,
    reference,
    offSession: false,
    operationId,
  });
  const expiresAt = addMs(payment.created_at, ABANDONED_MS);
  return { paymentId: payment.id, sessionId: payment.id, url: payUrl, expiresAt };
}
