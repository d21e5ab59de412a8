import type Stripe from "stripe";
import type { World } from "../core/company.ts";
import { fieldIs, getObject, insertObject, listObjects, newId, pagingCreated, saveObject } from "./books.ts";
import { missing } from "./errors.ts";
import { emit } from "./events.ts";
import { operation, type Cause } from "./operation.ts";
import { mergeMetadata, metadata, object, oneOf, text, unsettable, type Read, type Value } from "./params.ts";

export type Customer = Stripe.Customer;
type AnyCustomer = Customer | Stripe.DeletedCustomer;

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
  tax_exempt: oneOf("none", "exempt", "reverse"),
};
type CustomerInput = Read<typeof fields>;

export function createCustomer(world: World, input: CustomerInput, cause: Cause): Customer {
  const id = newId(world, "customer");
  const customer: Customer = {
    id,
    object: "customer",
    address: input.address === undefined || input.address === null ? null : fullAddress(input.address),
    balance: 0,
    created: world.clock.seconds(),
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
    preferred_locales: [],
    shipping: null,
    tax_exempt: input.tax_exempt ?? "none",
    test_clock: null,
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

export const customerOperations = [
  operation("POST", "/v1/customers", fields, ({ world, params, cause }) =>
    createCustomer(world, params, cause),
  ),
  operation("GET", "/v1/customers/{id}", {}, ({ world, id }) =>
    getObject<AnyCustomer>(world, "customer", id),
  ),
  operation("POST", "/v1/customers/{id}", fields, ({ world, id, params, cause }) => {
    const old = getCustomer(world, id);
    const { metadata: change, address: place, ...rest } = params;
    const next: Customer = { ...old, ...rest, metadata: mergeMetadata(old.metadata, change) };
    if (place !== undefined) next.address = place === null ? null : fullAddress(place);
    saveObject(world, next);
    emit(world, "customer.updated", next, cause, changedFields(old, next));
    return next;
  }),
  operation("DELETE", "/v1/customers/{id}", {}, ({ world, id, cause }) => {
    const customer = getCustomer(world, id);
    saveObject(world, { id, object: "customer", deleted: true });
    emit(world, "customer.deleted", customer, cause);
    return { id, object: "customer", deleted: true };
  }),
  operation("GET", "/v1/customers", { ...pagingCreated, email: text(512) }, ({ world, params }) => {
    const { email, ...page } = params;
    const alive = [{ sql: "body ->> '$.deleted' is null", values: [] }];
    return listObjects<Customer>(world, "customer", "/v1/customers", page, [
      ...alive,
      ...fieldIs("email", email),
    ]);
  }),
];

/** The old values of what changed, as `previous_attributes` shows them. */
export function changedFields(old: object, next: object): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(old)) {
    const now = (next as Record<string, unknown>)[name];
    if (JSON.stringify(value) !== JSON.stringify(now)) changed[name] = value;
  }
  return changed;
}
