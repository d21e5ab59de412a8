import type Stripe from "stripe";
import {
  allObjects,
  fieldIs,
  getObject,
  insertObject,
  listObjects,
  newId,
  pagingCreated,
  saveObject,
  type Conditions,
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { changedFields } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { invalid } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
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
  type Read,
  type Value,
} from "../protocol/params.ts";
import { currency } from "./money.ts";
import { createProduct } from "./products.ts";

/** Decimal amounts travel as text; the SDK turns them into its own class. */
export type Price = Omit<Stripe.Price, "unit_amount_decimal"> & { unit_amount_decimal: string | null };
export type Plan = Omit<Stripe.Plan, "amount_decimal"> & { amount_decimal: string | null };

const taxBehavior = oneOf("unspecified", "exclusive", "inclusive");
const interval = oneOf("day", "week", "month", "year");
const usageType = oneOfBuilt(["licensed"], ["metered"]);
const MAX_YEARS = 3;
const PER_YEAR = { day: 365, week: 52, month: 12, year: 1 };

const recurring = object({
  interval: required(interval),
  interval_count: integer(1, MAX_YEARS * 365),
  trial_period_days: integer(0, 730),
  usage_type: usageType,
});
type RecurringInput = Value<typeof recurring>;

const priceFields = {
  active: bool(),
  lookup_key: text(200),
  metadata: metadata(),
  nickname: text(),
  tax_behavior: taxBehavior,
  transfer_lookup_key: bool(),
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
  recurring,
  unit_amount: integer(0, 99_999_999),
};
type PriceInput = Read<typeof newPrice>;

function readRecurring(given: RecurringInput | undefined): Stripe.Price.Recurring | null {
  if (given === undefined) return null;
  const count = given.interval_count ?? 1;
  if (count > MAX_YEARS * PER_YEAR[given.interval]) {
    throw invalid(`Maximum interval allowed is ${MAX_YEARS} years.`, "recurring[interval_count]");
  }
  return {
    interval: given.interval,
    interval_count: count,
    meter: null,
    trial_period_days: given.trial_period_days ?? null,
    usage_type: given.usage_type ?? "licensed",
  };
}

/** A lookup key names one active price; it goes over to another only when asked. */
function claimLookupKey(world: World, id: string, key: string | undefined, transfer: boolean): void {
  if (key === undefined) return;
  for (const other of allObjects<Price>(world, "price", fieldIs("lookup_key", key))) {
    if (other.id === id) continue;
    if (!transfer) {
      throw invalid(
        `A price (\`${other.id}\`) already uses that lookup key. You can transfer it with \`transfer_lookup_key=true\`.`,
        "lookup_key",
        "resource_already_exists",
      );
    }
    saveObject<Price>(world, { ...other, lookup_key: null });
  }
}

export function createPrice(world: World, input: PriceInput, cause: Cause): Price {
  if ((input.product === undefined) === (input.product_data === undefined)) {
    throw invalid("You must specify exactly one of product, product_data.", "product");
  }
  if (input.unit_amount === undefined) {
    throw invalid("Missing required param: unit_amount.", "unit_amount", "parameter_missing");
  }
  const product =
    input.product_data === undefined
      ? getObject<Stripe.Product>(world, "product", input.product ?? "", "product")
      : createProduct(world, input.product_data, cause);
  const id = newId(world, "price");
  claimLookupKey(world, id, input.lookup_key, input.transfer_lookup_key === true);
  const repeats = readRecurring(input.recurring);
  const price: Price = {
    id,
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
    recurring: repeats,
    tax_behavior: input.tax_behavior ?? "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: repeats === null ? "one_time" : "recurring",
    unit_amount: input.unit_amount,
    unit_amount_decimal: String(input.unit_amount),
  };
  insertObject(world, price);
  emit(world, "price.created", price, cause);
  return price;
}

/** The old name of a recurring price, which subscription items still show. */
export function planOf(price: Price): Plan {
  const { recurring: repeats } = price;
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: repeats?.interval ?? "month",
    interval_count: repeats?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: repeats?.trial_period_days ?? null,
    usage_type: repeats?.usage_type ?? "licensed",
  };
}

/** `price_data` of a checkout's line: a price and perhaps a product of its own, both out of sight of later lists. */
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
  recurring: object({ interval: required(interval), interval_count: integer(1, MAX_YEARS * 365) }),
  tax_behavior: taxBehavior,
  unit_amount: required(integer(0, 99_999_999)),
});

/** `price_data` of a subscription's item, whose product is there already. */
export const itemPriceData = object({
  currency: required(currency()),
  product: required(text()),
  recurring: required(object({ interval: required(interval), interval_count: integer(1, MAX_YEARS * 365) })),
  tax_behavior: taxBehavior,
  unit_amount: required(integer(0, 99_999_999)),
});

function lookupKeys(keys: string[] | undefined): Conditions {
  if (keys === undefined) return [];
  return [
    { sql: `body ->> '$.lookup_key' in (select value from json_each(?))`, values: [JSON.stringify(keys)] },
  ];
}

export const priceOperations = [
  operation("POST", "/v1/prices", newPrice, ({ world, params, cause }) => createPrice(world, params, cause)),
  operation("GET", "/v1/prices/{id}", {}, ({ world, id }) => getObject<Price>(world, "price", id)),
  operation("POST", "/v1/prices/{id}", priceFields, ({ world, id, params, cause }) => {
    const old = getObject<Price>(world, "price", id);
    const { metadata: change, transfer_lookup_key: transfer, ...rest } = params;
    claimLookupKey(world, id, rest.lookup_key, transfer === true);
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
      lookup_keys: list(text(200), 10),
      product: text(),
      recurring: object({ interval, usage_type: usageType }),
      type: oneOf("one_time", "recurring"),
    },
    ({ world, params }) => {
      const {
        active,
        currency: unit,
        lookup_keys: keys,
        product,
        recurring: repeats,
        type,
        ...page
      } = params;
      return listObjects<Price>(world, "price", "/v1/prices", page, [
        ...fieldIs("active", active),
        ...fieldIs("currency", unit),
        ...fieldIs("product", product),
        ...fieldIs("recurring.interval", repeats?.interval),
        ...fieldIs("recurring.usage_type", repeats?.usage_type),
        ...fieldIs("type", type),
        ...lookupKeys(keys),
      ]);
    },
  ),
];
