import { withSystemTx, withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { assert } from "../../../../platform/problem.ts";
import { PaypalFault, type PaypalApi, type PaypalOrder } from "../../../../vendors/paypal/index.ts";
import { RuleBroken } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { Fetched, PaymentFact } from "../fact.ts";
import type { PaymentRow } from "../payment.ts";
import { savePayments } from "../save-payments.ts";
import { drawFetchSeq, lockPayments } from "../store.ts";
import { captureFact, expiredFact, orderFact } from "./order-fact.ts";

/** Refusals of one order after which it is not captured any more. */
const MAX_REFUSALS = 3;

type Deps = Pick<BillingDeps, "db" | "clock">;

/**
 * A payment as PayPal has it now, whole. Takes the money of an approved order first, under a key made of the row, so that
 * event, return and sweep take it once between them. `approvedAt`: when an approval was told that the row may not know yet;
 * without one an order that was refused waits for the buyer. Throws `PaypalFault`, and `RuleBroken` for another's order.
 */
export async function fetchOrder(
  deps: Deps,
  paypal: PaypalApi,
  row: PaymentRow,
  approvedAt: Date | null = null,
): Promise<Fetched> {
  const first = await ask(deps, paypal, row);
  if (!("order" in first)) return first;
  if (!mayCapture(row, first.order, approvedAt)) return fetched(deps, first, null);
  const declined = await capture(deps, paypal, row, first.order.id);
  const second = await ask(deps, paypal, row);
  return "order" in second ? fetched(deps, second, declined) : second;
}

type Answer = { order: PaypalOrder; fetchSeq: bigint };

async function ask(deps: Deps, paypal: PaypalApi, row: PaymentRow): Promise<Answer | Fetched> {
  const fetchSeq = await withSystemTx(deps.db, drawFetchSeq);
  const orderId = row.session_id;
  assert(orderId !== null, "only a payment that has its order is asked for");
  try {
    const order = await paypal.getOrder(orderId);
    if (order.customId !== row.id)
      throw new RuleBroken(
        "foreign_order",
        `The order belongs to ${order.customId ?? "nobody"}, not to ${row.id}`,
      );
    return { order, fetchSeq };
  } catch (error) {
    if (!(error instanceof PaypalFault && error.kind === "not_found")) throw error;
    const found = await forgotten(deps, paypal, row, orderId, error);
    return { found, fetchSeq, at: deps.clock.now() };
  }
}

const fetched = ({ clock }: Deps, { order, fetchSeq }: Answer, declined: string | null): Fetched => ({
  found: orderFact(order, declined),
  fetchSeq,
  at: clock.now(),
});

/** PayPal keeps no order for ever: what was captured is known by its own id, what never was has expired. */
async function forgotten(
  { clock }: Deps,
  paypal: PaypalApi,
  row: PaymentRow,
  orderId: string,
  error: PaypalFault,
): Promise<PaymentFact> {
  if (row.charge_id !== null) return captureFact(await paypal.getCapture(row.charge_id));
  if (row.session_expires_at === null || clock.now() < row.session_expires_at) throw error;
  return expiredFact(orderId);
}

function mayCapture(row: PaymentRow, order: PaypalOrder, approvedAt: Date | null): boolean {
  if (order.status !== "APPROVED" || order.captures.length > 0 || row.charge_id !== null) return false;
  if (order.amountMinor !== row.amount_minor || order.currency !== row.currency)
    throw new RuleBroken(
      "amount_mismatch",
      `Sold for ${row.amount_minor} ${row.currency}, approved ${order.amountMinor} ${order.currency}`,
    );
  if (row.failure_code === null) return true;
  return row.attempt <= MAX_REFUSALS && approvedAt !== null && approvedAt > row.as_of;
}

/** Null when it was captured, by this call or before it; else why PayPal refused. The next try has a key of its own. */
async function capture(
  { db, clock }: Deps,
  paypal: PaypalApi,
  row: PaymentRow,
  orderId: string,
): Promise<string | null> {
  try {
    await paypal.captureOrder(orderId, `${row.id}:capture:${row.attempt}`);
    return null;
  } catch (error) {
    if (!(error instanceof PaypalFault && error.kind === "refused")) throw error;
    if (error.code === "ORDER_ALREADY_CAPTURED") return null;
    const org = row.org_id as OrgId;
    await withTx(db, org, async (tx) => {
      const [now] = await lockPayments(tx, org, [row.id]);
      if (now?.attempt !== row.attempt || now.charge_id !== null) return;
      const next = { attempt: now.attempt + 1, failure_code: error.code, as_of: clock.now() };
      await savePayments(tx, org, [{ ...now, ...next }], next.as_of);
    });
    return error.code;
  }
}
