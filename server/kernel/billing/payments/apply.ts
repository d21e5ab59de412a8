import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { clawBack, grant, post, restoreClawedBack, type NewGrant, type Posting } from "../../ledger/index.ts";
import { isNews, type Effect } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import { announcementsOf } from "./announcements.ts";
import { mailMoves } from "./mails.ts";
import { creditsReference, walk, type Fact, type Moves, type PaymentRow, type RefundRow } from "./payment.ts";
import { savePayments } from "./save-payments.ts";
import { listRefunds, lockPayments, placeObjects, saveRefunds, type Place } from "./store.ts";

type Batch = {
  payments: Map<string, PaymentRow>;
  refunds: Map<string, Map<string, RefundRow>>;
  postings: { fact: number; posting: Posting }[];
  grants: { fact: number; grant: NewGrant }[];
  /** Those that were not there before. */
  granted: { id: string; grant: NewGrant }[];
  /** Refunds whose credits are taken back, or given again. */
  takenBack: (Moves["takenBack"][number] & { paymentId: string })[];
};

/**
 * Applies facts about payments of one organization, in order, in the caller's transaction: delivery, backfill, replay and
 * the buyer's return all come here. Payments are locked first, then balances, then grants. Returns the effects per fact.
 */
export async function applyFacts(
  deps: Pick<BillingDeps, "hub" | "announce" | "mail">,
  tx: Tx,
  org: OrgId,
  facts: readonly Fact[],
  now: Date,
): Promise<Effect[][]> {
  const ids = [...new Set(facts.map(({ paymentId }) => paymentId))];
  const before = new Map((await lockPayments(tx, org, ids)).map((row) => [row.id as string, row]));
  const refundsBefore = group(await listRefunds(tx, org, ids));
  const batch: Batch = {
    payments: new Map(before),
    refunds: new Map(refundsBefore),
    postings: [],
    grants: [],
    granted: [],
    takenBack: [],
  };
  facts.forEach((fact, index) => take(batch, fact, index));
  const accountId = accountOf(before);
  await placeObjects(tx, accountId, placesOf(facts, org));
  const effects = await moveMoney(tx, org, batch, facts.length, now);
  const changed = [...batch.payments.values()].filter((row) => row !== before.get(row.id));
  const refunds = changedRefunds(batch, refundsBefore);
  await saveRefunds(tx, org, accountId, refunds);
  await savePayments(tx, org, changed, now);
  await mailMoves(deps, tx, org, { before, payments: changed, refundsBefore, refunds });
  const told = announcementsOf({ before, payments: changed, refunds, grants: batch.granted }, now);
  if (told.length > 0) await deps.announce(tx, org, told);
  const news = changed.filter((row) => isNews(before.get(row.id) ?? null, row));
  const seen = new Set(news.map(({ id }) => id as string));
  facts.forEach(({ paymentId }, index) => {
    if (seen.delete(paymentId)) effects[index]?.push({ kind: "payment", id: paymentId });
  });
  if (changed.length > 0)
    tx.afterCommit(() => tell(deps, org, changed, batch.grants.length + batch.takenBack.length > 0));
  return effects;
}

/** Facts of one batch come from one source, so their payments are of one account. */
function accountOf(payments: ReadonlyMap<string, PaymentRow>): string {
  const [accountId, ...others] = new Set([...payments.values()].map(({ account_id }) => account_id));
  assert(accountId !== undefined && others.length === 0, "a batch is of one account");
  return accountId;
}

function take(batch: Batch, fact: Fact, index: number): void {
  const row = batch.payments.get(fact.paymentId);
  assert(row, "a payment in the directory exists");
  const { payment, refunds, moves } = walk(row, batch.refunds.get(row.id) ?? new Map(), fact);
  batch.payments.set(row.id, payment);
  batch.refunds.set(row.id, refunds);
  for (const posting of moves.postings) batch.postings.push({ fact: index, posting });
  for (const grant of moves.grants) batch.grants.push({ fact: index, grant });
  for (const taken of moves.takenBack) batch.takenBack.push({ paymentId: row.id, ...taken });
}

