import type { World } from "../../core/company.ts";
import { planOf } from "../catalog/prices.ts";
import { invalid, missing } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { bool, integer, mergeMetadata, metadata, object, text, type Value } from "../protocol/params.ts";
import { itemPriceData } from "../catalog/prices.ts";
import { makeItem, priceOfItem } from "./items.ts";
import type { Subscription, SubscriptionItem } from "./subscription.ts";

export const itemChange = object({
  deleted: bool(),
  id: text(),
  metadata: metadata(),
  price: text(),
  price_data: itemPriceData,
  quantity: integer(0, 999_999),
});
export type ItemChange = Value<typeof itemChange>;

/** One item before and after; null where it was not there yet, or is gone. */
export type ItemPair = { before: SubscriptionItem | null; after: SubscriptionItem | null };

function changed(
  world: World,
  before: SubscriptionItem,
  given: ItemChange,
  name: string,
  cause: Cause,
): SubscriptionItem | null {
  if (given.deleted === true) return null;
  const repriced = given.price !== undefined || given.price_data !== undefined;
  const same = given.price === before.price.id;
  const price = repriced && !same ? priceOfItem(world, given, name, cause) : before.price;
  return {
    ...before,
    metadata: mergeMetadata(before.metadata, given.metadata),
    plan: planOf(price),
    price,
    quantity: given.quantity ?? before.quantity ?? 1,
  };
}

/** The items after the changes, paired with what they were; those not named stay as they are. */
export function pairItems(
  world: World,
  old: Subscription,
  given: readonly ItemChange[],
  now: number,
  cause: Cause,
): ItemPair[] {
  const pairs = old.items.data.map((before): ItemPair => ({ before, after: before }));
  for (const [at, each] of given.entries()) {
    const name = `items[${at}]`;
    if (each.id === undefined) {
      if (each.deleted === true) throw invalid("You must pass an `id` to delete an item.", `${name}[id]`);
      const price = priceOfItem(world, each, name, cause);
      pairs.push({ before: null, after: makeItem(world, old.id, price, each, now) });
      continue;
    }
    const pair = pairs.find(({ before }) => before?.id === each.id);
    if (pair?.before === null || pair?.before === undefined) {
      throw missing("subscription_item", each.id, `${name}[id]`, 400);
    }
    pair.after = changed(world, pair.before, each, name, cause);
  }
  return pairs;
}

/** Whether a pair is billed differently before and after. */
export const billsAnew = ({ before, after }: ItemPair): boolean =>
  before?.price.id !== after?.price.id || (before?.quantity ?? 1) !== (after?.quantity ?? 1);
