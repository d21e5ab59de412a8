/** A case that a buyer opened over a payment, and the money it moves. */
import type { World } from "../../core/company.ts";
import { find, get, insert, iso, link, save, type Entry, type Link } from "../books.ts";
import { unprocessable } from "../errors.ts";
import { MERCHANT } from "../merchant.ts";
import { minorOf, toMoney, type Money } from "../money.ts";
import type { Capture, CaptureEntry, CaptureMeta } from "../payments/capture.ts";
import { post } from "../reporting/ledger.ts";
import { emit } from "../webhooks/events.ts";

const DAY_MS = 86_400_000;
/** How long the seller has to answer, and PayPal to decide. */
const ANSWER_MS = 10 * DAY_MS;
const DECISION_MS = DAY_MS;
/** What PayPal keeps of a seller who loses, in minor units of the payment's currency. */
const LOST_FEE = 1_500n;

export const REASONS = [
  "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
  "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED",
  "UNAUTHORISED",
  "CREDIT_NOT_PROCESSED",
  "DUPLICATE_TRANSACTION",
  "INCORRECT_AMOUNT",
  "PAYMENT_BY_OTHER_MEANS",
  "CANCELED_RECURRING_BILLING",
  "OTHER",
] as const;
export const STAGES = ["INQUIRY", "CHARGEBACK"] as const;

type Movement = {
  affected_party: "SELLER";
  amount: Money;
  initiated_time: string;
  type: "DEBIT" | "CREDIT";
  reason: "DISPUTE_SETTLEMENT" | "DISPUTE_FEE";
};
export type Evidence = Record<string, unknown> & {
  evidence_type?: string | undefined;
  notes?: string | undefined;
};
export type Outcome = "RESOLVED_BUYER_FAVOUR" | "RESOLVED_SELLER_FAVOUR" | "CANCELED_BY_BUYER" | "ACCEPTED";
export type Dispute = {
  dispute_id: string;
  create_time: string;
  update_time: string;
  disputed_transactions: Record<string, unknown>[];
  reason: (typeof REASONS)[number];
  status: "OPEN" | "WAITING_FOR_SELLER_RESPONSE" | "UNDER_REVIEW" | "RESOLVED";
  dispute_state: "OPEN_INQUIRIES" | "REQUIRED_ACTION" | "UNDER_PAYPAL_REVIEW" | "RESOLVED";
  dispute_amount: Money;
  dispute_life_cycle_stage: (typeof STAGES)[number];
  dispute_channel: "INTERNAL";
  dispute_outcome?: { outcome_code: Outcome; amount_refunded?: Money };
  adjudications?: { type: string; adjudication_time: string }[];
  money_movements?: Movement[];
  messages?: { posted_by: string; time_posted: string; content: string }[];
  evidences?: Evidence[];
  seller_response_due_date?: string;
};
/** `won`: how PayPal will decide on the evidence it was given. */
export type DisputeMeta = { captureId: string; withdrawn: string; won: boolean | null };
export type DisputeEntry = Entry<Dispute, DisputeMeta>;

export const getDispute = (world: World, id: string): DisputeEntry =>
  get<Dispute, DisputeMeta>(world, "dispute", id);

const key = (id: string): string => `paypal:dispute:${id}`;

function links(world: World, { body }: DisputeEntry): Link[] {
  const path = `/v1/customer/disputes/${body.dispute_id}`;
  const act = (name: string): Link => link(world, `${path}/${name}`, name.replace("-", "_"), "POST");
  return [
    link(world, path, "self"),
    ...(body.status === "WAITING_FOR_SELLER_RESPONSE" ? [act("provide-evidence"), act("accept-claim")] : []),
    ...(body.status === "OPEN" ? [act("accept-claim"), act("escalate")] : []),
    ...(body.status === "UNDER_REVIEW" ? [act("adjudicate")] : []),
  ];
}

/** Details do not tell the state by which cases are searched; the list does. */
export function presentDispute(world: World, entry: DisputeEntry): Record<string, unknown> {
  const { dispute_state: _state, ...body } = entry.body;
  return { ...body, links: links(world, entry) };
}

