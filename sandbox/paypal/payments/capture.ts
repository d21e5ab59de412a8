/** Money taken: a capture of an order or of an authorization. */
import type { World } from "../../core/company.ts";
import { find, insert, iso, link, newId, save, type Entry, type Link } from "../books.ts";
import { MERCHANT } from "../merchant.ts";
import { describeMoney, feeOf, minorOf, toMoney, type Money } from "../money.ts";
import { post } from "../reporting/ledger.ts";
import { emit } from "../webhooks/events.ts";

/** An e-check clears, or does not, after three days. */
const CLEARING_MS = 3 * 86_400_000;

export type Capture = {
  id: string;
  status: "COMPLETED" | "DECLINED" | "PARTIALLY_REFUNDED" | "PENDING" | "REFUNDED" | "FAILED";
  status_details?: { reason: string };
  amount: Money;
  final_capture: boolean;
  disbursement_mode: "INSTANT";
  seller_protection: { status: string; dispute_categories?: string[] };
  seller_receivable_breakdown?: { gross_amount: Money; paypal_fee: Money; net_amount: Money };
  invoice_id?: string;
  custom_id?: string;
  links: Link[];
  create_time: string;
  update_time: string;
  supplementary_data?: { related_ids: { order_id: string; authorization_id?: string } };
  payee: typeof MERCHANT;
};
export type CaptureMeta = {
  unit: string;
  paidMs: number;
  /** What it was paid for, when not an order. */
  subscriptionId?: string;
  /** Whether a case is open on it, and the minor units that cases took and have not given back. */
  disputed?: boolean;
  withdrawn?: string;
};
export type CaptureEntry = Entry<Capture, CaptureMeta>;

export type NewCapture = {
  parent: string;
  orderId: string;
  authorizationId?: string;
  unit: string;
  minor: bigint;
  currency: string;
  customId: string | undefined;
  invoiceId: string | undefined;
  final?: boolean;
  /** Stays pending and ends so. */
  later: "pending" | "denied" | null;
};

export const PROTECTED = {
  status: "ELIGIBLE",
  dispute_categories: ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"],
};

export function breakdown(
  minor: bigint,
  currency: string,
): NonNullable<Capture["seller_receivable_breakdown"]> {
  const fee = feeOf(minor, currency);
  return {
    gross_amount: toMoney(minor, currency),
    paypal_fee: toMoney(fee, currency),
    net_amount: toMoney(minor - fee, currency),
  };
}

export function makeCapture(world: World, wanted: NewCapture): CaptureEntry {
  const { minor, currency, later, orderId, authorizationId } = wanted;
  const id = newId(world, "capture");
  const at = iso(world.clock.now());
  const path = `/v2/payments/captures/${id}`;
  const up =
    authorizationId === undefined
      ? link(world, `/v2/checkout/orders/${orderId}`, "up")
      : link(world, `/v2/payments/authorizations/${authorizationId}`, "up");
  const body: Capture = {
    id,
    status: later === null ? "COMPLETED" : "PENDING",
    ...(later === null ? {} : { status_details: { reason: "ECHECK" } }),
    amount: toMoney(minor, currency),
    final_capture: wanted.final ?? true,
    disbursement_mode: "INSTANT",
    seller_protection: later === null ? PROTECTED : { status: "NOT_ELIGIBLE" },
    ...(later === null ? { seller_receivable_breakdown: breakdown(minor, currency) } : {}),
    ...(wanted.invoiceId === undefined ? {} : { invoice_id: wanted.invoiceId }),
    ...(wanted.customId === undefined ? {} : { custom_id: wanted.customId }),
    links: [link(world, path, "self"), link(world, `${path}/refund`, "refund", "POST"), up],
    create_time: at,
    update_time: at,
    supplementary_data: {
      related_ids: {
        order_id: orderId,
        ...(authorizationId === undefined ? {} : { authorization_id: authorizationId }),
      },
    },
    payee: MERCHANT,
  };
  const meta = { unit: wanted.unit, paidMs: world.clock.now() };
  const entry = insert<Capture, CaptureMeta>(world, {
    id,
    kind: "capture",
    parent: wanted.parent,
    body,
    meta,
  });
  if (later === null) received(world, entry);
  else {
    tell(world, entry, "PENDING", "Payment pending for");
    world.agenda.add("paypal", "capture.clear", meta.paidMs + CLEARING_MS, { id, paid: later === "pending" });
  }
  return entry;
}

function tell(
  world: World,
  { id, body }: CaptureEntry,
  what: "COMPLETED" | "PENDING" | "DENIED",
  text: string,
): void {
  emit(world, {
    type: `PAYMENT.CAPTURE.${what}`,
    resourceType: "capture",
    resourceVersion: "2.0",
    summary: `${text} ${describeMoney(body.amount)}`,
    resource: body,
    resourceId: id,
  });
}

/** The money is there. */
function received(world: World, entry: CaptureEntry): void {
  const { body } = entry;
  const { currency_code: currency } = body.amount;
  const gross = minorOf(body.amount);
  post(world, {
    id: entry.id,
    code: "checkout",
    currency,
    gross,
    fee: feeOf(gross, currency),
    reference: { id: entry.parent ?? "", type: "ODR" },
    invoiceId: body.invoice_id,
    customId: body.custom_id,
  });
  tell(world, entry, "COMPLETED", "Payment completed for");
}

/** A pending one ends. */
export function clearCapture(world: World, payload: unknown): void {
  const { id, paid } = payload as { id: string; paid: boolean };
  const entry = find<Capture, CaptureMeta>(world, "capture", id);
  if (entry === null || entry.body.status !== "PENDING") return;
  const { status_details: _why, ...rest } = entry.body;
  const at = iso(world.clock.now());
  const body: Capture = paid
    ? {
        ...rest,
        status: "COMPLETED",
        seller_protection: PROTECTED,
        seller_receivable_breakdown: breakdown(minorOf(rest.amount), rest.amount.currency_code),
        update_time: at,
      }
    : { ...rest, status: "DECLINED", update_time: at };
  const saved = save(world, { ...entry, body, meta: { ...entry.meta, paidMs: world.clock.now() } });
  if (paid) received(world, saved);
  else tell(world, saved, "DENIED", "Payment denied for");
}
