import type { World } from "../../core/company.ts";
import { childrenOf, insert, iso, link, newId, save, type Entry, type Link } from "../books.ts";
import { unprocessable } from "../errors.ts";
import { MERCHANT } from "../merchant.ts";
import { describeMoney, minorOf, toMoney, type Money } from "../money.ts";
import { post } from "../reporting/ledger.ts";
import { emit } from "../webhooks/events.ts";
import type { CaptureEntry } from "./capture.ts";
import { tellSaleRefunded } from "./sale.ts";

/** PayPal refunds within 180 days of the payment. */
const REFUNDABLE_MS = 180 * 86_400_000;

export type Refund = {
  id: string;
  status: "CANCELLED" | "FAILED" | "PENDING" | "COMPLETED";
  amount: Money;
  seller_payable_breakdown: {
    gross_amount: Money;
    paypal_fee: Money;
    net_amount: Money;
    total_refunded_amount: Money;
  };
  invoice_id?: string;
  custom_id?: string;
  note_to_payer?: string;
  payer: typeof MERCHANT;
  links: Link[];
  create_time: string;
  update_time: string;
};
export type RefundMeta = { captureId: string };
export type RefundEntry = Entry<Refund, RefundMeta>;

export const publicRefund = ({ body }: RefundEntry): Refund => body;

/** What of it has not gone back yet. */
function refundable(world: World, entry: CaptureEntry): bigint {
  const refunds = childrenOf(world, entry.id, "refund") as RefundEntry[];
  const gone = refunds
    .filter(({ body }) => body.status === "COMPLETED" || body.status === "PENDING")
    .reduce((sum, { body }) => sum + minorOf(body.amount), 0n);
  return minorOf(entry.body.amount) - gone - BigInt(entry.meta.withdrawn ?? 0);
}

/** What may go back of it now: all that is left when `wanted` is null. */
function checkRefund(
  world: World,
  capture: CaptureEntry,
  wanted: bigint | null,
): { minor: bigint; rest: bigint } {
  const { body: paid } = capture;
  if (paid.status === "PENDING" || paid.status === "DECLINED" || paid.status === "FAILED")
    throw unprocessable(
      "PENDING_CAPTURE",
      "Cannot initiate a refund as the capture is pending. Capture is typically pending when the payer has funded the transaction using e-check/bank funded.",
    );
  if (paid.status === "REFUNDED")
    throw unprocessable("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded");
  if (world.clock.now() > capture.meta.paidMs + REFUNDABLE_MS)
    throw unprocessable(
      "REFUND_TIME_LIMIT_EXCEEDED",
      "You are over the time limit to perform a refund on this capture",
    );
  if (capture.meta.disputed === true)
    throw unprocessable(
      "TRANSACTION_DISPUTED",
      "Partial refunds cannot be offered at this time because there is an open case on this transaction. Visit the PayPal Resolution Center to review this case.",
    );
  const left = refundable(world, capture);
  const minor = wanted ?? left;
  if (minor > left)
    throw unprocessable(
      "REFUND_AMOUNT_EXCEEDED",
      "The refund amount must be less than or equal to the capture amount that has not yet been refunded.",
      "/amount/value",
    );
  return { minor, rest: left - minor };
}

/** Gives back `minor` of a capture, all that is left when null; PayPal keeps the fee it took. */
export function makeRefund(
  world: World,
  capture: CaptureEntry,
  wanted: {
    minor: bigint | null;
    invoiceId?: string | undefined;
    customId?: string | undefined;
    note?: string | undefined;
  },
): RefundEntry {
  const { body: paid } = capture;
  const { minor, rest } = checkRefund(world, capture, wanted.minor);
  const { currency_code: currency } = paid.amount;
  const id = newId(world, "refund");
  const at = iso(world.clock.now());
  const body: Refund = {
    id,
    status: "COMPLETED",
    amount: toMoney(minor, currency),
    seller_payable_breakdown: {
      gross_amount: toMoney(minor, currency),
      paypal_fee: toMoney(0n, currency),
      net_amount: toMoney(minor, currency),
      total_refunded_amount: toMoney(minorOf(paid.amount) - rest, currency),
    },
    ...(wanted.invoiceId === undefined ? {} : { invoice_id: wanted.invoiceId }),
    ...(wanted.customId === undefined ? {} : { custom_id: wanted.customId }),
    ...(wanted.note === undefined ? {} : { note_to_payer: wanted.note }),
    payer: MERCHANT,
    links: [
      link(world, `/v2/payments/refunds/${id}`, "self"),
      link(world, `/v2/payments/captures/${capture.id}`, "up"),
    ],
    create_time: at,
    update_time: at,
  };
  const entry = insert<Refund, RefundMeta>(world, {
    id,
    kind: "refund",
    parent: capture.id,
    body,
    meta: { captureId: capture.id },
  });
  post(world, {
    id,
    code: "refund",
    currency,
    gross: -minor,
    fee: 0n,
    reference: { id: capture.id, type: "TXN" },
    invoiceId: body.invoice_id,
    customId: body.custom_id ?? paid.custom_id,
  });
  const status = rest === 0n ? "REFUNDED" : "PARTIALLY_REFUNDED";
  save(world, { ...capture, body: { ...paid, status, update_time: at } });
  if (capture.meta.subscriptionId === undefined) tellRefunded(world, entry);
  else tellSaleRefunded(world, capture, body);
  return entry;
}

function tellRefunded(world: World, { id, body }: RefundEntry): void {
  emit(world, {
    type: "PAYMENT.CAPTURE.REFUNDED",
    resourceType: "refund",
    resourceVersion: "2.0",
    summary: `A ${describeMoney(body.amount)} capture payment was refunded`,
    resource: body,
    resourceId: id,
  });
}
