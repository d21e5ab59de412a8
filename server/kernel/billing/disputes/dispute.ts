/** A dispute and what facts make of it. Pure: no clock, no database, no network. */
import type { BillingDisputes } from "../../../../db/rows.ts";
import type { Narrowed } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode, Posting } from "../../ledger/index.ts";
import { cashReference, feeReference } from "../cash.ts";
import type { Provider } from "../payments/fact.ts";
import type { PaymentRow } from "../payments/payment.ts";

/** Those that begin with `warning_` ask a question: money is not in dispute yet. Both companies' words fit these. */
export const DISPUTE_STATUSES = [
  "warning_needs_response",
  "warning_under_review",
  "warning_closed",
  "needs_response",
  "under_review",
  "won",
  "lost",
  "prevented",
] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** What the company booked for a dispute, in or out of the account. Signed minor units, positive into the account. */
export type DisputeLine = {
  id: string;
  amountMinor: bigint;
  /** What it keeps for the case. */
  feeMinor: bigint;
  currency: string;
  /** The whole line is what it keeps. */
  isFee?: boolean;
};

/** A dispute whole, as its company has it now. */
export type DisputeFact = {
  id: string;
  chargeId: string;
  amountMinor: bigint;
  currency: string;
  reason: string;
  status: DisputeStatus;
  evidenceDueAt: Date | null;
  createdAt: Date;
  lines: readonly DisputeLine[];
};

/** `fetchSeq` was drawn before the question, `at` is the time of the answer, `toldAt` of the event that led to it. */
export type DisputeTold = {
  paymentId: string;
  fetchSeq: bigint;
  at: Date;
  toldAt: Date;
  dispute: DisputeFact;
};

export type DisputeRow = Narrowed<
  BillingDisputes,
  { org_id: OrgId; mode: Mode; provider: Provider; status: DisputeStatus }
>;

const ENDED: ReadonlySet<DisputeStatus> = new Set(["won", "lost", "warning_closed", "prevented"]);
export const isOver = ({ status }: Pick<DisputeRow, "status">): boolean => ENDED.has(status);
const isInquiry = ({ status }: Pick<DisputeRow, "status">): boolean => status.startsWith("warning_");

type OfPayment = Pick<PaymentRow, "org_id" | "id" | "mode" | "account_id" | "provider">;

/**
 * Applies one fact. Money moves by the lines that it lists, each once, in and out, whatever is older or newer. The state is
 * the newest known: that of the question asked last.
 */
export function walkDispute(
  known: DisputeRow | null,
  payment: OfPayment,
  { at, fetchSeq, toldAt, dispute }: DisputeTold,
): { row: DisputeRow; postings: Posting[] } {
  const before = known ?? opened(payment, dispute, at);
  const fresh = dispute.lines.filter(({ id }) => !before.lines.includes(id));
  let { withdrawn_minor, fee_minor } = before;
  for (const line of fresh) {
    if (!line.isFee) withdrawn_minor -= inPaid(line, dispute);
    if (line.currency === dispute.currency) fee_minor += line.isFee ? -line.amountMinor : line.feeMinor;
  }
  const lines = [...before.lines, ...fresh.map(({ id }) => id)];
  const row = { ...before, withdrawn_minor, fee_minor, lines };
  const postings = fresh.flatMap((line) => postingsOf(payment, dispute.id, line));
  if (fetchSeq <= before.fetch_seq) return { row, postings };
  const { status, reason, evidenceDueAt } = dispute;
  const closed_at = isOver(dispute) ? (before.closed_at ?? toldAt) : null;
  return {
    row: {
      ...row,
      status,
      reason,
      amount_minor: dispute.amountMinor,
      evidence_due_at: evidenceDueAt,
      closed_at,
      as_of: at,
      fetch_seq: fetchSeq,
    },
    postings,
  };
}

const opened = (payment: OfPayment, dispute: DisputeFact, at: Date): DisputeRow => ({
  org_id: payment.org_id as OrgId,
  id: dispute.id,
  mode: payment.mode,
  account_id: payment.account_id,
  provider: payment.provider,
  payment_id: payment.id,
  charge_id: dispute.chargeId,
  amount_minor: dispute.amountMinor,
  currency: dispute.currency,
  reason: dispute.reason,
  status: dispute.status,
  withdrawn_minor: 0n,
  fee_minor: 0n,
  lines: [],
  evidence_due_at: dispute.evidenceDueAt,
  created_at: dispute.createdAt,
  closed_at: null,
  as_of: at,
  fetch_seq: -1n,
  clawed_back_micros: 0n,
});

/** In the currency that was paid: a line booked in another one stands for the disputed amount. */
function inPaid({ amountMinor, currency }: DisputeLine, dispute: DisputeFact): bigint {
  if (currency === dispute.currency || amountMinor === 0n) return amountMinor;
  return amountMinor < 0n ? -dispute.amountMinor : dispute.amountMinor;
}

function postingsOf(
  { provider, account_id, mode }: OfPayment,
  disputeId: string,
  line: DisputeLine,
): Posting[] {
  const booked = {
    source: provider,
    accountId: account_id,
    movement: "dispute" as const,
    objectId: disputeId,
    transactionId: line.id,
  };
  const move = (kind: string, reference: string, amount: bigint, other: string): Posting[] =>
    amount === 0n
      ? []
      : [
          {
            mode,
            kind,
            reference,
            entries: [
              { account: `clearing:${account_id}`, unit: line.currency, amount },
              { account: other, unit: line.currency, amount: -amount },
            ],
          },
        ];
  if (line.isFee) return move("dispute.fee", cashReference(booked), line.amountMinor, "fees");
  const kind = line.amountMinor < 0n ? "dispute.withdrawn" : "dispute.returned";
  return [
    ...move(kind, cashReference(booked), line.amountMinor, "disputes"),
    ...move("dispute.fee", feeReference(booked), -line.feeMinor, "fees"),
  ];
}

/** How a payment stands after all its disputes: one that is open outranks one that was lost. */
export function standingOf(
  disputes: readonly DisputeRow[],
): Pick<PaymentRow, "disputed_minor" | "lost_minor" | "dispute"> {
  let [disputed_minor, lost_minor] = [0n, 0n];
  let dispute: PaymentRow["dispute"] = null;
  for (const row of disputes) {
    disputed_minor += row.withdrawn_minor;
    if (row.status === "lost") {
      lost_minor += row.withdrawn_minor > 0n ? row.withdrawn_minor : row.amount_minor;
      dispute ??= "lost";
    } else if (!isOver(row) && !isInquiry(row)) dispute = "open";
  }
  return { disputed_minor, lost_minor, dispute };
}
