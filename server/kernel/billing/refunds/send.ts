import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { applyFacts } from "../payments/apply.ts";
import type { RefundFact } from "../payments/fact.ts";
import { findPayment, lockPayments } from "../payments/store.ts";
import type { BillingDeps } from "../deps.ts";
import { createRefund, type Paid } from "./company.ts";
import type { RequestRow } from "./refund.ts";
import { lockRequest, updateRequest } from "./store.ts";

/**
 * Tells the company, under a key made of the row and its attempt. `sent` when it has the refund, `refused` after a definite
 * no, which frees the amount; `unknown` leaves the row as it is: the same key is safe to use again.
 */
export async function sendRefund(
  deps: BillingDeps,
  org: OrgId,
  row: RequestRow,
): Promise<"sent" | "refused" | "unknown" | "kept_5xx"> {
  const payment = await withTx(deps.db, org, (tx) => findPayment(tx, org, row.payment_id));
  if (!payment?.charge_id) return "unknown";
  try {
    const refund = await createRefund(deps, payment as Paid, row, `${row.id}:refund:${row.attempt}`);
    await adoptRefund(deps, org, row, refund);
    return "sent";
  } catch (error) {
    if (!(error instanceof CompanyFault)) throw error;
    if (error.kind === "unavailable") return error.answered5xx ? "kept_5xx" : "unknown";
    await refuse(deps, org, row, error.code);
    return "refused";
  }
}

/** The row learns of the company's refund, and its money and credits move, in one transaction. */
export function adoptRefund(
  deps: BillingDeps,
  org: OrgId,
  { id, payment_id }: RequestRow,
  refund: RefundFact,
): Promise<void> {
  return withTx(deps.db, org, async (tx) => {
    // The payment first, as everywhere.
    await lockPayments(tx, org, [payment_id]);
    const row = await lockRequest(tx, org, id);
    if (row?.state !== "requested") return;
    await updateRequest(tx, { ...row, state: "sent", refund_id: refund.id, absent_since: null });
    const found = {
      holdfastId: null,
      sessionId: null,
      intentId: null,
      state: null,
      charge: null,
      refunds: [refund],
      paidElsewhere: false,
    };
    const fact = { paymentId: payment_id, at: refund.createdAt, fetchSeq: null, found };
    await applyFacts(deps, tx, org, [fact], deps.clock.now());
  });
}

function refuse({ db }: BillingDeps, org: OrgId, { id, payment_id, attempt }: RequestRow, code: string) {
  return withTx(db, org, async (tx) => {
    await lockPayments(tx, org, [payment_id]);
    const row = await lockRequest(tx, org, id);
    if (row?.state === "requested" && row.attempt === attempt)
      await updateRequest(tx, { ...row, state: "refused", failure_code: code });
  });
}
