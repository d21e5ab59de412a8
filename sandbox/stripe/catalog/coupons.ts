import type Stripe from "stripe";
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
import type { World } from "../../core/company.ts";
import { changedFields, getCustomer } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { invalid } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import {
  bool,
  decimal,
  integer,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  required,
  text,
  type Read,
} from "../protocol/params.ts";
import { currency } from "./money.ts";

export type Coupon = Stripe.Coupon;
export type PromotionCode = Stripe.PromotionCode;

/** Whether it may still be redeemed: read off the clock and the count. */
export function presentCoupon(world: World, coupon: Coupon): Coupon {
  const late = coupon.redeem_by !== null && coupon.redeem_by < world.clock.seconds();
  const spent = coupon.max_redemptions !== null && coupon.times_redeemed >= coupon.max_redemptions;
  return { ...coupon, valid: !late && !spent };
}

const newCoupon = {
  amount_off: integer(1, 99_999_999),
  currency: currency(),
  duration: oneOf("forever", "once", "repeating"),
  duration_in_months: integer(1, 120),
  id: text(200),
  max_redemptions: integer(1),
  metadata: metadata(),
  name: text(40),
  percent_off: decimal(0, 100),
  redeem_by: integer(0),
};

function createCoupon(world: World, input: Read<typeof newCoupon>, cause: Cause): Coupon {
  if ((input.amount_off === undefined) === (input.percent_off === undefined)) {
    throw invalid("You must pass either percent_off or amount_off.", "percent_off");
  }
  if (input.amount_off !== undefined && input.currency === undefined) {
    throw invalid("You must pass currency when passing amount_off.", "currency", "parameter_missing");
  }
  const duration = input.duration ?? "once";
  if ((duration === "repeating") !== (input.duration_in_months !== undefined)) {
    throw invalid("duration_in_months belongs to a repeating duration.", "duration_in_months");
  }
  const id = input.id ?? newId(world, "coupon");
  if (findObject<Coupon>(world, "coupon", id) !== null) {
    throw invalid("Coupon already exists.", "id", "resource_already_exists");
  }
  const coupon: Coupon = {
    id,
    object: "coupon",
    amount_off: input.amount_off ?? null,
    created: world.clock.seconds(),
    currency: input.amount_off === undefined ? null : (input.currency ?? null),
    duration,
    duration_in_months: input.duration_in_months ?? null,
    livemode: false,
    max_redemptions: input.max_redemptions ?? null,
    metadata: mergeMetadata({}, input.metadata),
    name: input.name ?? null,
    percent_off: input.percent_off ?? null,
    redeem_by: input.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  };
  insertObject(world, coupon);
  emit(world, "coupon.created", coupon, cause);
  return coupon;
}

const newCode = {
  active: bool(),
  code: text(500),
  customer: text(),
  expires_at: integer(0),
  max_redemptions: integer(1),
  metadata: metadata(),
  promotion: required(object({ coupon: required(text()), type: required(oneOf("coupon")) })),
  restrictions: object({
    first_time_transaction: bool(),
    minimum_amount: integer(0),
    minimum_amount_currency: currency(),
  }),
};

