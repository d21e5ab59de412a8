import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { deleteObject, fieldIs, getObject, insertObject, listObjects, newId, paging } from "../books.ts";
import { emit } from "../events/events.ts";
import { invalid } from "../protocol/errors.ts";
import { operation } from "../protocol/operation.ts";
import { object, oneOf, required, text } from "../protocol/params.ts";
import { getCustomer } from "./customers.ts";

type TaxId = Stripe.TaxId;
const PATH = "/v1/tax_ids";
const owner = object({ customer: text(), type: required(oneOf("customer", "self")) });

/** European numbers begin with their country; what else is written in them is not looked at. */
function checkValue(type: string, value: string): void {
  if (type !== "eu_vat" || /^[A-Z]{2}[0-9A-Z+*.]{2,12}$/.test(value)) return;
  throw invalid("Invalid value for eu_vat.", "value", "tax_id_invalid");
}

const get = (world: World, id: string): TaxId => getObject<TaxId>(world, "tax_id", id);

export const taxIdOperations = [
  operation(
    "POST",
    PATH,
    { owner, type: required(text(40)), value: required(text(100)) },
    ({ world, params, cause }) => {
      const customer = getCustomer(world, params.owner?.customer ?? "", "owner[customer]").id;
      checkValue(params.type, params.value);
      const made: TaxId = {
        id: newId(world, "tax_id"),
        object: "tax_id",
        country: params.value.slice(0, 2),
        created: world.clock.seconds(),
        customer,
        customer_account: null,
        livemode: false,
        owner: { customer, customer_account: null, type: "customer" },
        type: params.type as TaxId["type"],
        value: params.value,
        verification: { status: "pending", verified_address: null, verified_name: null },
      };
      insertObject(world, made);
      emit(world, "customer.tax_id.created", made, cause);
      return made;
    },
  ),
  operation("GET", PATH, { ...paging, owner }, ({ world, params: { owner: whose, ...page } }) =>
    listObjects<TaxId>(world, "tax_id", PATH, page, fieldIs("customer", whose?.customer)),
  ),
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => get(world, id)),
  operation("DELETE", `${PATH}/{id}`, {}, ({ world, id, cause }) => {
    const old = get(world, id);
    deleteObject(world, id);
    emit(world, "customer.tax_id.deleted", old, cause);
    return { id, object: "tax_id", deleted: true };
  }),
];
