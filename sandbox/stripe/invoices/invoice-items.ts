import type Stripe from "stripe";
import { allObjects, fieldIs, insertObject, newId, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { Price } from "../catalog/prices.ts";
import { emit } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import { newLineOf, type InvoiceLine } from "./invoice.ts";
import { subscriptionParent, type Period } from "./lines.ts";

type Item = Stripe.InvoiceItem;
export type InvoiceItem = Omit<Item, "pricing" | "quantity_decimal"> & {
  pricing: InvoiceLine["pricing"];
  quantity_decimal: string;
};

export type PendingInput = {
  amount: number;
  currency: string;
  customer: string;
  date: number;
  description: string | null;
  discountable: boolean;
  invoice?: string | null;
  metadata?: Record<string, string>;
  period: Period;
  price: Price | null;
  proration: boolean;
  quantity: number;
  subscription: { id: string; item: string | null } | null;
  testClock: string | null;
};

/** Something to be billed on an invoice still to come. */
export function createInvoiceItem(world: World, input: PendingInput, cause: Cause): InvoiceItem {
  const { price, subscription } = input;
  const product =
    price === null ? null : typeof price.product === "string" ? price.product : price.product.id;
  const item: InvoiceItem = {
    id: newId(world, "invoiceitem"),
    object: "invoiceitem",
    amount: input.amount,
    currency: input.currency,
    customer: input.customer,
    customer_account: null,
    date: input.date,
    description: input.description,
    discountable: input.discountable,
    discounts: [],
    invoice: input.invoice ?? null,
    livemode: false,
    metadata: input.metadata ?? {},
    net_amount: input.amount,
    parent:
      subscription === null
        ? null
        : {
            subscription_details: {
              subscription: subscription.id,
              ...(subscription.item === null ? {} : { subscription_item: subscription.item }),
            },
            type: "subscription_details",
          },
    period: input.period,
    pricing:
      price === null || product === null
        ? null
        : {
            price_details: { price: price.id, product },
            type: "price_details",
            unit_amount_decimal: price.unit_amount_decimal,
          },
    proration: input.proration,
    ...(input.proration ? { proration_details: { credited_items: null, discount_amounts: [] } } : {}),
    quantity: input.quantity,
    quantity_decimal: String(input.quantity),
    tax_rates: [],
    test_clock: input.testClock,
  };
  insertObject(world, item);
  emit(world, "invoiceitem.created", item, cause);
  return item;
}

/** What waits for the next invoice of a subscription: its own and the customer's. */
export function pendingItems(world: World, customer: string, subscription: string | null): InvoiceItem[] {
  return allObjects<InvoiceItem>(world, "invoiceitem", [
    ...fieldIs("customer", customer),
    { sql: "body ->> '$.invoice' is null", values: [] },
  ]).filter((item) => {
    const own = item.parent?.subscription_details?.subscription ?? null;
    return own === null || own === subscription;
  });
}

/** The line that an item becomes. */
export function lineOfItem(world: World, item: InvoiceItem): InvoiceLine {
  const details = item.parent?.subscription_details ?? null;
  const si = details?.subscription_item;
  const parent: InvoiceLine["parent"] =
    details !== null && si !== undefined && item.proration
      ? subscriptionParent({ id: si, subscription: details.subscription }, item.id, true)
      : {
          invoice_item_details: {
            invoice_item: item.id,
            proration: item.proration,
            proration_details: null,
            subscription: details?.subscription ?? null,
          },
          subscription_item_details: null,
          type: "invoice_item_details",
        };
  return newLineOf(world, {
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discountable: item.discountable,
    metadata: item.metadata ?? {},
    parent,
    period: item.period,
    pricing: item.pricing,
    quantity: item.quantity,
    subscription: details?.subscription ?? null,
  });
}

/** The items are on that invoice now. */
export function billItems(world: World, items: readonly InvoiceItem[], invoice: string): void {
  for (const item of items) saveObject<InvoiceItem>(world, { ...item, invoice });
}
