import type Stripe from "stripe";
import type { World } from "../core/company.ts";
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
} from "./books.ts";
import { invalid } from "./errors.ts";
import { changedFields } from "./customers.ts";
import { emit } from "./events.ts";
import { currency } from "./money.ts";
import { operation, type Cause } from "./operation.ts";
import {
  bool,
  integer,
  list,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  unsettable,
  type Read,
} from "./params.ts";

type Product = Stripe.Product;
/** Decimal amounts travel as text; the SDK turns them into its own class. */
export type Price = Omit<Stripe.Price, "unit_amount_decimal"> & { unit_amount_decimal: string | null };

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

const taxBehavior = oneOf("unspecified", "exclusive", "inclusive");
const priceFields = {
  active: bool(),
  lookup_key: text(200),
  metadata: metadata(),
  nickname: text(),
  tax_behavior: taxBehavior,
};
const newPrice = {
  ...priceFields,
  billing_scheme: oneOfBuilt(["per_unit"], ["tiered"]),
  currency: required(currency()),
  product: text(),
  product_data: object({
    active: bool(),
    id: text(255),
    metadata: metadata(),
    name: required(text()),
    unit_label: text(12),
  }),
  unit_amount: integer(0, 99_999_999),
};
type PriceInput = Read<typeof newPrice>;

export function createPrice(world: World, input: PriceInput, cause: Cause): Price {
  if ((input.product === undefined) === (input.product_data === undefined)) {
    throw invalid("You must specify exactly one of product, product_data.", "product");
  }
  if (input.unit_amount === undefined) {
    throw invalid("Missing required param: unit_amount.", "unit_amount", "parameter_missing");
  }
  const product =
    input.product_data === undefined
      ? getObject<Product>(world, "product", input.product ?? "", "product")
      : createProduct(world, input.product_data, cause);
  const price: Price = {
    id: newId(world, "price"),
    object: "price",
    active: input.active ?? true,
    billing_scheme: "per_unit",
    created: world.clock.seconds(),
    currency: input.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: input.lookup_key ?? null,
    metadata: mergeMetadata({}, input.metadata),
    nickname: input.nickname ?? null,
    product: product.id,
    recurring: null,
    tax_behavior: input.tax_behavior ?? "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: "one_time",
    unit_amount: input.unit_amount,
    unit_amount_decimal: String(input.unit_amount),
  };
  insertObject(world, price);
  emit(world, "price.created", price, cause);
  return price;
}

/** `price_data` of a line item: a price and perhaps a product of its own, both out of sight of later lists. */
export const priceData = object({
  currency: required(currency()),
  product: text(),
  product_data: object({
    description: text(),
    images: list(text(2048), 8),
    metadata: metadata(),
    name: required(text()),
    unit_label: text(12),
  }),
  tax_behavior: taxBehavior,
  unit_amount: required(integer(0, 99_999_999)),
});

export const catalogOperations = [
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
        getObject<Price>(world, "price", rest.default_price, "default_price");
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
    const used = listObjects<Price>(world, "price", "", { limit: 1 }, fieldIs("product", id)).data.length > 0;
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
  operation("POST", "/v1/prices", newPrice, ({ world, params, cause }) => createPrice(world, params, cause)),
  operation("GET", "/v1/prices/{id}", {}, ({ world, id }) => getObject<Price>(world, "price", id)),
  operation("POST", "/v1/prices/{id}", priceFields, ({ world, id, params, cause }) => {
    const old = getObject<Price>(world, "price", id);
    const { metadata: change, ...rest } = params;
    const next: Price = { ...old, ...rest, metadata: mergeMetadata(old.metadata, change) };
    saveObject(world, next);
    emit(world, "price.updated", next, cause, changedFields(old, next));
    return next;
  }),
  operation(
    "GET",
    "/v1/prices",
    {
      ...pagingCreated,
      active: bool(),
      currency: currency(),
      product: text(),
      type: oneOf("one_time", "recurring"),
    },
    ({ world, params: { active, currency: unit, product, type, ...page } }) =>
      listObjects<Price>(world, "price", "/v1/prices", page, [
        ...fieldIs("active", active),
        ...fieldIs("currency", unit),
        ...fieldIs("product", product),
        ...fieldIs("type", type),
      ]),
  ),
];
