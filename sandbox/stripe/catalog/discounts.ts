import type Stripe from "stripe";
import {
  allObjects,
  fieldIs,
  findFact,
  findObject,
  getObject,
  insertObject,
  newId,
  saveFact,
  saveObject,
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { invalid } from "../protocol/errors.ts";
import { list, object, text, unsettable, type Value } from "../protocol/params.ts";
import { addIntervals } from "../time/calendar.ts";
import { presentCoupon, type Coupon, type PromotionCode } from "./coupons.ts";
import { share } from "./share.ts";

export type Discount = Stripe.Discount;

export const discountInput = unsettable(list(object({ coupon: text(), promotion_code: text() }), 1));
export type DiscountInput = NonNullable<Value<typeof discountInput>>[number];

/** A percentage in hundredths, so that it stays whole. */
const WHOLE = 10_000;
const hundredths = (coupon: Coupon): number => Math.round((coupon.percent_off ?? 0) * 100);

type Buyer = { customer: string | null; total: number | null; currency: string | null };

/** The coupon that is meant, if this buyer may have it. */
export function couponFor(
  world: World,
  input: DiscountInput,
  buyer: Buyer,
  param: string,
): { coupon: Coupon; code: PromotionCode | null } {
  if ((input.coupon === undefined) === (input.promotion_code === undefined)) {
    throw invalid("You must pass exactly one of coupon, promotion_code.", param);
  }
  const code =
    input.promotion_code === undefined
      ? null
      : getObject<PromotionCode>(world, "promotion_code", input.promotion_code, `${param}[promotion_code]`);
  const id = input.coupon ?? String(code?.promotion.coupon);
  const coupon = presentCoupon(world, getObject<Coupon>(world, "coupon", id, `${param}[coupon]`));
  if (!coupon.valid) throw invalid(`This coupon has expired: ${id}`, param, "coupon_expired");
  if (code !== null) checkCode(world, code, buyer, param);
  if (coupon.currency !== null && buyer.currency !== null && coupon.currency !== buyer.currency) {
    throw invalid(`The coupon \`${id}\` cannot be used with the currency ${buyer.currency}.`, param);
  }
  return { coupon, code };
}

function checkCode(world: World, code: PromotionCode, buyer: Buyer, param: string): void {
  const late = code.expires_at !== null && code.expires_at < world.clock.seconds();
  const spent = code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions;
  if (!code.active || late || spent) {
    throw invalid("This promotion code is expired, used up or not active.", param, "resource_missing");
  }
  const { restrictions: rules } = code;
  const foreign = code.customer !== null && code.customer !== buyer.customer;
  const small = buyer.total !== null && buyer.total < (rules.minimum_amount ?? 0);
  if (foreign || small || (rules.first_time_transaction && hasPaid(world, buyer.customer))) {
    throw invalid("This promotion code cannot be redeemed by this customer for this order.", param);
  }
}

const hasPaid = (world: World, customer: string | null): boolean =>
  customer !== null &&
  allObjects<Stripe.Charge>(world, "charge", fieldIs("customer", customer)).some((charge) => charge.paid);

/** Uses a coupon up for one owner. */
export function redeem(
  world: World,
  { coupon, code }: { coupon: Coupon; code: PromotionCode | null },
  owner: { customer: string | null; subscription: string | null; start: number },
): Discount {
  const months = coupon.duration_in_months;
  const end =
    months === null ? null : addIntervals(owner.start, { interval: "month", interval_count: 1 }, months);
  const { valid: _valid, ...kept } = coupon;
  saveObject<Coupon>(world, { ...kept, valid: true, times_redeemed: coupon.times_redeemed + 1 });
  if (code !== null) saveObject<PromotionCode>(world, { ...code, times_redeemed: code.times_redeemed + 1 });
  const id = newId(world, "discount");
  saveFact(world, `coupon:${id}`, coupon);
  return insertObject<Discount>(world, {
    id,
    object: "discount",
    checkout_session: null,
    customer: owner.customer,
    customer_account: null,
    end,
    invoice: null,
    invoice_item: null,
    promotion_code: code?.id ?? null,
    source: { coupon: coupon.id, type: "coupon" },
    start: owner.start,
    subscription: owner.subscription,
    subscription_item: null,
  });
}

/** A discount with its coupon, while it lasts; a deleted coupon goes on for those who have it. */
export function livingDiscount(
  world: World,
  id: string,
  at: number,
): { discount: Discount; coupon: Coupon } | null {
  const discount = findObject<Discount>(world, "discount", id);
  const coupon = findFact<Coupon>(world, `coupon:${id}`);
  if (discount === null || coupon === null || (discount.end !== null && discount.end <= at)) return null;
  return { discount, coupon };
}

/** What a coupon takes off each amount; a fixed sum is spread over them by their size. */
export function spread(amounts: readonly number[], coupon: Coupon): number[] {
  if (coupon.amount_off === null) return amounts.map((amount) => share(amount, hundredths(coupon), WHOLE));
  const total = amounts.reduce((sum, amount) => sum + Math.max(amount, 0), 0);
  let left = Math.min(coupon.amount_off, total);
  let rest = total;
  return amounts.map((amount) => {
    const part = Math.max(amount, 0);
    const off = share(left, part, rest);
    left -= off;
    rest -= part;
    return off;
  });
}

/** What is left of an amount; a fixed sum is not divided over parts of a period. */
export const lessPercent = (amount: number, coupon: Coupon | null): number =>
  coupon === null ? amount : amount - share(amount, hundredths(coupon), WHOLE);