export function summaryOf(world: World, entry: DisputeEntry): Record<string, unknown> {
  const { body } = entry;
  const path = `/v1/customer/disputes/${body.dispute_id}`;
  return {
    dispute_id: body.dispute_id,
    create_time: body.create_time,
    update_time: body.update_time,
    reason: body.reason,
    status: body.status,
    dispute_state: body.dispute_state,
    dispute_amount: body.dispute_amount,
    dispute_life_cycle_stage: body.dispute_life_cycle_stage,
    dispute_channel: body.dispute_channel,
    ...(body.seller_response_due_date === undefined
      ? {}
      : { seller_response_due_date: body.seller_response_due_date }),
    links: [link(world, path, "self")],
  };
}

function tell(world: World, entry: DisputeEntry, what: "CREATED" | "UPDATED" | "RESOLVED"): void {
  entry.body.update_time = iso(world.clock.now());
  save(world, entry);
  emit(world, {
    type: `CUSTOMER.DISPUTE.${what}`,
    resourceType: "dispute",
    resourceVersion: "1.0",
    summary: `Dispute case ${entry.id} ${what.toLowerCase()}`,
    resource: presentDispute(world, entry),
    resourceId: entry.id,
  });
}

const captureOf = (world: World, { meta }: DisputeEntry): CaptureEntry =>
  get<Capture, CaptureMeta>(world, "capture", meta.captureId);

/** Money leaves the seller's account, or comes back to it. */
function move(
  world: World,
  entry: DisputeEntry,
  type: Movement["type"],
  minor: bigint,
  reason: Movement["reason"],
): void {
  if (minor === 0n) return;
  const { body } = entry;
  const currency = body.dispute_amount.currency_code;
  const amount = toMoney(minor, currency);
  const initiated_time = iso(world.clock.now());
  body.money_movements = [
    ...(body.money_movements ?? []),
    { affected_party: "SELLER", amount, initiated_time, type, reason },
  ];
  post(world, {
    id: `${entry.id}-${body.money_movements.length}`,
    code: reason === "DISPUTE_FEE" ? "disputeFee" : type === "DEBIT" ? "hold" : "release",
    currency,
    gross: type === "DEBIT" ? -minor : minor,
    fee: 0n,
    reference: { id: entry.meta.captureId, type: "TXN" },
  });
}

/** What the case holds of its payment, which cannot be refunded meanwhile. */
function mark(world: World, entry: DisputeEntry, withdrawn: bigint, open: boolean): void {
  entry.meta.withdrawn = withdrawn.toString();
  const capture = captureOf(world, entry);
  save(world, { ...capture, meta: { ...capture.meta, withdrawn: withdrawn.toString(), disputed: open } });
}

function beginClaim(world: World, entry: DisputeEntry): void {
  const { body } = entry;
  const due = world.clock.now() + ANSWER_MS;
  body.dispute_life_cycle_stage = "CHARGEBACK";
  body.status = "WAITING_FOR_SELLER_RESPONSE";
  body.dispute_state = "REQUIRED_ACTION";
  body.seller_response_due_date = iso(due);
  const minor = minorOf(body.dispute_amount);
  move(world, entry, "DEBIT", minor, "DISPUTE_SETTLEMENT");
  mark(world, entry, minor, true);
  world.agenda.add("paypal", "dispute.decide", due, { id: entry.id }, key(entry.id));
}

/** A buyer opens a case: asking first (`INQUIRY`), or claiming at once, which takes the money until it is decided. */
export function openDispute(
  world: World,
  capture: CaptureEntry,
  wanted: { minor: bigint; reason: Dispute["reason"]; stage: Dispute["dispute_life_cycle_stage"] },
): DisputeEntry {
  const { body: paid } = capture;
  if (capture.meta.disputed === true)
    throw unprocessable("TRANSACTION_DISPUTED", "There is an open case on this transaction.");
  const dice = world.random("paypal:dispute");
  const id = `PP-D-${10_000 + dice.int(90_000)}${String(dice.int(100_000)).padStart(5, "0")}`;
  const at = iso(world.clock.now());
  const amount = toMoney(wanted.minor, paid.amount.currency_code);
  const { invoice_id: invoice, custom_id: custom } = paid;
  const body: Dispute = {
    dispute_id: id,
    create_time: at,
    update_time: at,
    disputed_transactions: [
      {
        seller_transaction_id: capture.id,
        create_time: paid.create_time,
        transaction_status: "COMPLETED",
        gross_amount: paid.amount,
        ...(invoice !== undefined && /^[A-Za-z0-9:\-|]+$/.test(invoice) ? { invoice_number: invoice } : {}),
        ...(custom === undefined ? {} : { custom }),
        seller: { email: MERCHANT.email_address, merchant_id: MERCHANT.merchant_id },
      },
    ],
    reason: wanted.reason,
    status: "OPEN",
    dispute_state: "OPEN_INQUIRIES",
    dispute_amount: amount,
    dispute_life_cycle_stage: "INQUIRY",
    dispute_channel: "INTERNAL",
  };
  const meta: DisputeMeta = { captureId: capture.id, withdrawn: "0", won: null };
  const entry = insert(world, { id, kind: "dispute" as const, parent: capture.id, body, meta });
  if (wanted.stage === "CHARGEBACK") beginClaim(world, entry);
  else mark(world, entry, 0n, true);
  tell(world, entry, "CREATED");
  return entry;
}

