/** Capturing and authorizing an approved order. */
import type { World } from "../../core/company.ts";
import { behaviourOf } from "../buyers.ts";
import { link, select } from "../books.ts";
import { PayPalError, unprocessable } from "../errors.ts";
import { minorOf } from "../money.ts";
import { makeAuthorization } from "../payments/authorization.ts";
import { makeCapture } from "../payments/capture.ts";
import { keepWallet } from "../vault/token.ts";
import { emit } from "../webhooks/events.ts";
import { LIFE_MS, saveOrder, wholeOrder, type OrderEntry } from "./order.ts";

const DUPLICATE =
  "Duplicate Invoice ID detected. To avoid a potential duplicate transaction your account setting requires that Invoice Id be unique for each transaction.";

/** An invoice is paid once. */
export function checkInvoice(world: World, invoiceId: string | undefined): void {
  if (invoiceId === undefined) return;
  const paid = select(world, "capture", "body ->> '$.invoice_id' = ?", invoiceId);
  if (paid.length > 0)
    throw unprocessable("DUPLICATE_INVOICE_ID", DUPLICATE, "/purchase_units/0/invoice_id", invoiceId);
}

function checkReady(entry: OrderEntry, intent: "CAPTURE" | "AUTHORIZE"): void {
  const { body } = entry;
  if (body.status === "COMPLETED")
    throw intent === "CAPTURE"
      ? unprocessable(
          "ORDER_ALREADY_CAPTURED",
          "Order already captured.If 'intent=CAPTURE' only one capture per order is allowed.",
        )
      : unprocessable(
          "ORDER_ALREADY_AUTHORIZED",
          "Order already authorized.If 'intent=AUTHORIZE' only one authorization per order is allowed.",
        );
  if (body.intent !== intent)
    throw unprocessable(
      "ACTION_DOES_NOT_MATCH_INTENT",
      `Order was created with an intent to '${body.intent}'. Please use v2/checkout/orders/order_id/${body.intent.toLowerCase()} to complete the transaction or alternately Create an order with an intent of '${intent}'.`,
    );
  if (body.status !== "APPROVED")
    throw unprocessable(
      "ORDER_NOT_APPROVED",
      "Payer has not yet approved the Order for payment. Please redirect the payer to the 'rel':'approve' url returned as part of the HATEOAS links within the Create Order call or provide a valid `payment_source` in the request.",
    );
}

/** The bank says no: the buyer may choose another way to pay on the same page. */
function decline(world: World, entry: OrderEntry): never {
  entry.body.status = entry.meta.wallet ? "PAYER_ACTION_REQUIRED" : "CREATED";
  entry.meta.expiresMs = world.clock.now() + LIFE_MS;
  saveOrder(world, entry);
  const again = link(world, `/checkoutnow?token=${entry.id}`, "redirect");
  throw new PayPalError(422, "UNPROCESSABLE_ENTITY", {
    details: [
      {
        issue: "INSTRUMENT_DECLINED",
        description:
          "The instrument presented  was either declined by the processor or bank, or it can't be used for this payment.",
      },
    ],
    links: [again],
    kept: true,
  });
}

/** Takes the money of an approved order, one capture for each of its units. */
export function captureOrder(world: World, entry: OrderEntry): OrderEntry {
  checkReady(entry, "CAPTURE");
  const { body, meta } = entry;
  for (const unit of body.purchase_units) checkInvoice(world, unit.invoice_id);
  const behaviour = behaviourOf(meta.buyer ?? "");
  if (behaviour === "declined") decline(world, entry);
  body.status = "COMPLETED";
  const saved = saveOrder(world, entry);
  for (const unit of body.purchase_units)
    makeCapture(world, {
      parent: saved.id,
      orderId: saved.id,
      unit: unit.reference_id,
      minor: minorOf(unit.amount),
      currency: unit.amount.currency_code,
      customId: unit.custom_id,
      invoiceId: unit.invoice_id,
      later: behaviour === "pending" || behaviour === "denied" ? behaviour : null,
    });
  if (meta.vault !== null && meta.buyer !== null) keep(world, saved, meta.buyer);
  completed(world, saved);
  return saved;
}

/** Keeps the buyer's wallet, as was asked when the order was made. */
function keep(world: World, entry: OrderEntry, buyer: string): void {
  const { id, body } = keepWallet(world, buyer, entry.meta.vault?.customerId ?? null);
  const { paypal } = entry.body.payment_source as { paypal: object };
  const vault = { id, status: "VAULTED", customer: body.customer, links: body.links };
  entry.body.payment_source = { paypal: { ...paypal, attributes: { vault } } };
  saveOrder(world, entry);
}

/** Sets the money of an approved order aside. */
export function authorizeOrder(world: World, entry: OrderEntry): OrderEntry {
  checkReady(entry, "AUTHORIZE");
  const { body, meta } = entry;
  if (behaviourOf(meta.buyer ?? "") === "declined") decline(world, entry);
  body.status = "COMPLETED";
  const saved = saveOrder(world, entry);
  for (const unit of body.purchase_units)
    makeAuthorization(world, {
      orderId: saved.id,
      unit: unit.reference_id,
      minor: minorOf(unit.amount),
      currency: unit.amount.currency_code,
      customId: unit.custom_id,
      invoiceId: unit.invoice_id,
    });
  completed(world, saved);
  return saved;
}

function completed(world: World, entry: OrderEntry): void {
  emit(world, {
    type: "CHECKOUT.ORDER.COMPLETED",
    resourceType: "checkout-order",
    resourceVersion: "2.0",
    summary: "Checkout Order Completed",
    resource: wholeOrder(world, entry),
    resourceId: entry.id,
  });
}
