import type { World } from "../../core/company.ts";
import { fieldIs, getObject, listObjects, paging, pagingCreated, saveObject } from "../books.ts";
import { emit } from "../events/events.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { mergeMetadata, text, type Read } from "../protocol/params.ts";
import type { TestClock } from "../time/billing-time.ts";
import { cancelAllOf } from "../subscriptions/end.ts";
import {
  changedFields,
  createCustomer,
  customerFields,
  fullAddress,
  getCustomer,
  type AnyCustomer,
  type Customer,
} from "./customers.ts";
import { attach, methodOf, methodType, type PaymentMethod } from "./payment-methods.ts";

type Settings = NonNullable<Read<typeof customerFields>["invoice_settings"]>;

/** The card that invoices are charged to has to be the customer's own. */
function withSettings(world: World, customer: Customer, given: Settings | undefined): Customer {
  if (given === undefined) return customer;
  const method = given.default_payment_method;
  if (typeof method === "string")
    methodOf(world, customer.id, method, "invoice_settings[default_payment_method]");
  return { ...customer, invoice_settings: { ...customer.invoice_settings, ...given } };
}

function updateCustomer(
  world: World,
  id: string,
  params: Read<typeof customerFields>,
  cause: Cause,
): Customer {
  const old = getCustomer(world, id);
  const { metadata: change, address: place, invoice_settings: settings, ...rest } = params;
  const next: Customer = withSettings(
    world,
    { ...old, ...rest, metadata: mergeMetadata(old.metadata, change) },
    settings,
  );
  if (place !== undefined) next.address = place === null ? null : fullAddress(place);
  saveObject(world, next);
  emit(world, "customer.updated", next, cause, changedFields(old, next));
  return next;
}

export const customerOperations = [
  operation(
    "POST",
    "/v1/customers",
    { ...customerFields, payment_method: text(), test_clock: text() },
    ({ world, params, cause }) => {
      const { payment_method: method, invoice_settings: settings, ...rest } = params;
      if (rest.test_clock !== undefined) {
        getObject<TestClock>(world, "test_helpers.test_clock", rest.test_clock, "test_clock");
      }
      const made = createCustomer(world, rest, cause);
      if (method === undefined && settings === undefined) return made;
      const attached = method === undefined ? null : attach(world, method, made.id, cause);
      const wanted = settings?.default_payment_method;
      // `pm_card_visa` names a new card each time; the one just attached is meant.
      const same = attached !== null && wanted === method;
      const given = same ? { ...settings, default_payment_method: attached.id } : settings;
      return saveObject(world, withSettings(world, made, given));
    },
  ),
  operation("GET", "/v1/customers/{id}", {}, ({ world, id }) =>
    getObject<AnyCustomer>(world, "customer", id),
  ),
  operation("POST", "/v1/customers/{id}", customerFields, ({ world, id, params, cause }) =>
    updateCustomer(world, id, params, cause),
  ),
  operation("DELETE", "/v1/customers/{id}", {}, ({ world, id, cause }) => {
    const customer = getCustomer(world, id);
    cancelAllOf(world, id, cause);
    saveObject(world, { id, object: "customer", deleted: true });
    emit(world, "customer.deleted", customer, cause);
    return { id, object: "customer", deleted: true };
  }),
  operation(
    "GET",
    "/v1/customers",
    { ...pagingCreated, email: text(512), test_clock: text() },
    ({ world, params }) => {
      const { email, test_clock: clock, ...page } = params;
      const alive = [{ sql: "body ->> '$.deleted' is null", values: [] }];
      return listObjects<Customer>(world, "customer", "/v1/customers", page, [
        ...alive,
        ...fieldIs("email", email),
        ...fieldIs("test_clock", clock),
      ]);
    },
  ),
  operation(
    "GET",
    "/v1/customers/{id}/payment_methods",
    { ...paging, type: methodType },
    ({ world, id, params: { type, ...page } }) => {
      getCustomer(world, id);
      return listObjects<PaymentMethod>(
        world,
        "payment_method",
        `/v1/customers/${id}/payment_methods`,
        page,
        [...fieldIs("customer", id), ...fieldIs("type", type)],
      );
    },
  ),
];
