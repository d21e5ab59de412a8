/** A payment and what facts make of it. Pure: no clock, no database, no network. */
import type { BillingPayments, BillingRefunds } from "../../../../db/rows.ts";
import type { Narrowed } from "../../../platform/db/index.ts";
import type { Mode, NewGrant, Posting } from "../../ledger/index.ts";
import { RuleBroken } from "../../webhooks/index.ts";
import type { ChargeFact, PaymentFact, PaymentState, Provider, RefundFact, RefundStatus } from "./fact.ts";

export type PaymentStatus =
  | "creating"
  | "requires_payment_method"
  | "requires_action"
  | "processing"
  | "succeeded"
  | "failed"
  | "canceled"
  | "partially_refunded"
  | "refunded"
  | "disputed"
  | "reversed";

/** What is paid for: a pack, a subscription's invoice charged by the company, an invoice paid by hand. */
export type PaymentPurpose = "credits" | "subscription" | "invoice";

export type PaymentRow = Narrowed<
  Omit<BillingPayments, "operation_id" | "created_by">,
  {
    id: `pay_${string}`;
    mode: Mode;
    provider: Provider;
    purpose: PaymentPurpose;
    status: PaymentStatus;
    dispute: "open" | "lost" | null;
  }
>;

export type RefundRow = Narrowed<Omit<BillingRefunds, "org_id" | "account_id">, { status: RefundStatus }>;

/** One fact about one payment. `fetchSeq` is set when it was fetched rather than told by an event. */
export type Fact = { paymentId: string; at: Date; fetchSeq: bigint | null; found: PaymentFact };

/** Events this close to what was last written do not say which came later. */
export const CLOSE_MS = 5_000;

/** What a fact changes besides the rows. */
export type Moves = {
  postings: Posting[];
  grants: NewGrant[];
  /** Refunds that take credits back now, or by failing give them again; and all that was refunded after each. */
  takenBack: { refundId: string; totalMinor: bigint; failed: boolean }[];
};

export type Walked = { payment: PaymentRow; refunds: Map<string, RefundRow>; moves: Moves };

/** True when this event's state cannot be ordered against the row's: the payment has to be asked for. */
export function isUnclear(
  row: Pick<PaymentRow, "charge_id" | "status" | "failure_code" | "as_of">,
  at: Date,
  state: PaymentState,
): boolean {
  const isSame = row.status === state.status && row.failure_code === state.failureCode;
  if (row.charge_id !== null || isSame) return false;
  return Math.abs(at.getTime() - row.as_of.getTime()) <= CLOSE_MS;
}

/** Applies one fact. Throws `RuleBroken` for money that is not what was sold. */
export function walk(before: PaymentRow, known: ReadonlyMap<string, RefundRow>, fact: Fact): Walked {
  const moves: Moves = { postings: [], grants: [], takenBack: [] };
  const refunds = new Map(known);
  let payment = linked(before, fact.found);
  payment = withTax(payment, fact.found, moves);
  if (fact.found.state && !fact.found.charge) payment = withState(payment, fact, fact.found.state);
  if (fact.found.charge) payment = withCharge(payment, known, fact.found.charge, moves);
  for (const refund of fact.found.refunds) payment = withRefund(payment, refunds, refund, moves);
  if (fact.fetchSeq !== null && fact.fetchSeq > payment.fetch_seq)
    payment = { ...payment, fetch_seq: fact.fetchSeq, as_of: later(payment.as_of, fact.at) };
  return { payment: settledStatus(payment), refunds, moves };
}

/** What was paid keeps the intent that paid it, whichever others bear its name. */
function linked(row: PaymentRow, { sessionId, intentId }: PaymentFact): PaymentRow {
  const session_id = row.session_id ?? sessionId;
  const intent_id = row.charge_id === null ? (intentId ?? row.intent_id) : (row.intent_id ?? intentId);
  return session_id === row.session_id && intent_id === row.intent_id
    ? row
    : { ...row, session_id, intent_id };
}

/** The tax in what is sold is no revenue: told with the charge it is posted with it, told afterwards it is moved. */
function withTax(row: PaymentRow, { taxMinor }: PaymentFact, moves: Moves): PaymentRow {
  // An invoice has split its own already.
  if (!taxMinor || taxMinor < 0n || row.invoice_id !== null || row.tax_minor !== 0n) return row;
  const next = { ...row, tax_minor: taxMinor };
  const posted = row.charge_id === null ? 0n : taxMinor;
  const back = taxOfRefunded(next, row.refunded_minor);
  const entries = [
    { account: "revenue", unit: row.currency, amount: posted },
    { account: "refunds", unit: row.currency, amount: -back },
    { account: "tax", unit: row.currency, amount: back - posted },
  ].filter(({ amount }) => amount !== 0n);
  const reference = `${row.id}:taxed`;
  if (entries.length > 0) moves.postings.push({ mode: row.mode, kind: "payment.taxed", reference, entries });
  return next;
}

