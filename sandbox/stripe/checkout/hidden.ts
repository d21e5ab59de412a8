import type Stripe from "stripe";
import { findFact, saveFact } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { LineItem } from "./lines.ts";

export type Session = Stripe.Checkout.Session;

/** What a session needs at the end and does not show. */
export type Hidden = {
  lines: LineItem[];
  /** What its payment intent will carry. */
  intent: {
    description?: string;
    metadata?: Record<string, string>;
    receipt_email?: string;
    setup_future_usage?: "off_session" | "on_session";
    statement_descriptor?: string;
    statement_descriptor_suffix?: string;
  };
  /** What its subscription will be told. */
  subscription: {
    automatic_tax?: { enabled: boolean };
    billing_cycle_anchor?: number;
    description?: string;
    metadata?: Record<string, string>;
    proration_behavior?: "create_prorations" | "none";
    trial_end?: number;
    trial_period_days?: number;
    trial_settings?: { end_behavior: { missing_payment_method: "create_invoice" | "cancel" | "pause" } };
  };
  /** What is taken off, by coupon or by promotion code. */
  discount?: { coupon?: string; promotion_code?: string };
  /** What the first try made and the next ones use again. */
  made: { customer?: string; subscription?: string; setupIntent?: string };
};

export function hide(world: World, id: string, hidden: Hidden): void {
  saveFact(world, `session:${id}`, hidden);
}
export const hiddenOf = (world: World, id: string): Hidden =>
  findFact<Hidden>(world, `session:${id}`) ?? { lines: [], intent: {}, subscription: {}, made: {} };

export const lineItems = (world: World, id: string): LineItem[] => hiddenOf(world, id).lines;
