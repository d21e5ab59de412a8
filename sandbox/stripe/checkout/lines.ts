import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { findObject, getObject, newId } from "../books.ts";
import { behaviorOf, taxIn } from "../catalog/tax.ts";
import { createPrice, priceData, type Price } from "../catalog/prices.ts";
import { invalid, notBuilt } from "../protocol/errors.ts";
import { formatAmount, GREATEST_CHARGE, leastCharge } from "../catalog/money.ts";
import type { Cause } from "../protocol/operation.ts";
import { integer, mergeMetadata, metadata, object, text, type Value } from "../protocol/params.ts";

export type LineItem = Omit<Stripe.LineItem, "price"> & { price: Price };

export const lineItem = object({
  metadata: metadata(),
  price: text(),
  price_data: priceData,
  quantity: integer(0, 999_999),
});

/** Lines with the tax on or in what is left of them; `percent` null: none is worked out. */
export function taxedLines(lines: readonly LineItem[], percent: number | null): LineItem[] {
  return lines.map((line) => {
    const net = line.amount_subtotal - line.amount_discount;
    const { tax, added } = taxIn(net, behaviorOf(line.price), percent ?? 0);
    return { ...line, amount_tax: tax, amount_total: net + added };
  });
}

type Order = { mode: "payment" | "setup" | "subscription"; isTrial: boolean };

export function makeLine(
  world: World,
  input: Value<typeof lineItem>,
  at: number,
  { mode, isTrial }: Order,
  cause: Cause,
): LineItem {
  const name = `line_items[${at}]`;
  if ((input.price === undefined) === (input.price_data === undefined)) {
    throw invalid("Each line item must have exactly one of price or price_data.", name);
  }
  const quantity = input.quantity;
  if (quantity === undefined || quantity < 1) {
    throw invalid(`Quantity is required. Add \`quantity\` to \`${name}\``, `${name}[quantity]`);
  }
  const price =
    input.price_data === undefined
      ? getObject<Price>(world, "price", input.price ?? "", `${name}[price]`)
      : createPrice(world, inlinePrice(input.price_data), cause);
  if (input.price !== undefined && !price.active) {
    throw invalid(
      "The price specified is inactive. This field only accepts active prices.",
      `${name}[price]`,
    );
  }
  if (price.recurring !== null && mode === "payment") {
    throw invalid(
      "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
      "line_items",
    );
  }
  const product = findObject<Stripe.Product>(world, "product", String(price.product));
  const free = isTrial && price.recurring !== null;
  const total = free ? 0 : (price.unit_amount ?? 0) * quantity;
  return {
    id: newId(world, "item"),
    object: "item",
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: total,
    amount_tax: 0,
    amount_total: total,
    currency: price.currency,
    description: product?.name ?? null,
    metadata: mergeMetadata({}, input.metadata),
    price,
    quantity,
  };
}

type PriceData = Value<typeof priceData>;
function inlinePrice({ product_data, ...rest }: PriceData): Parameters<typeof createPrice>[1] {
  if (product_data === undefined) return { ...rest, active: false };
  const { description: _description, images: _images, ...product } = product_data;
  return { ...rest, active: false, product_data: { ...product, active: false } };
}

/** What the buyer is to pay, once it is an amount that can be charged. */
export function checkTotal(lines: LineItem[], recurs: boolean): { total: number; unit: string } {
  const unit = lines[0]?.currency ?? "usd";
  if (lines.some((line) => line.currency !== unit)) {
    throw invalid("All line items must have the same currency.", "line_items");
  }
  const total = lines.reduce((sum, line) => sum + line.amount_total, 0);
  if (recurs && !lines.some((line) => line.price.recurring !== null)) {
    throw invalid(
      "You must provide at least one recurring price in `subscription` mode when using prices.",
      "line_items",
    );
  }
  if (total === 0 && recurs) return { total, unit };
  if (total === 0) throw notBuilt("orders that cost nothing");
  if (total < leastCharge(unit)) {
    throw invalid(
      `The Checkout Session's total amount due must add up to at least ${formatAmount(leastCharge(unit), unit)} ${unit}`,
      undefined,
      "amount_too_small",
    );
  }
  if (total > GREATEST_CHARGE) {
    throw invalid(
      `The Checkout Session's total amount due must be no more than ${formatAmount(GREATEST_CHARGE, unit)}`,
      undefined,
      "amount_too_large",
    );
  }
  return { total, unit };
}
