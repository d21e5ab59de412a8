import type Stripe from "stripe";
import {
  allObjects,
  fieldIs,
  findObject,
  getObject,
  insertObject,
  newId,
  saveObject,
  type ListPage,
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { livingDiscount, spread } from "../catalog/discounts.ts";
import type { Price } from "../catalog/prices.ts";
import { autoTax, behaviorOf, rateOf, taxIn } from "../catalog/tax.ts";
import { changedFields, type Customer } from "../customers/customers.ts";
import { emit, type EventType } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import { clockIdOf, nowOf } from "../time/billing-time.ts";
import { PLAIN_INVOICE } from "./plain-invoice.ts";

type Line = Stripe.InvoiceLineItem;
export type InvoiceLine = Omit<Line, "pricing" | "quantity_decimal"> & {
  pricing:
    | (Omit<Stripe.InvoiceLineItem.Pricing, "unit_amount_decimal"> & { unit_amount_decimal: string | null })
    | null;
  quantity_decimal: string | null;
};
export type Invoice = Omit<Stripe.Invoice, "lines"> & { lines: ListPage<InvoiceLine> };

export const getInvoice = (world: World, id: string, param: string | null = null): Invoice =>
  getObject<Invoice>(world, "invoice", id, param);

type NewLine = Pick<
  InvoiceLine,
  "amount" | "currency" | "description" | "metadata" | "parent" | "period" | "pricing" | "subscription"
> & { quantity: number; discountable?: boolean };

export function newLineOf(world: World, given: NewLine): InvoiceLine {
  return {
    id: newId(world, "invoice_line"),
    object: "line_item",
    amount: given.amount,
    currency: given.currency,
    description: given.description,
    discount_amounts: [],
    discountable: given.discountable ?? true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: given.metadata,
    parent: given.parent,
    period: given.period,
    pretax_credit_amounts: [],
    pricing: given.pricing,
    quantity: given.quantity,
    quantity_decimal: String(given.quantity),
    subscription: given.subscription,
    subtotal: given.amount,
    taxes: [],
  };
}

/** What a new invoice may be told; the rest follows from the customer and from the lines. */
export type InvoiceInput = {
  customer: Customer;
  currency: string;
  lines: InvoiceLine[];
  reason: Stripe.Invoice.BillingReason;
  created: number;
  period: { start: number; end: number };
  subscription: {
    id: string;
    metadata: Record<string, string>;
    automatic_tax: { enabled: boolean };
  } | null;
  prorationDate?: number;
  collectionMethod?: "charge_automatically" | "send_invoice";
  daysUntilDue?: number | null;
  defaultPaymentMethod?: string | null;
  autoAdvance?: boolean;
  description?: string | null;
  /** What is taken off, by the ids of discounts; those that have ended are passed over. */
  discounts?: string[];
  footer?: string | null;
  metadata?: Record<string, string>;
};

/** Lines with what discounts take off them; prorations are net already. */
function discounted(world: World, lines: InvoiceLine[], ids: readonly string[], at: number): InvoiceLine[] {
  let result = lines;
  for (const id of ids) {
    const found = livingDiscount(world, id, at);
    if (found === null) continue;
    const open = result.map((line) =>
      line.discountable
        ? line.amount - (line.discount_amounts ?? []).reduce((sum, each) => sum + each.amount, 0)
        : 0,
    );
    const off = spread(open, found.coupon);
    result = result.map((line, n) =>
      line.discountable
        ? {
            ...line,
            discounts: [...line.discounts, id],
            discount_amounts: [...(line.discount_amounts ?? []), { amount: off[n] ?? 0, discount: id }],
          }
        : line,
    );
  }
  return result;
}

/** Lines with the tax on or in what discounts leave of them. */
function taxed(world: World, lines: InvoiceLine[], percent: number | null): InvoiceLine[] {
  if (percent === null) return lines;
  return lines.map((line) => {
    const price = findObject<Price>(world, "price", String(line.pricing?.price_details?.price ?? ""));
    const behavior = behaviorOf(price ?? { tax_behavior: "unspecified" });
    const off = (line.discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
    const { tax, added } = taxIn(line.amount - off, behavior, percent);
    return {
      ...line,
      taxes: [
        {
          amount: tax,
          tax_behavior: behavior,
          tax_rate_details: null,
          taxability_reason: "standard_rated",
          taxable_amount: line.amount - off - (tax - added),
          type: "tax_rate_details",
        },
      ],
    };
  });
}

/** The sums of an invoice's taxes, those that are in its prices and those that come on top. */
function sumTaxes(lines: InvoiceLine[]) {
  const sums = new Map<string, NonNullable<Invoice["total_taxes"]>[number]>();
  for (const tax of lines.flatMap((line) => line.taxes ?? [])) {
    const known = sums.get(tax.tax_behavior);
    sums.set(tax.tax_behavior, {
      ...tax,
      amount: tax.amount + (known?.amount ?? 0),
      taxable_amount: (tax.taxable_amount ?? 0) + (known?.taxable_amount ?? 0),
    });
  }
  const of = (behavior: string) => sums.get(behavior)?.amount ?? 0;
  return { all: [...sums.values()], inside: of("inclusive"), added: of("exclusive") };
}

/** The sums that follow from an invoice's lines. */
export function withTotals(invoice: Invoice): Invoice {
  const subtotal = invoice.lines.data.reduce((sum, line) => sum + line.amount, 0);
  const discounts = new Map<string, number>();
  for (const line of invoice.lines.data) {
    for (const { amount, discount } of line.discount_amounts ?? []) {
      const id = typeof discount === "string" ? discount : discount.id;
      discounts.set(id, (discounts.get(id) ?? 0) + amount);
    }
  }
  const taxes = sumTaxes(invoice.lines.data);
  const net = subtotal - [...discounts.values()].reduce((sum, amount) => sum + amount, 0);
  const total = net + taxes.added;
  const due = Math.max(total, 0);
  return {
    ...invoice,
    amount_due: due,
    amount_remaining: due - invoice.amount_paid,
    subtotal,
    subtotal_excluding_tax: subtotal - taxes.inside,
    total,
    total_excluding_tax: net - taxes.inside,
    total_taxes: taxes.all,
    total_discount_amounts: [...discounts].map(([discount, amount]) => ({ amount, discount })),
  };
}

function blankInvoice(world: World, input: InvoiceInput): Omit<Invoice, "lines"> {
  const { customer } = input;
  const sends = input.collectionMethod === "send_invoice";
  const created = input.created;
  return {
    id: newId(world, "invoice"),
    object: "invoice",
    ...PLAIN_INVOICE,
    automatic_tax: { ...autoTax(input.subscription?.automatic_tax.enabled === true), disabled_reason: null },
    auto_advance: input.autoAdvance ?? true,
    billing_reason: input.reason,
    collection_method: input.collectionMethod ?? "charge_automatically",
    created,
    currency: input.currency,
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_tax_exempt: customer.tax_exempt ?? "none",
    default_payment_method: input.defaultPaymentMethod ?? null,
    description: input.description ?? null,
    due_date: sends ? created + (input.daysUntilDue ?? 30) * 86_400 : null,
    footer: input.footer ?? customer.invoice_settings.footer,
    metadata: input.metadata ?? {},
    parent: parentOf(input),
    period_end: input.period.end,
    period_start: input.period.start,
    starting_balance: customer.balance,
    test_clock: clockIdOf(customer),
  };
}

function parentOf({ subscription, prorationDate }: InvoiceInput): Stripe.Invoice.Parent | null {
  if (subscription === null) return null;
  return {
    quote_details: null,
    subscription_details: {
      metadata: subscription.metadata,
      subscription: subscription.id,
      ...(prorationDate === undefined ? {} : { subscription_proration_date: prorationDate }),
    },
    type: "subscription_details",
  };
}

/** Writes a draft into the books, with `invoice.created`. */
export function draftInvoice(world: World, input: InvoiceInput, cause: Cause): Invoice {
  const blank = blankInvoice(world, input);
  const discounts = (input.discounts ?? []).filter((id) => livingDiscount(world, id, input.created) !== null);
  const percent = rateOf(world, blank.automatic_tax.enabled);
  const lines = taxed(world, discounted(world, input.lines, discounts, input.created), percent);
  const invoice = withTotals({
    ...blank,
    discounts,
    lines: {
      object: "list",
      data: lines.map((line) => ({ ...line, invoice: blank.id })),
      has_more: false,
      url: `/v1/invoices/${blank.id}/lines`,
    },
  });
  insertObject(world, invoice);
  emit(world, "invoice.created", invoice, cause);
  return invoice;
}

/** Saves what has changed and tells it as `invoice.updated`, or as that and the events named. */
export function changeInvoice(
  world: World,
  old: Invoice,
  change: Partial<Invoice>,
  cause: Cause,
  ...events: EventType[]
): Invoice {
  const next: Invoice = { ...old, ...change };
  const previous = changedFields(old, next);
  if (Object.keys(previous).length === 0) return old;
  saveObject(world, next);
  emit(world, "invoice.updated", next, cause, previous);
  for (const type of events) emit(world, type, next, cause);
  return next;
}

/** The subscription an invoice is of, or null. */
export function subscriptionIdOf(invoice: Pick<Invoice, "parent">): string | null {
  const found = invoice.parent?.subscription_details?.subscription ?? null;
  return found === null || typeof found === "string" ? found : found.id;
}

export const invoicesOf = (world: World, subscriptionId: string): Invoice[] =>
  allObjects<Invoice>(world, "invoice", fieldIs("parent.subscription_details.subscription", subscriptionId));

export const customerIdOf = (owner: { customer: string | { id: string } | null }): string =>
  typeof owner.customer === "string" ? owner.customer : (owner.customer?.id ?? "");

export const invoiceNow = (world: World, invoice: Invoice): number => nowOf(world, clockIdOf(invoice));
