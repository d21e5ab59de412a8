import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import { clawBack, post, restoreClawedBack } from "../../ledger/index.ts";
import { isNews, RuleBroken, type Effect } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import {
  creditsReference,
  refundedWithCredits,
  settledStatus,
  type PaymentRow,
} from "../payments/payment.ts";
import { listRefunds, lockPayments, placeObjects, updatePayments } from "../payments/store.ts";
import { disputeAnnouncement } from "./announcement.ts";
import { standingOf, walkDispute, type DisputeRow, type DisputeTold } from "./dispute.ts";
import { listDisputesOf, saveDispute } from "./store.ts";

type Deps = Pick<BillingDeps, "hub" | "announce">;

/**
 * Applies facts about disputes of one organization, in order, in the caller's transaction: posts the money that was taken
 * or given back, and takes the credits that a lost one's money bought. Payments are locked first, then balances, then grants.
 */
export async function applyDisputes(
  deps: Deps,
  tx: Tx,
  org: OrgId,
  facts: readonly DisputeTold[],
  now: Date,
): Promise<Effect[][]> {
  const ids = [...new Set(facts.map(({ paymentId }) => paymentId))];
  const payments = new Map((await lockPayments(tx, org, ids)).map((row) => [row.id as string, row]));
  const disputes = new Map((await listDisputesOf(tx, org, ids)).map((row) => [row.id, row]));
  const told: { before: DisputeRow | null; row: DisputeRow }[] = [];
  const effects: Effect[][] = [];
  for (const fact of facts) {
    const payment = payments.get(fact.paymentId);
    assert(payment, "a payment in the directory exists");
    if (fact.dispute.currency !== payment.currency)
      throw new RuleBroken(
        "dispute_currency",
        `Paid in ${payment.currency}, disputed in ${fact.dispute.currency}`,
      );
    const before = disputes.get(fact.dispute.id) ?? null;
    const { row, postings } = walkDispute(before, payment, fact);
    disputes.set(row.id, row);
    const posted = await post(tx, org, postings, now);
    const next = await settle(tx, org, payment, row, disputes, now);
    payments.set(payment.id, next);
    told.push({ before, row: disputes.get(row.id) ?? row });
    effects.push([
      ...(isNews(before, disputes.get(row.id) ?? row) ? [{ kind: "dispute", id: row.id }] : []),
      ...posted.flatMap(({ posted: isNew, transactionId: id }) =>
        isNew ? [{ kind: "transaction", id }] : [],
      ),
    ]);
  }
  await tell(deps, tx, org, told, now);
  return effects;
}

/** The payment as its disputes leave it; credits follow what was lost, and come back with what was not lost after all. */
async function settle(
  tx: Tx,
  org: OrgId,
  payment: PaymentRow,
  row: DisputeRow,
  disputes: Map<string, DisputeRow>,
  now: Date,
): Promise<PaymentRow> {
  const mine = [...disputes.values()].filter(({ payment_id: id }) => id === payment.id);
  const next = settledStatus({ ...payment, ...standingOf(mine) });
  await placeObjects(tx, payment.account_id, [{ object_id: row.id, org_id: org, payment_id: payment.id }]);
  await updatePayments(tx, org, [next]);
  const lost = next.lost_minor - payment.lost_minor;
  const refunds = new Map((await listRefunds(tx, org, [payment.id])).map((each) => [each.id, each]));
  const claim = {
    grantReference: creditsReference(payment),
    refundedTotal: refundedWithCredits(refunds) + next.lost_minor,
    paidTotal: payment.amount_minor,
  };
  // Named by the sum as well: what is lost may grow, and may come back, more than once.
  const name = (what: string) => `${row.id}:${what}:${next.lost_minor}`;
  let taken = 0n;
  if (lost > 0n) taken = (await clawBack(tx, org, { ...claim, reference: name("clawback") }, now)).clawedBack;
  if (lost < 0n)
    taken = -(await restoreClawedBack(tx, org, { ...claim, reference: name("restored") }, now)).restored;
  const saved = { ...row, clawed_back_micros: row.clawed_back_micros + taken };
  disputes.set(row.id, saved);
  await saveDispute(tx, saved);
  return next;
}

async function tell(
  { announce, hub }: Deps,
  tx: Tx,
  org: OrgId,
  told: readonly { before: DisputeRow | null; row: DisputeRow }[],
  now: Date,
): Promise<void> {
  for (const { before, row } of told)
    if (before?.status !== row.status)
      await audit(tx, now, {
        orgId: org,
        actorId: "system",
        action: before ? "dispute.updated" : "dispute.opened",
        targetId: row.id,
        detail: {
          payment: row.payment_id,
          status: row.status,
          amount_minor: Number(row.amount_minor),
          currency: row.currency,
        },
      });
  const events = told.flatMap(({ before, row }) => disputeAnnouncement(before, row));
  if (events.length > 0) await announce(tx, org, events);
  tx.afterCommit(() => {
    const ids = [...new Set(told.map(({ row }) => row.payment_id))];
    hub.publish("payment.updated", org, { payment_ids: ids.slice(0, 20) });
    hub.publish("credits.changed", org);
  });
}
