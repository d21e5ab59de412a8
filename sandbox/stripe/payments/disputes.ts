import type Stripe from "stripe";
import {
  fieldIs,
  findObject,
  getObject,
  insertObject,
  listObjects,
  newId,
  pagingCreated,
  saveObject,
} from "../books.ts";
import { createBalanceTransaction, type BalanceTransaction } from "../balance/transactions.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { invalid } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { bool, mergeMetadata, metadata, object, text, unsettable, type Read } from "../protocol/params.ts";
import { BY_ITSELF, type Charge } from "./charges.ts";
import { EVIDENCE_FIELDS, NO_EVIDENCE } from "./evidence.ts";

export type Dispute = Stripe.Dispute;

const DAY_S = 86_400;
const FEE = 1_500;
/** To answer, and for the bank to decide about an answer that says nothing special. */
const ANSWER_S = 9 * DAY_S;
const DECISION_S = 75 * DAY_S;
/** The magic answers are decided so soon. */
const SOON_MS = 1_000;

const CODES: Readonly<Record<string, string>> = {
  fraudulent: "10.4",
  product_not_received: "13.1",
  general: "10.4",
};
const isInquiry = (dispute: Dispute): boolean => dispute.status.startsWith("warning");
const isOpen = (dispute: Dispute): boolean =>
  ["needs_response", "under_review", "warning_needs_response", "warning_under_review"].includes(
    dispute.status,
  );

function moveMoney(world: World, dispute: Dispute, back: boolean): BalanceTransaction {
  return createBalanceTransaction(world, {
    amount: back ? dispute.amount : -dispute.amount,
    currency: dispute.currency,
    fee: back ? 0 : FEE,
    source: dispute.id,
    type: "adjustment",
    category: back ? "dispute_reversal" : "dispute",
    description: back ? "Chargeback reversal" : "Chargeback withdrawal",
    created: world.clock.seconds(),
    atOnce: true,
  });
}

function withMoney(world: World, dispute: Dispute, back: boolean): Dispute {
  const transaction = moveMoney(world, dispute, back);
  return saveObject(world, {
    ...dispute,
    balance_transactions: [...dispute.balance_transactions, transaction],
  });
}

/** The holder asks their bank for the money back, or only asks about it. */
export function openDispute(world: World, payload: unknown): void {
  const { id: chargeId, reason } = payload as { id: string; reason: string };
  const charge = findObject<Charge>(world, "charge", chargeId);
  if (charge === null || charge.disputed) return;
  const inquiry = reason === "inquiry";
  const why = inquiry ? "general" : reason;
  const now = world.clock.seconds();
  const code = CODES[why] ?? "10.4";
  const brand = charge.payment_method_details?.card?.brand ?? "visa";
  let dispute: Dispute = {
    id: newId(world, "dispute"),
    object: "dispute",
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...NO_EVIDENCE, customer_email_address: charge.billing_details.email },
    evidence_details: {
      due_by: now + ANSWER_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    network_reason_code: code,
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand,
        case_type: inquiry ? "inquiry" : "chargeback",
        network: brand,
        network_reason_code: code,
      },
      type: "card",
    },
    reason: why,
    status: inquiry ? "warning_needs_response" : "needs_response",
  };
  insertObject(world, dispute);
  saveObject<Charge>(world, { ...charge, disputed: true });
  emit(world, "charge.dispute.created", dispute, BY_ITSELF);
  if (!inquiry) {
    dispute = withMoney(world, dispute, false);
    emit(world, "charge.dispute.funds_withdrawn", dispute, BY_ITSELF);
  }
  emit(world, "charge.updated", { ...charge, disputed: true }, BY_ITSELF, { disputed: false });
  const at = (now + ANSWER_S) * 1000;
  world.agenda.add("stripe", "dispute.unanswered", at, { id: dispute.id }, `dispute:${dispute.id}`);
}

type Outcome = "won" | "lost" | "escalate";

function closeAs(world: World, old: Dispute, outcome: Outcome, cause: Cause): Dispute {
  if (!isOpen(old)) return old;
  world.agenda.cancel(`dispute:${old.id}`);
  if (outcome === "escalate") return escalate(world, old);
  const inquiry = isInquiry(old);
  let next: Dispute = { ...old, status: inquiry ? "warning_closed" : outcome };
  saveObject(world, next);
  if (!inquiry && outcome === "won") {
    next = withMoney(world, next, true);
    emit(world, "charge.dispute.funds_reinstated", next, cause);
  }
  emit(world, "charge.dispute.closed", next, cause);
  return next;
}

