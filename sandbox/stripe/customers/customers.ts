import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { getObject, insertObject, newId, saveObject } from "../books.ts";
import { missing } from "../protocol/errors.ts";
import { emit } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import {
  list,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  text,
  unsettable,
  type Read,
  type Value,
} from "../protocol/params.ts";
import { nowOf } from "../time/billing-time.ts";

export type Customer = Stripe.Customer;
export type AnyCustomer = Customer | Stripe.DeletedCustomer;

export const address = object({
  city: text(),
  country: text(),
  line1: text(),
  line2: text(),
  postal_code: text(),
  state: text(),
});
export type AddressInput = Value<typeof address>;

export function fullAddress(
  given: Partial<Record<keyof Stripe.Address, unknown>> | null | undefined,
): Stripe.Address {
  const part = (name: keyof Stripe.Address): string | null => {
    const value = given?.[name];
    return typeof value === "string" ? value : null;
  };
  return {
    city: part("city"),
    country: part("country"),
    line1: part("line1"),
    line2: part("line2"),
    postal_code: part("postal_code"),
    state: part("state"),
  };
}

const fields = {
  address: unsettable(address),
  description: unsettable(text()),
  email: unsettable(text(512)),
  metadata: metadata(),
  name: unsettable(text(256)),
  phone: unsettable(text(20)),
  preferred_locales: list(text(10), 10),
  tax_exempt: oneOf("none", "exempt", "reverse"),
};
const invoiceSettings = object({ default_payment_method: unsettable(text()), footer: unsettable(text()) });
export const customerFields = { ...fields, invoice_settings: invoiceSettings };
type CustomerInput = Read<typeof fields> & { test_clock?: string };

export function createCustomer(world: World, input: CustomerInput, cause: Cause): Customer {
  const id = newId(world, "customer");
  const customer: Customer = {
    id,
    object: "customer",
    address: input.address === undefined || input.address === null ? null : fullAddress(input.address),
    balance: 0,
    created: nowOf(world, input.test_clock ?? null),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: input.description ?? null,
    discount: null,
    email: input.email ?? null,
    invoice_prefix: id.slice(4, 12).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: mergeMetadata({}, input.metadata),
    name: input.name ?? null,
    next_invoice_sequence: 1,
    phone: input.phone ?? null,
    preferred_locales: input.preferred_locales ?? [],
    shipping: null,
    tax_exempt: input.tax_exempt ?? "none",
    test_clock: input.test_clock ?? null,
  };
  insertObject(world, customer);
  emit(world, "customer.created", customer, cause);
  return customer;
}

/** A customer that has not been deleted; `param` names it in the error when it is not the path. */
export function getCustomer(world: World, id: string, param: string | null = null): Customer {
  const found = getObject<AnyCustomer>(world, "customer", id, param);
  if (found.deleted === true) throw missing("customer", id, param ?? "id", param === null ? 404 : 400);
  return found as Customer;
}

/** The payment method that invoices are charged to. */
export function setDefaultMethod(world: World, old: Customer, method: string, cause: Cause): Customer {
  const settings = { ...old.invoice_settings, default_payment_method: method };
  const next: Customer = { ...old, invoice_settings: settings };
  saveObject(world, next);
  emit(world, "customer.updated", next, cause, changedFields(old, next));
  return next;
}

/** The old values of what changed, as `previous_attributes` shows them. */
export function changedFields(old: object, next: object): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(old)) {
    const now = (next as Record<string, unknown>)[name];
    if (JSON.stringify(value) !== JSON.stringify(now)) changed[name] = value;
  }
  return changed;
}