/** State is the newest known. It never outranks money that was captured. */
function withState(row: PaymentRow, fact: Fact, state: PaymentState): PaymentRow {
  if (row.charge_id !== null) return row;
  const isNewer =
    fact.fetchSeq === null
      ? fact.at.getTime() - row.as_of.getTime() > CLOSE_MS
      : fact.fetchSeq > row.fetch_seq;
  if (!isNewer) return row;
  return { ...row, status: state.status, failure_code: state.failureCode, as_of: fact.at };
}

function withCharge(
  row: PaymentRow,
  refunds: ReadonlyMap<string, RefundRow>,
  charge: ChargeFact,
  moves: Moves,
): PaymentRow {
  const fee_transaction_id = row.fee_transaction_id ?? charge.balanceTransactionId;
  if (row.charge_id === charge.id) {
    const same = fee_transaction_id === row.fee_transaction_id ? row : { ...row, fee_transaction_id };
    return withFee(same, charge, moves);
  }
  if (row.charge_id !== null)
    throw new RuleBroken(
      "second_charge",
      `The payment was paid by ${row.charge_id} and again by ${charge.id}`,
    );
  if (charge.capturedMinor !== row.amount_minor || charge.currency !== row.currency)
    throw new RuleBroken(
      "amount_mismatch",
      `Sold for ${row.amount_minor} ${row.currency}, paid ${charge.capturedMinor} ${charge.currency}`,
    );
  const reference = `${row.provider}:${row.account_id}:${charge.id}:captured`;
  moves.postings.push(captured(row, reference));
  if (row.credits_micros > 0n)
    moves.grants.push({
      mode: row.mode,
      unit: "credit",
      kind: "purchase",
      amount: row.credits_micros,
      reference: creditsReference(row),
    });
  // Refunds that were told before their charge had nothing to take back yet.
  let totalMinor = 0n;
  for (const refund of refunds.values()) {
    if (refund.status !== "succeeded" || refund.keeps_credits) continue;
    totalMinor += refund.amount_minor;
    moves.takenBack.push({ refundId: refund.id, totalMinor, failed: false });
  }
  const paid = {
    ...row,
    charge_id: charge.id,
    failure_code: null,
    fee_transaction_id,
    paid_at: charge.createdAt,
    as_of: later(row.as_of, charge.createdAt),
  };
  return withFee(paid, charge, moves);
}

/** A fee that the charge shows is posted with it; one that is booked apart is fetched later (`post-fees.ts`). */
function withFee(row: PaymentRow, { id, feeMinor }: ChargeFact, moves: Moves): PaymentRow {
  if (row.fee_minor !== null || feeMinor === undefined || feeMinor === null) return row;
  if (feeMinor !== 0n) moves.postings.push(fee(row, `${row.provider}:${row.account_id}:${id}:fee`, feeMinor));
  return { ...row, fee_minor: feeMinor };
}

/** What the company gives back of its fee, or by a refund that failed takes again. */
function withFeeBack(row: PaymentRow, reference: string, backMinor: bigint, moves: Moves): PaymentRow {
  if (row.fee_minor === null || backMinor === 0n) return row;
  moves.postings.push(fee(row, reference, -backMinor));
  return { ...row, fee_minor: row.fee_minor - backMinor };
}

const fee = (row: PaymentRow, reference: string, amount: bigint): Posting =>
  cash(row, "payment.fee", reference, "fees", -amount);

const RANK: Record<RefundStatus, number> = { pending: 0, succeeded: 1, failed: 2, canceled: 2 };

