/**
 * What a subscription pays: a capture by its id, told of in the older words of PayPal (`PAYMENT.SALE.*`), where amounts are
 * `{total, currency}`.
 */
import type { World } from "../../core/company.ts";
import { insert, iso, link, newId, type Link } from "../books.ts";
import { MERCHANT } from "../merchant.ts";
import { describeMoney, feeOf, minorOf, toMoney, type Money } from "../money.ts";
import { post } from "../reporting/ledger.ts";
import { emit } from "../webhooks/events.ts";
import { breakdown, PROTECTED, type Capture, type CaptureEntry, type CaptureMeta } from "./capture.ts";

const older = ({ value, currency_code: currency }: Money, sign = "") => ({
  total: sign + value,
  currency,
  details: { subtotal: sign + value },
});

function saleLinks(world: World, id: string): Link[] {
  const path = `/v2/payments/captures/${id}`;
  return [link(world, path, "self"), link(world, `${path}/refund`, "refund", "POST")];
}

/** The money of one payment of a subscription is there. */
export function makeSale(
  world: World,
  wanted: { subscriptionId: string; customId: string | undefined; minor: bigint; currency: string },
): CaptureEntry {
  const { minor, currency, customId, subscriptionId } = wanted;
  const id = newId(world, "capture");
  const at = iso(world.clock.now());
  const body: Capture = {
    id,
    status: "COMPLETED",
    amount: toMoney(minor, currency),
    final_capture: true,
    disbursement_mode: "INSTANT",
    seller_protection: PROTECTED,
    seller_receivable_breakdown: breakdown(minor, currency),
    ...(customId === undefined ? {} : { custom_id: customId }),
    links: saleLinks(world, id),
    create_time: at,
    update_time: at,
    payee: MERCHANT,
  };
  const meta = { unit: "", paidMs: world.clock.now(), subscriptionId };
  const entry = insert<Capture, CaptureMeta>(world, {
    id,
    kind: "capture",
    parent: subscriptionId,
    body,
    meta,
  });
  const fee = feeOf(minor, currency);
  const reference = { id: subscriptionId, type: "SUB" as const };
  post(world, { id, code: "subscription", currency, gross: minor, fee, reference, customId });
  emit(world, {
    type: "PAYMENT.SALE.COMPLETED",
    resourceType: "sale",
    resourceVersion: "1.0",
    summary: `Payment completed for ${describeMoney(body.amount)}`,
    resource: {
      id,
      billing_agreement_id: subscriptionId,
      amount: older(body.amount),
      transaction_fee: { currency, value: toMoney(fee, currency).value },
      payment_mode: "INSTANT_TRANSFER",
      protection_eligibility: "ELIGIBLE",
      protection_eligibility_type: "ITEM_NOT_RECEIVED_ELIGIBLE,UNAUTHORIZED_PAYMENT_ELIGIBLE",
      state: "completed",
      ...(customId === undefined ? {} : { custom: customId }),
      create_time: at,
      update_time: at,
      links: saleLinks(world, id),
    },
    resourceId: id,
  });
  return entry;
}

type Returned = {
  id: string;
  amount: Money;
  seller_payable_breakdown: { total_refunded_amount: Money };
  custom_id?: string;
  create_time: string;
  update_time: string;
  links: Link[];
};

/** A part of it, or all, went back. */
export function tellSaleRefunded(world: World, sale: CaptureEntry, body: Returned): void {
  const { id, amount } = body;
  emit(world, {
    type: "PAYMENT.SALE.REFUNDED",
    resourceType: "refund",
    resourceVersion: "1.0",
    summary: `A ${describeMoney(amount)} sale payment was refunded`,
    resource: {
      id,
      sale_id: sale.id,
      billing_agreement_id: sale.meta.subscriptionId,
      amount: older(amount, "-"),
      total_refunded_amount: {
        currency: amount.currency_code,
        value: toMoney(minorOf(body.seller_payable_breakdown.total_refunded_amount), amount.currency_code)
          .value,
      },
      state: "completed",
      ...(body.custom_id === undefined ? {} : { custom: body.custom_id }),
      create_time: body.create_time,
      update_time: body.update_time,
      links: body.links,
    },
    resourceId: id,
  });
}
