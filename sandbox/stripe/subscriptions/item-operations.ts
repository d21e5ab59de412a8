import { findFact, paging } from "../books.ts";
import type { World } from "../../core/company.ts";
import { missing } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { bool, integer, metadata, required, text, type Read } from "../protocol/params.ts";
import { itemPriceData } from "../catalog/prices.ts";
import type { ItemChange } from "./change-items.ts";
import { billingParams } from "./shapes.ts";
import { getSubscription, type Subscription, type SubscriptionItem } from "./subscription.ts";
import { updateSubscription } from "./update.ts";

const PATH = "/v1/subscription_items";

const itemFields = {
  ...billingParams,
  metadata: metadata(),
  price: text(),
  price_data: itemPriceData,
  quantity: integer(0, 999_999),
};

function ownerOf(world: World, itemId: string): { subscription: Subscription; item: SubscriptionItem } {
  const id = findFact<string>(world, `owner:${itemId}`);
  const subscription = id === null ? null : getSubscription(world, id);
  const item = subscription?.items.data.find((each) => each.id === itemId);
  if (subscription === null || item === undefined) throw missing("subscription_item", itemId, "item", 404);
  return { subscription, item };
}

type Fields = Read<typeof itemFields> & { off_session?: boolean };

/** A change of one item is an update of its subscription. */
function change(
  world: World,
  subscription: Subscription,
  item: ItemChange,
  { payment_behavior, proration_behavior, proration_date, off_session }: Partial<Fields>,
  cause: Cause,
): Subscription {
  const input = {
    items: [item],
    ...(payment_behavior === undefined ? {} : { payment_behavior }),
    ...(proration_behavior === undefined ? {} : { proration_behavior }),
    ...(proration_date === undefined ? {} : { proration_date }),
    ...(off_session === undefined ? {} : { off_session }),
  };
  return updateSubscription(world, subscription, input, cause);
}

function itemOf({ metadata: notes, price, price_data, quantity }: Fields): ItemChange {
  return {
    ...(notes === undefined ? {} : { metadata: notes }),
    ...(price === undefined ? {} : { price }),
    ...(price_data === undefined ? {} : { price_data }),
    ...(quantity === undefined ? {} : { quantity }),
  };
}

export const subscriptionItemOperations = [
  operation("POST", PATH, { ...itemFields, subscription: required(text()) }, ({ world, params, cause }) => {
    const owner = getSubscription(world, params.subscription, "subscription");
    const after = change(world, owner, itemOf(params), params, cause);
    return after.items.data.at(-1);
  }),
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => ownerOf(world, id).item),
  operation(
    "POST",
    `${PATH}/{id}`,
    { ...itemFields, off_session: bool() },
    ({ world, id, params, cause }) => {
      const { subscription } = ownerOf(world, id);
      change(world, subscription, { ...itemOf(params), id }, params, cause);
      return ownerOf(world, id).item;
    },
  ),
  operation("DELETE", `${PATH}/{id}`, billingParams, ({ world, id, params, cause }) => {
    const { subscription } = ownerOf(world, id);
    change(world, subscription, { id, deleted: true }, params, cause);
    return { id, object: "subscription_item", deleted: true };
  }),
  operation("GET", PATH, { ...paging, subscription: required(text()) }, ({ world, params }) => {
    const { data } = getSubscription(world, params.subscription, "subscription").items;
    return { object: "list", data, has_more: false, url: PATH };
  }),
];