function need(entry: DisputeEntry, statuses: readonly Dispute["status"][]): void {
  if (!statuses.includes(entry.body.status))
    throw unprocessable(
      "DISPUTE_STATUS_INVALID",
      "The action cannot be done in the present status of the dispute.",
    );
}

export function escalate(world: World, entry: DisputeEntry): void {
  need(entry, ["OPEN"]);
  beginClaim(world, entry);
  tell(world, entry, "UPDATED");
}

/** The seller answers. Notes with `losing_evidence` lose, others win; PayPal decides a day later. */
export function provideEvidence(world: World, entry: DisputeEntry, evidences: readonly Evidence[]): void {
  need(entry, ["WAITING_FOR_SELLER_RESPONSE"]);
  const { body, meta } = entry;
  const date = iso(world.clock.now());
  const given = evidences.map((each) => ({ ...each, source: "SUBMITTED_BY_SELLER", date }));
  body.evidences = [...(body.evidences ?? []), ...given];
  body.status = "UNDER_REVIEW";
  body.dispute_state = "UNDER_PAYPAL_REVIEW";
  delete body.seller_response_due_date;
  meta.won = !evidences.some(({ notes }) => notes?.includes("losing_evidence") === true);
  world.agenda.add(
    "paypal",
    "dispute.decide",
    world.clock.now() + DECISION_MS,
    { id: entry.id },
    key(entry.id),
  );
  tell(world, entry, "UPDATED");
}

/** The case ends: what was taken comes back, or stays away with a fee. */
export function resolve(world: World, entry: DisputeEntry, outcome: Outcome): void {
  const { body, meta } = entry;
  world.agenda.cancel(key(entry.id));
  const lost = outcome === "RESOLVED_BUYER_FAVOUR" || outcome === "ACCEPTED";
  const taken = BigInt(meta.withdrawn);
  const minor = minorOf(body.dispute_amount);
  if (lost) {
    move(world, entry, "DEBIT", minor - taken, "DISPUTE_SETTLEMENT");
    if (outcome === "RESOLVED_BUYER_FAVOUR") move(world, entry, "DEBIT", LOST_FEE, "DISPUTE_FEE");
  } else move(world, entry, "CREDIT", taken, "DISPUTE_SETTLEMENT");
  mark(world, entry, lost ? minor : 0n, false);
  body.status = "RESOLVED";
  body.dispute_state = "RESOLVED";
  body.dispute_outcome = {
    outcome_code: outcome,
    ...(lost ? { amount_refunded: body.dispute_amount } : {}),
  };
  if (outcome !== "CANCELED_BY_BUYER")
    body.adjudications = [
      { type: lost ? "PAYOUT_TO_BUYER" : "DENY_BUYER", adjudication_time: iso(world.clock.now()) },
    ];
  delete body.seller_response_due_date;
  tell(world, entry, "RESOLVED");
}

export function acceptClaim(world: World, entry: DisputeEntry): void {
  need(entry, ["OPEN", "WAITING_FOR_SELLER_RESPONSE"]);
  resolve(world, entry, "ACCEPTED");
}

/** PayPal decides, as its own sandbox lets one ask for. */
export function adjudicate(world: World, entry: DisputeEntry, sellerWins: boolean): void {
  need(entry, ["UNDER_REVIEW", "WAITING_FOR_SELLER_RESPONSE"]);
  resolve(world, entry, sellerWins ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR");
}

/** The seller's time is over, or PayPal has looked at the evidence. */
export function decideDispute(world: World, payload: unknown): void {
  const { id } = payload as { id: string };
  const entry = find<Dispute, DisputeMeta>(world, "dispute", id);
  if (entry === null || entry.body.status === "RESOLVED") return;
  resolve(world, entry, entry.meta.won === true ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR");
}
