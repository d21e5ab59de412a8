import { getObject, newId, saveFact } from "../books.ts";
import type { World } from "../../core/company.ts";
import { createPrice, itemPriceData, planOf, type Price } from "../catalog/prices.ts";
import { invalid, notBuilt } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { integer, mergeMetadata, metadata, object, text, type Value } from "../protocol/params.ts";
import { sameInterval, type Interval } from "../time/calendar.ts";
import type { SubscriptionItem } from "./subscription.ts";

export const MAX_ITEMS = 20;

export const itemInput = object({
  metadata: metadata(),
  price: text(),
  price_data: itemPriceData,
  quantity: integer(0, 999_999),
});
export type ItemInput = Value<typeof itemInput>;

/** The price an item names or describes; `name` is the item's, for errors. */
export function priceOfItem(
  world: World,
  input: Pick<ItemInput, "price" | "price_data">,
  name: string,
  cause: Cause,
): Price {
  if ((input.price === undefined) === (input.price_data === undefined)) {
    throw invalid("You must specify exactly one of price, price_data.", `${name}[price]`);
  }
  const price =
    input.price_data === undefined
      ? getObject<Price>(world, "price", input.price ?? "", `${name}[price]`)
      : createPrice(world, { ...input.price_data, active: false }, cause);
  if (price.recurring === null) {
    throw invalid(
      "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
      `${name}[price]`,
    );
  }
  if (input.price !== undefined && !price.active) {
    throw invalid(
      "The price specified is inactive. This field only accepts active prices.",
      `${name}[price]`,
    );
  }
  return price;
}

export function makeItem(
  world: World,
  subscriptionId: string,
  price: Price,
  input: Pick<ItemInput, "quantity" | "metadata">,
  now: number,
): SubscriptionItem {
  const id = newId(world, "subscription_item");
  saveFact(world, `owner:${id}`, subscriptionId);
  return {
    id,
    object: "subscription_item",
    billing_thresholds: null,
    created: now,
    current_period_end: now,
    current_period_start: now,
    current_trial: null,
    discounts: [],
    metadata: mergeMetadata({}, input.metadata),
    plan: planOf(price),
    price,
    quantity: input.quantity ?? 1,
    subscription: subscriptionId,
    tax_rates: [],
  };
}

export function intervalOf(price: Price): Interval {
  const { recurring } = price;
  return {
    interval: (recurring?.interval ?? "month") as Interval["interval"],
    interval_count: recurring?.interval_count ?? 1,
  };
}

/** Items of one subscription share their currency and, here, their interval. */
export function checkItems(items: readonly SubscriptionItem[]): { currency: string; each: Interval } {
  const [first] = items;
  if (first === undefined) throw invalid("A subscription must have at least one active item.", "items");
  const currency = first.price.currency;
  const each = intervalOf(first.price);
  for (const item of items) {
    if (item.price.currency !== currency) {
      throw invalid(
        "You cannot combine currencies on a single customer. This customer has an active subscription or other transaction in another currency.",
        "items",
      );
    }
    if (!sameInterval(intervalOf(item.price), each))
      throw notBuilt("items of different intervals in one subscription");
  }
  const prices = new Set(items.map((item) => item.price.id));
  if (prices.size < items.length) {
    throw invalid("Cannot add multiple subscription items with the same price.", "items");
  }
  return { currency, each };
}
