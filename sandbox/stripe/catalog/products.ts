import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import {
  deleteObject,
  fieldIs,
  findObject,
  getObject,
  insertObject,
  listObjects,
  newId,
  pagingCreated,
  saveObject,
} from "../books.ts";
import { invalid } from "../protocol/errors.ts";
import { changedFields } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import {
  bool,
  list,
  mergeMetadata,
  metadata,
  required,
  text,
  unsettable,
  type Read,
} from "../protocol/params.ts";

type Product = Stripe.Product;

const productFields = {
  active: bool(),
  description: unsettable(text()),
  images: unsettable(list(text(2048), 8)),
  metadata: metadata(),
  name: text(),
  unit_label: unsettable(text(12)),
  url: unsettable(text(2048)),
};
const newProduct = { ...productFields, name: required(text()), id: text(255) };

export function createProduct(world: World, input: Read<typeof newProduct>, cause: Cause): Product {
  const now = world.clock.seconds();
  const id = input.id ?? newId(world, "product");
  if (input.id !== undefined && findObject(world, "product", id) !== null) {
    throw invalid(`Product already exists: ${id}`, "id", "resource_already_exists");
  }
  const product: Product = {
    id,
    object: "product",
    active: input.active ?? true,
    created: now,
    default_price: null,
    description: input.description ?? null,
    images: input.images ?? [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata({}, input.metadata),
    name: input.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: input.unit_label ?? null,
    updated: now,
    url: input.url ?? null,
  };
  insertObject(world, product);
  emit(world, "product.created", product, cause);
  return product;
}

export const productOperations = [
  operation("POST", "/v1/products", newProduct, ({ world, params, cause }) =>
    createProduct(world, params, cause),
  ),
  operation("GET", "/v1/products/{id}", {}, ({ world, id }) => getObject<Product>(world, "product", id)),
  operation(
    "POST",
    "/v1/products/{id}",
    { ...productFields, default_price: text() },
    ({ world, id, params, cause }) => {
      const old = getObject<Product>(world, "product", id);
      const { metadata: change, images, ...rest } = params;
      if (rest.default_price !== undefined)
        getObject<Stripe.Price>(world, "price", rest.default_price, "default_price");
      const next: Product = {
        ...old,
        ...rest,
        images: images === undefined ? old.images : (images ?? []),
        metadata: mergeMetadata(old.metadata, change),
        updated: world.clock.seconds(),
      };
      saveObject(world, next);
      emit(world, "product.updated", next, cause, changedFields(old, next));
      return next;
    },
  ),
  operation("DELETE", "/v1/products/{id}", {}, ({ world, id, cause }) => {
    const product = getObject<Product>(world, "product", id);
    const used =
      listObjects<Stripe.Price>(world, "price", "", { limit: 1 }, fieldIs("product", id)).data.length > 0;
    if (used) {
      throw invalid("This product cannot be deleted because it has one or more user-created prices.");
    }
    deleteObject(world, id);
    emit(world, "product.deleted", product, cause);
    return { id, object: "product", deleted: true };
  }),
  operation(
    "GET",
    "/v1/products",
    { ...pagingCreated, active: bool(), url: text(2048) },
    ({ world, params: { active, url, ...page } }) =>
      listObjects<Product>(world, "product", "/v1/products", page, [
        ...fieldIs("active", active),
        ...fieldIs("url", url),
      ]),
  ),
];
