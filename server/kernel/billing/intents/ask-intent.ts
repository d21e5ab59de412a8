import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { IntentState } from "../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../deps.ts";
import { applyFacts } from "../payments/apply.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { drawFetchSeq } from "../payments/store.ts";

/** Asks for an intent whole and applies the answer, as delivery does. Throws `StripeFault`. */
export async function refreshIntent(
  deps: BillingDeps,
  { org_id, id, intent_id }: Pick<PaymentRow, "org_id" | "id" | "intent_id">,
): Promise<IntentState | null> {
  if (intent_id === null) return null;
  const { clock, db, stripe } = deps;
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const state = await stripe.fetchIntent(intent_id);
  const org = org_id as OrgId;
  const fact = { paymentId: id, fetchSeq, at: clock.now(), found: state.payment };
  await withTx(db, org, (tx) => applyFacts(deps, tx, org, [fact], clock.now()));
  return state;
}
