import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { assert, Problem, common } from "../../../platform/problem.ts";
import { context } from "../../../platform/telemetry/index.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { RuleBroken } from "../../webhooks/index.ts";
import { applyFacts } from "./apply.ts";
import type { BillingDeps } from "../deps.ts";
import { followInvoice } from "../intents/follow-invoice.ts";
import type { Questions } from "../questions.ts";
import type { Fetched, Provider } from "./fact.ts";
import type { PaymentPurpose, PaymentRow, PaymentStatus } from "./payment.ts";
import { fetchOrder } from "./paypal/ask-paypal.ts";
import { findPayment, findPlaces, type Place } from "./store.ts";
import { fetchWhole } from "./stripe/ask-stripe.ts";

/** Our open state is believed this long. */
const FRESH_MS = 2_000;

export type CheckoutStatus = "open" | "processing" | "paid" | "failed" | "expired";

const STATUS: Record<PaymentStatus, CheckoutStatus> = {
  creating: "open",
  requires_payment_method: "open",
  requires_action: "open",
  processing: "processing",
  succeeded: "paid",
  partially_refunded: "paid",
  refunded: "paid",
  disputed: "paid",
  reversed: "paid",
  failed: "failed",
  canceled: "expired",
};

export type CheckoutAnswer = {
  status: CheckoutStatus;
  amount_minor: bigint;
  currency: string;
  purpose: PaymentPurpose;
  provider: Provider;
};

/** How a payment stands, for the holder of its session's or its own id. */
export async function checkoutStatus(
  deps: BillingDeps,
  questions: Questions,
  id: string,
): Promise<CheckoutAnswer> {
  const place = await findPlace(deps, id);
  if (!place) throw new Problem(common.not_found);
  const read = async (): Promise<PaymentRow> => {
    const row = await withTx(deps.db, place.org_id, (tx) => findPayment(tx, place.org_id, place.payment_id));
    if (!row) throw new Problem(common.not_found);
    return row;
  };
  let row = await read();
  if (isStale(row, deps.clock.now())) {
    const stale = row;
    await questions.ask(row.id, async () => {
      await refresh(deps, place, stale);
      await followInvoice(deps, await read());
    });
    row = await read();
  }
  const { amount_minor, currency, purpose, provider } = row;
  return { status: STATUS[row.status], amount_minor, currency, purpose, provider };
}

/** Ids are unique per account; a holder does not know which company it was. */
async function findPlace({ db, accountId, paypal }: BillingDeps, id: string): Promise<Place | undefined> {
  return withSystemTx(db, async (tx) => {
    const [place] = await findPlaces(tx, accountId, [id]);
    return place ?? (paypal ? (await findPlaces(tx, paypal.accountId, [id]))[0] : undefined);
  });
}

function isStale(row: PaymentRow, now: Date): boolean {
  const status = STATUS[row.status];
  if ((row.session_id ?? row.intent_id) === null || (status !== "open" && status !== "processing"))
    return false;
  return now.getTime() - row.as_of.getTime() > FRESH_MS;
}

/** The buyer's return and the webhook meet in the same action. While the company is away or slow, what we know is the answer. */
async function refresh(deps: BillingDeps, place: Place, row: PaymentRow): Promise<void> {
  try {
    const fetched = await askCompany(deps, row);
    await withTx(deps.db, place.org_id, (tx) =>
      applyFacts(deps, tx, place.org_id, [{ paymentId: row.id, ...fetched }], deps.clock.now()),
    );
  } catch (error) {
    if (error instanceof CompanyFault) context()?.note(`${error.company}_fault`, error.code);
    // The webhook of the same money ends dead and waits for an operator; the buyer gets what we know.
    else if (error instanceof RuleBroken) context()?.note("rule_broken", error.rule);
    else throw error;
  }
}

/** PayPal's order is captured on the way when its buyer has approved it. */
async function askCompany(deps: BillingDeps, row: PaymentRow): Promise<Fetched> {
  if (row.provider === "stripe")
    return fetchWhole(deps, {
      intentId: row.session_id === null ? row.intent_id : null,
      sessionId: row.session_id,
    });
  assert(deps.paypal, "a payment by PayPal was made while it was offered");
  return fetchOrder(deps, deps.paypal.api, row);
}