/** A question became a chargeback: now the money goes. */
function escalate(world: World, old: Dispute): Dispute {
  const due = world.clock.seconds() + ANSWER_S;
  const changed: Dispute = {
    ...old,
    evidence_details: { ...old.evidence_details, due_by: due },
    is_charge_refundable: false,
    status: "needs_response",
  };
  const card = old.payment_method_details?.card;
  if (card !== undefined)
    changed.payment_method_details = { card: { ...card, case_type: "chargeback" }, type: "card" };
  const next = withMoney(world, changed, false);
  emit(world, "charge.dispute.updated", next, BY_ITSELF, { status: old.status });
  emit(world, "charge.dispute.funds_withdrawn", next, BY_ITSELF);
  world.agenda.add("stripe", "dispute.unanswered", due * 1000, { id: old.id }, `dispute:${old.id}`);
  return next;
}

/** Nobody answered in time. */
export function unansweredDue(world: World, payload: unknown): void {
  const old = getObject<Dispute>(world, "dispute", (payload as { id: string }).id);
  const late: Dispute = { ...old, evidence_details: { ...old.evidence_details, past_due: true } };
  closeAs(world, late, "lost", BY_ITSELF);
}

export function decisionDue(world: World, payload: unknown): void {
  const { id, outcome } = payload as { id: string; outcome: Outcome };
  closeAs(world, getObject<Dispute>(world, "dispute", id), outcome, BY_ITSELF);
}

const MAGIC: Readonly<Record<string, Outcome>> = {
  winning_evidence: "won",
  losing_evidence: "lost",
  escalate_inquiry_evidence: "escalate",
};

const updateParams = {
  evidence: object(Object.fromEntries(EVIDENCE_FIELDS.map((name) => [name, unsettable(text(150_000))]))),
  metadata: metadata(),
  submit: bool(),
};

function updateDispute(world: World, old: Dispute, input: Read<typeof updateParams>, cause: Cause): Dispute {
  if (input.evidence !== undefined && !isOpen(old)) {
    throw invalid("This dispute is already closed", undefined, "dispute_already_closed");
  }
  const evidence = input.evidence === undefined ? old.evidence : { ...old.evidence, ...input.evidence };
  const submits = input.evidence !== undefined && input.submit !== false;
  const count = old.evidence_details.submission_count + (submits ? 1 : 0);
  const next: Dispute = {
    ...old,
    evidence,
    evidence_details: {
      ...old.evidence_details,
      has_evidence: old.evidence_details.has_evidence || input.evidence !== undefined,
      submission_count: count,
      submission_method: count > 0 ? "manual" : old.evidence_details.submission_method,
    },
    metadata: mergeMetadata(old.metadata, input.metadata),
    status: submits ? (isInquiry(old) ? "warning_under_review" : "under_review") : old.status,
  };
  saveObject(world, next);
  emit(world, "charge.dispute.updated", next, cause, { evidence: old.evidence, status: old.status });
  if (submits) {
    const magic = MAGIC[evidence.uncategorized_text ?? ""];
    const wait = magic === undefined ? DECISION_S * 1000 : SOON_MS;
    const decision = { id: old.id, outcome: magic ?? "lost" };
    world.agenda.add("stripe", "dispute.decide", world.clock.now() + wait, decision, `dispute:${old.id}`);
  }
  return next;
}

const PATH = "/v1/disputes";
const get = (world: World, id: string): Dispute => getObject<Dispute>(world, "dispute", id);

export const disputeOperations = [
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => get(world, id)),
  operation("POST", `${PATH}/{id}`, updateParams, ({ world, id, params, cause }) =>
    updateDispute(world, get(world, id), params, cause),
  ),
  operation("POST", `${PATH}/{id}/close`, {}, ({ world, id, cause }) => {
    const old = get(world, id);
    if (!isOpen(old)) throw invalid("This dispute is already closed", undefined, "dispute_already_closed");
    return closeAs(world, old, "lost", cause);
  }),
  operation(
    "GET",
    PATH,
    { ...pagingCreated, charge: text(), payment_intent: text() },
    ({ world, params: { charge, payment_intent, ...page } }) =>
      listObjects<Dispute>(world, "dispute", PATH, page, [
        ...fieldIs("charge", charge),
        ...fieldIs("payment_intent", payment_intent),
      ]),
  ),
];