async function moveMoney(tx: Tx, org: OrgId, batch: Batch, count: number, now: Date): Promise<Effect[][]> {
  const effects: Effect[][] = Array.from({ length: count }, () => []);
  const posted = await post(
    tx,
    org,
    batch.postings.map(({ posting }) => posting),
    now,
  );
  posted.forEach(({ posted: isNew, transactionId }, i) => {
    if (isNew) effects[batch.postings[i]?.fact ?? 0]?.push({ kind: "transaction", id: transactionId });
  });
  if (batch.grants.length > 0) {
    const granted = await grant(
      tx,
      org,
      batch.grants.map(({ grant }) => grant),
      now,
    );
    granted.forEach(({ granted: isNew, grantId }, i) => {
      const wanted = batch.grants[i];
      if (!isNew || !wanted) return;
      effects[wanted.fact]?.push({ kind: "grant", id: grantId });
      batch.granted.push({ id: grantId, grant: wanted.grant });
    });
  }
  for (const taken of batch.takenBack) await takeBack(tx, org, batch, taken, now);
  return effects;
}

/** Credits follow the money back, and again when a refund fails. Whichever of grant and refund comes second does it. */
async function takeBack(
  tx: Tx,
  org: OrgId,
  batch: Batch,
  { paymentId, refundId, totalMinor, failed }: Batch["takenBack"][number],
  now: Date,
): Promise<void> {
  const payment = batch.payments.get(paymentId);
  const refunds = batch.refunds.get(paymentId);
  const refund = refunds?.get(refundId);
  assert(payment && refund, "a refund that takes credits back is of this batch");
  const claim = {
    grantReference: creditsReference(payment),
    refundedTotal: totalMinor,
    paidTotal: payment.amount_minor,
    reference: `${refundId}:${failed ? "restored" : "clawback"}`,
  };
  const taken = failed
    ? -(await restoreClawedBack(tx, org, claim, now)).restored
    : (await clawBack(tx, org, claim, now)).clawedBack;
  if (taken !== 0n)
    refunds?.set(refundId, { ...refund, clawed_back_micros: refund.clawed_back_micros + taken });
}

/**
 * Takes from credits that were given only now what was refunded of their payment before. The caller has locked the payment.
 */
export async function takeBackRefunded(tx: Tx, org: OrgId, payment: PaymentRow, now: Date): Promise<void> {
  const { id, account_id: accountId, amount_minor: paidTotal } = payment;
  let refundedTotal = 0n;
  const changed: RefundRow[] = [];
  for (const refund of await listRefunds(tx, org, [id])) {
    if (refund.status !== "succeeded" || refund.keeps_credits) continue;
    refundedTotal += refund.amount_minor;
    const grantReference = creditsReference(payment);
    const claim = { grantReference, refundedTotal, paidTotal, reference: `${refund.id}:clawback` };
    const { clawedBack } = await clawBack(tx, org, claim, now);
    if (clawedBack > 0n)
      changed.push({ ...refund, clawed_back_micros: refund.clawed_back_micros + clawedBack });
  }
  await saveRefunds(tx, org, accountId, changed);
}

function placesOf(facts: readonly Fact[], org: OrgId): Place[] {
  const places = new Map<string, Place>();
  for (const { paymentId, found } of facts) {
    const ids = [found.sessionId, found.intentId, found.charge?.id, ...found.refunds.map(({ id }) => id)];
    for (const id of ids) if (id) places.set(id, { object_id: id, org_id: org, payment_id: paymentId });
  }
  return [...places.values()];
}

function group(rows: readonly RefundRow[]): Map<string, Map<string, RefundRow>> {
  const groups = new Map<string, Map<string, RefundRow>>();
  for (const row of rows) {
    const of = groups.get(row.payment_id) ?? new Map<string, RefundRow>();
    groups.set(row.payment_id, of.set(row.id, row));
  }
  return groups;
}

function changedRefunds(batch: Batch, before: Batch["refunds"]): RefundRow[] {
  return [...batch.refunds].flatMap(([paymentId, rows]) =>
    [...rows.values()].filter((row) => before.get(paymentId)?.get(row.id) !== row),
  );
}

function tell(
  { hub }: Pick<BillingDeps, "hub">,
  org: OrgId,
  changed: readonly PaymentRow[],
  credits: boolean,
): void {
  hub.publish("payment.updated", org, { payment_ids: changed.slice(0, 20).map(({ id }) => id) });
  if (credits) hub.publish("credits.changed", org);
}