/** A refund only moves forward, whatever the order in which it is told. */
function withRefund(
  row: PaymentRow,
  refunds: Map<string, RefundRow>,
  refund: RefundFact,
  moves: Moves,
): PaymentRow {
  const known = refunds.get(refund.id);
  if (known && RANK[refund.status] <= RANK[known.status]) return row;
  if (refund.currency !== row.currency)
    throw new RuleBroken("refund_currency", `Paid in ${row.currency}, refunded in ${refund.currency}`);
  const next: RefundRow = {
    id: refund.id,
    payment_id: row.id,
    amount_minor: refund.amountMinor,
    currency: refund.currency,
    status: refund.status,
    clawed_back_micros: known?.clawed_back_micros ?? 0n,
    keeps_credits: known?.keeps_credits ?? refund.keepsCredits ?? false,
    created_at: refund.createdAt,
  };
  refunds.set(refund.id, next);
  const reference = `${row.provider}:${row.account_id}:${refund.id}`;
  const feeBack = refund.feeMinor ?? 0n;
  if (refund.status === "succeeded") {
    moves.postings.push(refunded(row, "payment.refunded", `${reference}:refunded`, refund.amountMinor));
    const after = withFeeBack(row, `${reference}:fee`, feeBack, moves);
    return withTotal(after, refunds, next, moves);
  }
  if (known?.status !== "succeeded") return row;
  moves.postings.push(refunded(row, "refund.failed", `${reference}:failed`, -refund.amountMinor));
  const after = withFeeBack(row, `${reference}:fee_failed`, -feeBack, moves);
  return withTotal(after, refunds, next, moves);
}

/** Credits follow what is refunded in all. Before the charge there are none; it takes what is due when it comes. */
function withTotal(
  row: PaymentRow,
  refunds: ReadonlyMap<string, RefundRow>,
  refund: RefundRow,
  moves: Moves,
): PaymentRow {
  const failed = refund.status !== "succeeded";
  const totalMinor = refundedWithCredits(refunds) + row.lost_minor;
  if (row.charge_id !== null && !refund.keeps_credits)
    moves.takenBack.push({ refundId: refund.id, totalMinor, failed });
  const change = failed ? -refund.amount_minor : refund.amount_minor;
  return { ...row, refunded_minor: row.refunded_minor + change };
}

/** Money that went back and takes its credits along. */
export function refundedWithCredits(refunds: ReadonlyMap<string, RefundRow>): bigint {
  let total = 0n;
  for (const { status, keeps_credits, amount_minor } of refunds.values())
    if (status === "succeeded" && !keeps_credits) total += amount_minor;
  return total;
}

/** A dispute outranks refunds, until it is won. */
export function settledStatus(row: PaymentRow): PaymentRow {
  if (row.charge_id === null) return row;
  const status = statusOf(row);
  return row.status === status ? row : { ...row, status };
}

function statusOf({ dispute, refunded_minor, amount_minor }: PaymentRow): PaymentStatus {
  if (dispute === "open") return "disputed";
  if (dispute === "lost") return "reversed";
  if (refunded_minor === 0n) return "succeeded";
  return refunded_minor < amount_minor ? "partially_refunded" : "refunded";
}

/** `amount` into the account's clearing, out of `other`; negative the other way round. */
function cash(row: PaymentRow, kind: string, reference: string, other: string, amount: bigint): Posting {
  return {
    mode: row.mode,
    kind,
    reference,
    entries: [
      { account: `clearing:${row.account_id}`, unit: row.currency, amount },
      { account: other, unit: row.currency, amount: -amount },
    ],
  };
}

/** What an invoice asks for is revenue from when it is owed; anything else from when it is paid, less its tax. */
function captured(row: PaymentRow, reference: string): Posting {
  const { amount_minor: amount, invoice_id, tax_minor: tax } = row;
  if (invoice_id !== null) return cash(row, "payment.captured", reference, "receivable", amount);
  const posting = cash(row, "payment.captured", reference, "revenue", amount);
  const entries = posting.entries.map((entry) =>
    entry.account === "revenue" ? { ...entry, amount: entry.amount + tax } : entry,
  );
  return tax === 0n
    ? posting
    : { ...posting, entries: [...entries, { account: "tax", unit: row.currency, amount: -tax }] };
}

/** Money that goes back takes its tax along, each time up to its share of all that is back; below zero: it did not after all. */
function refunded(row: PaymentRow, kind: string, reference: string, amount: bigint): Posting {
  const taxBack = taxOfRefunded(row, row.refunded_minor + amount) - taxOfRefunded(row, row.refunded_minor);
  const entries = [
    { account: `clearing:${row.account_id}`, unit: row.currency, amount: -amount },
    { account: "refunds", unit: row.currency, amount: amount - taxBack },
    { account: "tax", unit: row.currency, amount: taxBack },
  ].filter((entry) => entry.amount !== 0n);
  return { mode: row.mode, kind, reference, entries };
}

function taxOfRefunded({ amount_minor: paid, tax_minor: tax }: PaymentRow, total: bigint): bigint {
  return (tax * (total < paid ? total : paid)) / paid;
}

export const creditsReference = ({ id }: Pick<PaymentRow, "id">) => `${id}:credits`;

const later = (a: Date, b: Date) => (a > b ? a : b);
