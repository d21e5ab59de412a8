import { CompanyFault } from "../../../platform/calls/index.ts";
import { type Tx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import type { BillingDeps } from "../deps.ts";
import { withCustomer } from "../payers/ensure-customer.ts";
import { NO_TAX_ADDRESS } from "../../../vendors/stripe/index.ts";
import { creditsName } from "../payments/pack.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { absent, keyCounts } from "../payments/resume.ts";
import {
  findPayment,
  lockPayments,
  noteCalculation,
  placeObjects,
  updatePayments,
} from "../payments/store.ts";
import { endHere } from "./end-here.ts";
import { NO_ADDRESS } from "./intent.ts";

/**
 * Gives a payment its intent at Stripe, or finds the one it has; null while only a later look can tell whether there is one.
 * Nothing is charged by it. Safe to call again at any point. Throws `StripeFault`; one whose tax nobody can work out has ended.
 */
export async function makeIntent(deps: BillingDeps, payment: PaymentRow): Promise<string | null> {
  if (payment.intent_id !== null) return payment.intent_id;
  if (!keyCounts(deps, payment)) return lookFor(deps, payment);
  const taxCalculation = await calculationOf(deps, payment);
  try {
    return await adopt(deps, payment, await create(deps, payment, taxCalculation));
  } catch (error) {
    // A 5xx is kept under the key: asking again gives it again.
    if (error instanceof CompanyFault && error.answered5xx) return lookFor(deps, payment);
    throw error;
  }
}

function create(deps: BillingDeps, payment: PaymentRow, taxCalculation: string | null): Promise<string> {
  return withCustomer(deps, payment.org_id as OrgId, payment, async (customerId, mark) => {
    const made = await deps.stripe.createIntent({
      holdfastId: payment.id,
      customerId,
      taxCalculation,
      description: creditsName(deps.packs, payment.pack_key),
      amountMinor: payment.amount_minor,
      currency: payment.currency,
      idempotencyKey: `${payment.id}:intent:${payment.attempt}${mark}`,
    });
    return made.id;
  });
}

/** Worked out and written down before there is an intent to charge, so that its key means the same each time. */
async function calculationOf(deps: BillingDeps, payment: PaymentRow): Promise<string | null> {
  const { amount_minor: amountMinor, currency, id, purpose, tax_calculation: known } = payment;
  const org = payment.org_id as OrgId;
  if (known !== null || purpose !== "credits") return known;
  const taxed = await withCustomer(deps, org, payment, (customerId) =>
    deps.stripe.taxIn({ holdfastId: id, customerId, amountMinor, currency }),
  ).catch(async (error: unknown) => {
    // Asked again it would be the same, and Stripe takes money for each answer.
    if (error instanceof CompanyFault && error.code === NO_TAX_ADDRESS)
      await endHere(deps, payment, NO_ADDRESS);
    throw error;
  });
  if (taxed === null) return null;
  return withTx(deps.db, org, async (tx) => {
    await noteCalculation(tx, org, id, taxed);
    return (await findPayment(tx, org, id))?.tax_calculation ?? null;
  });
}

/** Found → adopted; absent twice, 10 minutes apart → the next attempt has a key of its own. */
async function lookFor(deps: BillingDeps, payment: PaymentRow): Promise<string | null> {
  const org = payment.org_id as OrgId;
  const found = await withCustomer(deps, org, payment, (customerId) =>
    deps.stripe.findIntent(payment.id, customerId),
  );
  if (found) return adopt(deps, payment, found.id);
  await withTx(deps.db, org, async (tx) => {
    const [row] = await lockPayments(tx, org, [payment.id]);
    if (row?.intent_id !== null || row.attempt !== payment.attempt) return;
    await updatePayments(tx, org, [absent(row, deps.clock.now())]);
  });
  return null;
}

const adopt = (deps: BillingDeps, { org_id, id }: PaymentRow, intentId: string): Promise<string> =>
  withTx(deps.db, org_id as OrgId, (tx) => adoptIntent(deps, tx, org_id as OrgId, id, intentId));

/** The row learns of its intent; whose it is, is fixed. */
export async function adoptIntent(
  { hub }: Pick<BillingDeps, "hub">,
  tx: Tx,
  org: OrgId,
  id: string,
  intentId: string,
): Promise<string> {
  const [row] = await lockPayments(tx, org, [id]);
  assert(row, "a payment that was begun exists");
  const next: PaymentRow = {
    ...row,
    intent_id: row.intent_id ?? intentId,
    absent_since: null,
    ...(row.status === "creating" ? { status: "requires_payment_method" } : {}),
  };
  await placeObjects(tx, row.account_id, [{ object_id: intentId, org_id: org, payment_id: row.id }]);
  await updatePayments(tx, org, [next]);
  tx.afterCommit(() => hub.publish("payment.updated", org, { payment_ids: [row.id] }));
  return next.intent_id ?? intentId;
}
