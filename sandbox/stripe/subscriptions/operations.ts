import { fieldIs, listObjects, pagingCreated, within, type Conditions } from "../books.ts";
import { getCustomer } from "../customers/customers.ts";
import { operation } from "../protocol/operation.ts";
import { created, oneOf, text } from "../protocol/params.ts";
import { cancelSubscription } from "./cancel.ts";
import { createSubscription } from "./create.ts";
import { cancelParams, newSubscription, subscriptionChange } from "./shapes.ts";
import { getSubscription, type Subscription } from "./subscription.ts";
import { updateSubscription } from "./update.ts";

const PATH = "/v1/subscriptions";

const hasPrice = (price: string | undefined): Conditions =>
  price === undefined
    ? []
    : [
        {
          sql: "exists (select 1 from json_each(body, '$.items.data') where value ->> '$.price.id' = ?)",
          values: [price],
        },
      ];

/** Ended ones are listed when asked for only. */
function ofStatus(status: string | undefined): Conditions {
  const ended = "body ->> '$.status' in ('canceled', 'incomplete_expired')";
  if (status === "all") return [];
  if (status === "ended") return [{ sql: ended, values: [] }];
  if (status === undefined) return [{ sql: "body ->> '$.status' <> 'canceled'", values: [] }];
  return fieldIs("status", status);
}

export const subscriptionOperations = [
  operation("POST", PATH, newSubscription, ({ world, params, cause }) =>
    createSubscription(world, params, cause),
  ),
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => getSubscription(world, id)),
  operation("POST", `${PATH}/{id}`, subscriptionChange, ({ world, id, params, cause }) =>
    updateSubscription(world, getSubscription(world, id), params, cause),
  ),
  operation("DELETE", `${PATH}/{id}`, cancelParams, ({ world, id, params, cause }) =>
    cancelSubscription(world, getSubscription(world, id), params, cause),
  ),
  operation(
    "GET",
    PATH,
    {
      ...pagingCreated,
      current_period_end: created(),
      current_period_start: created(),
      customer: text(),
      price: text(),
      status: oneOf(
        "active",
        "all",
        "canceled",
        "ended",
        "incomplete",
        "incomplete_expired",
        "past_due",
        "paused",
        "trialing",
        "unpaid",
      ),
      test_clock: text(),
    },
    ({ world, params }) => {
      const {
        current_period_end: end,
        current_period_start: start,
        customer,
        price,
        status,
        test_clock: clock,
        ...page
      } = params;
      if (customer !== undefined) getCustomer(world, customer, "customer");
      return listObjects<Subscription>(world, "subscription", PATH, page, [
        ...fieldIs("customer", customer),
        ...fieldIs("test_clock", clock),
        ...hasPrice(price),
        ...ofStatus(status),
        ...within("body ->> '$.items.data[0].current_period_end'", end),
        ...within("body ->> '$.items.data[0].current_period_start'", start),
      ]);
    },
  ),
];
