import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withTx, type Tx } from "../../../platform/db/index.ts";
import { newId, type Id, type OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import { needsApproval, type Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { listRefunds, lockPayments } from "../payments/store.ts";
import { billingProblems } from "../problems.ts";
import {
  FREE_REFUNDS,
  FREE_REFUNDS_DAYS,
  refundable,
  unusedPart,
  type RefundReason,
  type RequestRow,
} from "./refund.ts";
import { tryToEnd } from "./end-subscription.ts";
import { askOthers } from "./mails.ts";
import { sendRefund } from "./send.ts";
import {
  countRecent,
  findOrg,
  findRefundView,
  findRequestOf,
  findSubscriptionOf,
  insertRequest,
  listRequests,
  lockCount,
  type RefundView,
} from "./store.ts";

const DAY_MS = 86_400_000;

export type RefundInput = {
  mode: Mode;
  actorId: string;
  operationId: Id<"idk">;
  paymentId: string;
  kind: "full" | "partial" | "prorated";
  /** Of a partial one. */
  amountMinor: bigint | null;
  reason: RefundReason;
  note: string | null;
  cancelSubscription: "none" | "period_end" | "now";
  clawback: boolean;
};

/**
 * Asks for a refund: our row first, under the payment's lock, then the company. Above the bound, or from an organization's
 * fourth in 30 days on, it waits for another operator. Asked again with the same operation it is the same refund. 404; 409
 * `exceeds_refundable`, `not_refundable`, `no_subscription`.
 */
export async function requestRefund(deps: BillingDeps, input: RefundInput): Promise<RefundView> {
  const org = await withOperatorTx(deps.db, (tx) => findOrg(tx, "payments", input.paymentId));
  if (!org) throw new Problem(common.not_found);
  const row = await withTx(deps.db, org, async (tx) => {
    const [payment] = await lockPayments(tx, org, [input.paymentId]);
    if (payment?.mode !== input.mode) throw new Problem(common.not_found);
    const known = await findRequestOf(tx, org, input.operationId);
    if (known) return known;
    if (payment.charge_id === null || (payment.provider === "paypal" && !deps.paypal))
      throw new Problem(billingProblems.not_refundable);
    const now = deps.clock.now();
    const unused = await unusedOf(tx, payment, input, now);
    const left = refundable(
      payment,
      await listRefunds(tx, org, [payment.id]),
      await listRequests(tx, org, payment.id),
    );
    const amount = unused ?? input.amountMinor ?? left;
    if (amount === 0n || amount > left)
      throw new Problem(billingProblems.exceeds_refundable, { extra: { refundable_minor: Number(left) } });
    await lockCount(tx, org);
    const recent = await countRecent(tx, org, addMs(now, -FREE_REFUNDS_DAYS * DAY_MS));
    const waits =
      recent >= FREE_REFUNDS || needsApproval({ unit: payment.currency, amount }, deps.secondApproval);
    const made: RequestRow = {
      org_id: org,
      id: newId("ref"),
      mode: payment.mode,
      account_id: payment.account_id,
      payment_id: payment.id,
      kind: input.kind,
      amount_minor: amount,
      currency: payment.currency,
      reason: input.reason,
      note: input.note,
      clawback: input.clawback,
      state: waits ? "awaiting_approval" : "requested",
      attempt: 1,
      attempt_at: now,
      absent_since: null,
      refund_id: null,
      failure_code: null,
      operation_id: input.operationId,
      requested_by: input.actorId,
      requested_at: now,
      approved_by: null,
      approved_at: null,
      cancel_subscription: input.cancelSubscription,
      cancelled_at: null,
    };
    await insertRequest(tx, made);
    if (waits) await askOthers(deps, tx, made);
    await audit(tx, now, {
      orgId: org,
      actorId: input.actorId,
      action: "refund.requested",
      targetId: made.id,
      detail: { payment: payment.id, amount_minor: Number(amount), currency: payment.currency, waits },
    });
    return made;
  });
  return sendAndRead(deps, org, row);
}

/** The part of a prorated one. What is sold at once has no period to share out, and nothing to end. */
async function unusedOf(
  tx: Tx,
  payment: PaymentRow,
  { kind, cancelSubscription }: RefundInput,
  now: Date,
): Promise<bigint | null> {
  if (kind !== "prorated" && cancelSubscription === "none") return null;
  const of = await findSubscriptionOf(tx, payment.org_id as OrgId, payment.id);
  if (!of) throw new Problem(billingProblems.no_subscription);
  if (kind !== "prorated") return null;
  const { period_start: start, period_end: end } = of;
  if (!start || !end) throw new Problem(billingProblems.no_subscription);
  return unusedPart(payment.amount_minor, { start, end }, now);
}

/** Sends what may be sent; an answer that is late is looked for by the job. */
export async function sendAndRead(deps: BillingDeps, org: OrgId, row: RequestRow): Promise<RefundView> {
  if (row.state === "requested" && (await sendRefund(deps, org, row)) === "sent") await tryToEnd(deps, row);
  const view = await withOperatorTx(deps.db, (tx) => findRefundView(tx, row.id));
  if (!view) throw new Problem(common.not_found);
  return view;
}
