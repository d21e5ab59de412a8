import { type Tx, withTx } from "../../../platform/db/index.ts";
import { newId, type Id, type OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { canTake } from "../../../vendors/paypal/index.ts";
import { audit } from "../../identity/index.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { findInvoice } from "../invoices/store.ts";
import { findMethod } from "../methods/store.ts";
import { invalid, ownUrl } from "../own-url.ts";
import { findPlaces, insertPayment, placeObjects, type NewPayment } from "../payments/store.ts";
import { billingProblems } from "../problems.ts";
import { asking } from "../subscriptions/company-answer.ts";
import { answerOf, readIntent, type IntentAnswer } from "./answer.ts";
import { confirmIntent } from "./confirm-intent.ts";
import { adoptIntent, makeIntent } from "./make-intent.ts";
import { insertIntent } from "./store.ts";

export type IntentInput = {
  orgId: OrgId;
  actorId: string;
  mode: Mode;
  purpose: "credits" | "invoice";
  /** Key of a pack, or the id of an invoice. */
  reference: string;
  methodId?: string | undefined;
  offSession: boolean;
  returnUrl?: string | undefined;
  operationId: Id<"idk">;
};

/** What is paid for, at a price that only the server sets. */
export type Wanted = Pick<
  NewPayment,
  "purpose" | "pack_key" | "amount_minor" | "currency" | "credits_micros" | "invoice_id"
>;

/** PayPal's balance is no invoice: it is taken by PayPal itself, and what was taken makes one. */
const BY_PAYPAL =
  "PayPal's invoices are made when they are paid. What its plan owes is paid by POST /api/subscriptions/reactivate.";

type Company = { accountId: string; provider: "stripe" | "paypal"; mode: Mode };

/**
 * Begins a payment without a page of the company's: our row first, committed, then the intent there; with a method it is tried
 * at once. 409 `invoice_not_open`, 422 for an unknown reference or method, 502 `provider_refused`, 503 `provider_unavailable`:
 * the row is kept, and the same Idempotency-Key carries it on.
 */
export async function startIntent(deps: BillingDeps, input: IntentInput): Promise<IntentAnswer> {
  const { methodId, mode, orgId, operationId, offSession } = input;
  if (offSession && methodId === undefined)
    throw invalid("/payment_method_id", "is needed where nobody is there");
  ownUrl(deps.baseUrl, input.returnUrl, "/return_url", "/");
  const { wanted, invoice } = await whatFor(deps, input);
  const company = await companyOf(deps, input, wanted);
  if (mode !== company.mode) throw new Problem(common.forbidden, { detail: "No account of this mode" });
  const intentId = invoice && (await intentOf(deps, invoice));
  const id = await withTx(deps.db, orgId, (tx) => insertRows(deps, tx, input, { wanted, company, intentId }));
  const known = await readIntent(deps, orgId, id);
  if (methodId !== undefined) {
    const { returnUrl } = input;
    return confirmIntent(deps, { orgId, mode, id, methodId, offSession, returnUrl, operationId });
  }
  // Without a method it is Stripe's: PayPal charges wallets alone.
  const made = await asking(() => makeIntent(deps, known.payment));
  if (made === null) throw new Problem(billingProblems.provider_unavailable, { retryAfter: 600 });
  const state = await asking(() => deps.stripe.fetchIntent(made));
  return answerOf(deps, await readIntent(deps, orgId, id), state);
}

/** `invoice`: its name at Stripe. */
async function whatFor(
  deps: BillingDeps,
  { orgId, mode, purpose, reference }: IntentInput,
): Promise<{ wanted: Wanted; invoice: string | null }> {
  if (purpose === "credits") {
    const pack = deps.packs.find(({ key }) => key === reference);
    if (!pack) throw invalid("/reference", "is not a pack that we sell");
    const { key, amountMinor, currency, creditsMicros } = pack;
    const wanted: Wanted = {
      purpose,
      pack_key: key,
      amount_minor: amountMinor,
      currency,
      credits_micros: creditsMicros,
      invoice_id: null,
    };
    return { wanted, invoice: null };
  }
  const invoice = await withTx(deps.db, orgId, (tx) => findInvoice(tx, orgId, reference));
  if (invoice?.mode !== mode) throw invalid("/reference", "is not an invoice of yours");
  if (invoice.provider === "paypal")
    throw new Problem(billingProblems.invoice_not_open, { detail: BY_PAYPAL });
  if (invoice.status !== "open" || invoice.due_minor <= 0n)
    throw new Problem(billingProblems.invoice_not_open);
  const { currency, due_minor, id } = invoice;
  const wanted: Wanted = {
    purpose,
    pack_key: null,
    amount_minor: due_minor,
    currency,
    credits_micros: 0n,
    invoice_id: id,
  };
  return { wanted, invoice: invoice.provider_invoice_id };
}

/** The one that Stripe made for it. */
async function intentOf({ stripe }: BillingDeps, invoice: string): Promise<string> {
  const id = await asking(() => stripe.findInvoiceIntent(invoice));
  if (id === null) throw new Problem(billingProblems.invoice_not_open);
  return id;
}

/** Whose method it is sells; without one, Stripe. */
async function companyOf(
  { accountId, db, paypal, stripe }: BillingDeps,
  { methodId, mode, orgId, purpose }: IntentInput,
  wanted: Wanted,
): Promise<Company> {
  const byStripe: Company = { accountId, provider: "stripe", mode: stripe.mode };
  if (methodId === undefined) return byStripe;
  const method = await withTx(db, orgId, (tx) => findMethod(tx, orgId, mode, methodId));
  if (!method) throw invalid("/payment_method_id", "is no payment method of yours");
  if (method.provider === "stripe") return byStripe;
  const price = { amountMinor: wanted.amount_minor, currency: wanted.currency };
  // Each company takes what its own invoices ask for.
  if (purpose === "invoice")
    throw invalid("/payment_method_id", "is kept at PayPal, and the invoice is Stripe's");
  if (!paypal || !canTake(price)) throw invalid("/payment_method_id", "cannot pay this");
  return { accountId: paypal.accountId, provider: "paypal", mode: paypal.api.mode };
}

/** The payment of this operation; for an invoice, the one that goes on already. */
async function insertRows(
  deps: BillingDeps,
  tx: Tx,
  input: IntentInput,
  { wanted, company, intentId }: { wanted: Wanted; company: Company; intentId: string | null },
): Promise<string> {
  const { actorId, offSession, operationId, orgId } = input;
  if (intentId !== null) {
    const [place] = await findPlaces(tx, company.accountId, [intentId]);
    if (place?.org_id === orgId) return place.payment_id;
  }
  const id = await insertIntentPayment(deps, tx, {
    orgId,
    actorId,
    offSession,
    operationId,
    methodId: input.methodId ?? null,
    wanted,
    company,
  });
  if (intentId !== null) await adoptIntent(deps, tx, orgId, id, intentId);
  return id;
}

export async function insertIntentPayment(
  deps: BillingDeps,
  tx: Tx,
  input: {
    orgId: OrgId;
    actorId: string;
    operationId: string;
    methodId: string | null;
    offSession: boolean;
    wanted: Wanted;
    company: Company;
  },
): Promise<string> {
  const { actorId, company, methodId, offSession, operationId, orgId, wanted } = input;
  const now = deps.clock.now();
  const id = newId("pay");
  const page = new URL(`/pay/${id}`, deps.baseUrl).href;
  const row = await insertPayment(tx, orgId, {
    id,
    mode: company.mode,
    account_id: company.accountId,
    provider: company.provider,
    ...wanted,
    success_url: page,
    cancel_url: page,
    created_at: now,
    operation_id: operationId,
    created_by: actorId,
  });
  await insertIntent(tx, orgId, {
    payment_id: row.id,
    method_id: methodId,
    off_session: offSession,
    acted_at: now,
  });
  await placeObjects(tx, row.account_id, [{ object_id: row.id, org_id: orgId, payment_id: row.id }]);
  if (row.id === id)
    await audit(tx, now, {
      orgId,
      actorId,
      action: "payment.started",
      targetId: id,
      detail: { purpose: row.purpose, amount_minor: Number(row.amount_minor), currency: row.currency },
    });
  tx.afterCommit(() => deps.hub.publish("payment.updated", orgId, { payment_ids: [row.id] }));
  return row.id;
}
