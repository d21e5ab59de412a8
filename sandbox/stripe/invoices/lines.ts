import type Stripe from "stripe";
import { findObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { Price } from "../catalog/prices.ts";
import { formatAmount } from "../catalog/money.ts";
import { newLineOf, type InvoiceLine } from "./invoice.ts";

export type Period = { start: number; end: number };

export function productName(world: World, price: Price): string {
  const id = typeof price.product === "string" ? price.product : price.product.id;
  return findObject<Stripe.Product>(world, "product", id)?.name ?? "Item";
}

/** `$29.00 / month`, `$90.00 every 3 months`. */
function rate(price: Price): string {
  const each = formatAmount(price.unit_amount ?? 0, price.currency);
  const { recurring } = price;
  if (recurring === null) return `${each} each`;
  const count = recurring.interval_count;
  return count === 1 ? `${each} / ${recurring.interval}` : `${each} every ${count} ${recurring.interval}s`;
}

type LineInput = {
  amount: number;
  price: Price;
  quantity: number;
  description: string;
  period: Period;
  metadata?: Record<string, string>;
  parent: InvoiceLine["parent"];
  subscription: string | null;
};

export function makeLine(world: World, input: LineInput): InvoiceLine {
  const { price, ...rest } = input;
  const product = typeof price.product === "string" ? price.product : price.product.id;
  return newLineOf(world, {
    ...rest,
    currency: price.currency,
    metadata: input.metadata ?? {},
    pricing: {
      price_details: { price: price.id, product },
      type: "price_details",
      unit_amount_decimal: price.unit_amount_decimal,
    },
  });
}

type Item = {
  id: string;
  subscription: string;
  price: Price;
  quantity?: number;
  metadata: Record<string, string>;
};

/** What one item costs for a period; nothing during a trial. */
export function itemLine(world: World, item: Item, period: Period, isTrial: boolean): InvoiceLine {
  const quantity = item.quantity ?? 1;
  const name = productName(world, item.price);
  return makeLine(world, {
    amount: isTrial ? 0 : (item.price.unit_amount ?? 0) * quantity,
    price: item.price,
    quantity,
    description: isTrial
      ? `Free trial for ${quantity} × ${name}`
      : `${quantity} × ${name} (at ${rate(item.price)})`,
    period,
    metadata: item.metadata,
    parent: subscriptionParent(item, null, false),
    subscription: item.subscription,
  });
}

export function subscriptionParent(
  item: { id: string; subscription: string },
  invoiceItem: string | null,
  proration: boolean,
): InvoiceLine["parent"] {
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: invoiceItem,
      proration,
      proration_details: proration ? { credited_items: null } : null,
      subscription: item.subscription,
      subscription_item: item.id,
    },
    type: "subscription_item_details",
  };
}
