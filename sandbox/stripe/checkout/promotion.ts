import { saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { findCode } from "../catalog/coupons.ts";
import { rateOf } from "../catalog/tax.ts";
import { couponFor, spread, type DiscountInput } from "../catalog/discounts.ts";
import { invalid, notBuilt, StripeError } from "../protocol/errors.ts";
import { hiddenOf, hide, type Hidden, type Session } from "./hidden.ts";
import { taxedLines, type LineItem } from "./lines.ts";

type Discounted = { lines: LineItem[]; off: number; discounts: Session["discounts"] };

/** The lines of an order with what a coupon takes off them. */
export function takeOff(
  world: World,
  lines: readonly LineItem[],
  input: DiscountInput,
  customer: string | null,
): Discounted {
  const total = lines.reduce((sum, line) => sum + line.amount_subtotal, 0);
  const unit = lines[0]?.currency ?? null;
  const { coupon, code } = couponFor(world, input, { customer, total, currency: unit }, "discounts[0]");
  const off = spread(
    lines.map((line) => line.amount_subtotal),
    coupon,
  );
  return {
    lines: lines.map((line, at) => ({
      ...line,
      amount_discount: off[at] ?? 0,
      amount_total: line.amount_subtotal - (off[at] ?? 0),
    })),
    off: off.reduce((sum, each) => sum + each, 0),
    discounts: [{ coupon: coupon.id, promotion_code: code?.id ?? null }],
  };
}

const taxOfLines = (lines: readonly LineItem[]): number =>
  lines.reduce((sum, line) => sum + line.amount_tax, 0);

/** The buyer has typed a promotion code. */
export function enterCode(world: World, session: Session, text: string): Session {
  const hidden: Hidden = hiddenOf(world, session.id);
  const begun = session.payment_intent !== null || Object.keys(hidden.made).length > 0;
  if (session.allow_promotion_codes !== true || hidden.discount !== undefined || begun) {
    throw invalid("A promotion code cannot be entered for this order.", "promotion_code");
  }
  const code = findCode(world, text.trim());
  const refused = new StripeError(402, {
    type: "invalid_request_error",
    message: "This code is invalid.",
    param: "promotion_code",
  });
  if (code === null) throw refused;
  const discount = { promotion_code: code.id };
  let taken: Discounted;
  try {
    const customer = typeof session.customer === "string" ? session.customer : null;
    taken = takeOff(world, hidden.lines, discount, customer);
  } catch (error) {
    throw error instanceof StripeError ? refused : error;
  }
  const lines = taxedLines(taken.lines, rateOf(world, session.automatic_tax.enabled));
  const total = lines.reduce((sum, line) => sum + line.amount_total, 0);
  if (total === 0 && session.mode === "payment") throw notBuilt("orders that cost nothing");
  hide(world, session.id, { ...hidden, lines, discount });
  return saveObject<Session>(world, {
    ...session,
    amount_total: total,
    discounts: taken.discounts,
    total_details: { amount_discount: taken.off, amount_shipping: 0, amount_tax: taxOfLines(lines) },
  });
}
