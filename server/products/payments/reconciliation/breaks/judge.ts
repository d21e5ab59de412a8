/** One line of a company's books beside its events and our ledger: what of it does not agree. Pure. */
import type { ObjectState } from "../../../../kernel/billing/index.ts";
import type { CashEffect } from "../../../../kernel/ledger/index.ts";
import type { EventOf } from "../../../../kernel/webhooks/index.ts";
import type { ProviderRecord } from "../books/provider-books.ts";

export const BREAK_KINDS = [
  "missing_event",
  "missing_ledger",
  "missing_provider",
  "duplicate_ledger",
  "amount_mismatch",
  "fee_mismatch",
  "currency_mismatch",
  "duplicate_payment",
  "state_mismatch",
  "expired_hold",
  "unknown_outcome",
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

export const ACTIONS = ["backfill", "replay", "reverse", "adjust", "refund", "ask_company"] as const;
/** What an operator is told to do; `resolve.ts` does it by the normal path. */
export type BreakAction = (typeof ACTIONS)[number];

const ACTION_OF: Readonly<Record<BreakKind, BreakAction>> = {
  missing_event: "backfill",
  missing_ledger: "replay",
  state_mismatch: "replay",
  missing_provider: "reverse",
  duplicate_ledger: "reverse",
  amount_mismatch: "adjust",
  fee_mismatch: "adjust",
  currency_mismatch: "adjust",
  duplicate_payment: "refund",
  expired_hold: "ask_company",
  unknown_outcome: "ask_company",
};
export const actionOf = (kind: BreakKind): BreakAction => ACTION_OF[kind];

/** What each side says of a break, as it is kept and shown. */
export type Sides = {
  provider: {
    id: string;
    object_id: string;
    amount_minor: string;
    fee_minor: string;
    currency: string;
  } | null;
  event: { id: string; state: string; error_code: string | null } | null;
  ledger: { org_id: string; transaction_id: string; reference: string; amount: string; unit: string }[];
  /** Our row, where its state is in question. */
  row: { id: string; org_id: string; status: string } | null;
};

export type Finding = {
  /** What it is about, e.g. `provider:txn_1`. */
  side: string;
  kind: BreakKind;
  /** At stake; of a mismatch what the company has more than we. */
  amount: bigint;
  currency: string;
  orgId: string | null;
  sides: Sides;
  occurredAt: Date;
};

export type Compared = {
  record: Omit<ProviderRecord, "record" | "isFee">;
  event: EventOf | null;
  /** Under the movement's reference, in every book. */
  effects: readonly CashEffect[];
  /** What operators corrected of it. */
  adjustments: readonly CashEffect[];
  /** Under its fee's reference, corrections included. */
  fees: readonly CashEffect[];
  state: ObjectState | null;
};

/** Our rows once their money has moved. */
const MOVED: Readonly<Record<ObjectState["kind"], ReadonlySet<string>>> = {
  payment: new Set(["succeeded", "partially_refunded", "refunded", "disputed", "reversed"]),
  refund: new Set(["succeeded", "failed", "canceled"]),
};

/** One transaction, at least one event, exactly one cash effect, equal in amount, fee, net and currency. */
export function judge(compared: Compared): Finding[] {
  const { record, event, effects, state } = compared;
  const of = (kind: BreakKind, amount: bigint): Finding => ({
    side: `provider:${record.id}`,
    kind,
    amount,
    currency: record.currency,
    orgId: effects[0]?.orgId ?? state?.orgId ?? null,
    sides: sidesOf(compared),
    occurredAt: record.occurredAt,
  });
  const findings: Finding[] = [];
  if (!event) findings.push(of("missing_event", record.amountMinor));
  const [effect] = effects;
  if (!effect) {
    // What moves nothing is not posted.
    if (record.amountMinor === 0n && record.feeMinor === 0n) return findings;
    const kind = event?.errorCode === "second_charge" ? "duplicate_payment" : "missing_ledger";
    return [...findings, of(kind, record.amountMinor)];
  }
  if (effects.length > 1) findings.push(of("duplicate_ledger", sum(effects.slice(1))));
  findings.push(...amounts(compared, effect, of));
  if (state && !agrees(state, record)) findings.push(of("state_mismatch", record.amountMinor));
  return findings;
}

const sum = (effects: readonly CashEffect[]): bigint =>
  effects.reduce((total, { amount }) => total + amount, 0n);

function amounts(
  { record, adjustments, fees }: Compared,
  effect: CashEffect,
  of: (kind: BreakKind, amount: bigint) => Finding,
): Finding[] {
  const moved = [effect, ...adjustments];
  const foreign = Map.groupBy(
    moved.filter(({ unit }) => unit !== record.currency),
    ({ unit }) => unit,
  );
  // Amounts in two currencies cannot be compared.
  if ([...foreign.values()].some((of) => sum(of) !== 0n))
    return [of("currency_mismatch", record.amountMinor)];
  const findings: Finding[] = [];
  const amount = record.amountMinor - sum(moved.filter(({ unit }) => unit === record.currency));
  if (amount !== 0n) findings.push(of("amount_mismatch", amount));
  const fee = record.feeMinor + sum(fees);
  if (fee !== 0n || fees.some(({ unit }) => unit !== record.currency)) findings.push(of("fee_mismatch", fee));
  return findings;
}

function agrees(state: ObjectState, { movement }: Compared["record"]): boolean {
  if (state.kind === "payment") return movement !== "captured" || MOVED.payment.has(state.status);
  return movement === "refunded" ? MOVED.refund.has(state.status) : state.status !== "succeeded";
}

/** A cash effect that no line of the company's books explains. */
export const missingProvider = (effect: CashEffect): Finding => ({
  side: `ledger:${effect.transactionId}`,
  kind: "missing_provider",
  amount: effect.amount,
  currency: effect.unit,
  orgId: effect.orgId,
  sides: { provider: null, event: null, ledger: [ledgerSide(effect)], row: null },
  occurredAt: effect.postedAt,
});

function sidesOf({ record, event, effects, adjustments, fees, state }: Compared): Sides {
  return {
    provider: {
      id: record.id,
      object_id: record.objectId,
      amount_minor: String(record.amountMinor),
      fee_minor: String(record.feeMinor),
      currency: record.currency,
    },
    event: event && { id: event.eventId, state: event.state, error_code: event.errorCode },
    ledger: [...effects, ...adjustments, ...fees].map(ledgerSide),
    row: state && { id: state.rowId, org_id: state.orgId, status: state.status },
  };
}

const ledgerSide = ({
  orgId,
  transactionId,
  reference,
  amount,
  unit,
}: CashEffect): Sides["ledger"][number] => ({
  org_id: orgId,
  transaction_id: transactionId,
  reference,
  amount: String(amount),
  unit,
});

/** What an operator's correction of a movement is called; it counts as a part of it. */
export const adjusted = (reference: string): string => `${reference}:adjusted`;