function createCode(world: World, input: Read<typeof newCode>, cause: Cause): PromotionCode {
  const coupon = getObject<Coupon>(world, "coupon", input.promotion.coupon, "promotion[coupon]");
  if (input.customer !== undefined) getCustomer(world, input.customer, "customer");
  const code = input.code ?? world.random("stripe:code").id(8).toUpperCase();
  if (!/^[A-Za-z0-9-]+$/.test(code))
    throw invalid("Promotion codes may contain letters and digits only.", "code");
  if (findCode(world, code)?.active === true) {
    throw invalid("An active promotion code with `code` already exists.", "code", "resource_already_exists");
  }
  const made: PromotionCode = {
    id: newId(world, "promotion_code"),
    object: "promotion_code",
    active: input.active ?? true,
    code,
    created: world.clock.seconds(),
    customer: input.customer ?? null,
    customer_account: null,
    expires_at: input.expires_at ?? null,
    livemode: false,
    max_redemptions: input.max_redemptions ?? null,
    metadata: mergeMetadata({}, input.metadata),
    promotion: { coupon: coupon.id, type: "coupon" },
    restrictions: {
      first_time_transaction: input.restrictions?.first_time_transaction ?? false,
      minimum_amount: input.restrictions?.minimum_amount ?? null,
      minimum_amount_currency: input.restrictions?.minimum_amount_currency ?? null,
    },
    times_redeemed: 0,
  };
  insertObject(world, made);
  emit(world, "promotion_code.created", made, cause);
  return made;
}

/** By what people type, in either case. */
export function findCode(world: World, code: string): PromotionCode | null {
  const same = { sql: "lower(body ->> '$.code') = lower(?)", values: [code] };
  return listObjects<PromotionCode>(world, "promotion_code", "", { limit: 1 }, [same]).data[0] ?? null;
}

export const couponOperations = [
  operation("POST", "/v1/coupons", newCoupon, ({ world, params, cause }) =>
    createCoupon(world, params, cause),
  ),
  operation("GET", "/v1/coupons/{id}", {}, ({ world, id }) =>
    presentCoupon(world, getObject<Coupon>(world, "coupon", id)),
  ),
  operation(
    "POST",
    "/v1/coupons/{id}",
    { metadata: metadata(), name: text(40) },
    ({ world, id, params, cause }) => {
      const old = getObject<Coupon>(world, "coupon", id);
      const next: Coupon = {
        ...old,
        name: params.name ?? old.name,
        metadata: mergeMetadata(old.metadata ?? {}, params.metadata),
      };
      saveObject(world, next);
      emit(world, "coupon.updated", next, cause, changedFields(old, next));
      return presentCoupon(world, next);
    },
  ),
  operation("DELETE", "/v1/coupons/{id}", {}, ({ world, id, cause }) => {
    const coupon = getObject<Coupon>(world, "coupon", id);
    deleteObject(world, id);
    emit(world, "coupon.deleted", coupon, cause);
    return { id, object: "coupon", deleted: true };
  }),
  operation("GET", "/v1/coupons", pagingCreated, ({ world, params }) => {
    const page = listObjects<Coupon>(world, "coupon", "/v1/coupons", params);
    return { ...page, data: page.data.map((each) => presentCoupon(world, each)) };
  }),
  operation("POST", "/v1/promotion_codes", newCode, ({ world, params, cause }) =>
    createCode(world, params, cause),
  ),
  operation("GET", "/v1/promotion_codes/{id}", {}, ({ world, id }) =>
    getObject<PromotionCode>(world, "promotion_code", id),
  ),
  operation(
    "POST",
    "/v1/promotion_codes/{id}",
    { active: bool(), metadata: metadata() },
    ({ world, id, params, cause }) => {
      const old = getObject<PromotionCode>(world, "promotion_code", id);
      const next: PromotionCode = {
        ...old,
        active: params.active ?? old.active,
        metadata: mergeMetadata(old.metadata ?? {}, params.metadata),
      };
      saveObject(world, next);
      emit(world, "promotion_code.updated", next, cause, changedFields(old, next));
      return next;
    },
  ),
  operation(
    "GET",
    "/v1/promotion_codes",
    { ...pagingCreated, active: bool(), code: text(500), coupon: text(), customer: text() },
    ({ world, params: { active, code, coupon, customer, ...page } }) =>
      listObjects<PromotionCode>(world, "promotion_code", "/v1/promotion_codes", page, [
        ...fieldIs("active", active),
        ...fieldIs("code", code),
        ...fieldIs("promotion.coupon", coupon),
        ...fieldIs("customer", customer),
      ]),
  ),
];
