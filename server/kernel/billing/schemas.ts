import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery } from "../../platform/http/index.ts";
import { TOPUP_CURRENCY, TOPUP_LEAST_MINOR, TOPUP_MOST_MINOR } from "./payments/pack.ts";
import { PAYMENT_STEPS } from "./payments/timeline.ts";

const provider = z.enum(["stripe", "paypal"]);

export const purchaseInput = z
  .strictObject({
    pack_key: z.string().max(40).optional(),
    amount_minor: z
      .int()
      .min(TOPUP_LEAST_MINOR)
      .max(TOPUP_MOST_MINOR)
      .transform(BigInt)
      .optional()
      .meta({ description: "Instead of a pack: credits for this much" }),
    currency: z.literal(TOPUP_CURRENCY).optional().meta({ description: "Of the amount" }),
    provider: provider.default("stripe"),
    success_url: z.url().max(2_000).optional(),
    cancel_url: z.url().max(2_000).optional(),
  })
  .refine((input) => (input.pack_key === undefined) !== (input.amount_minor === undefined), {
    path: ["pack_key"],
    message: "a pack or an amount, one of them",
  })
  .refine((input) => (input.currency === undefined) === (input.amount_minor === undefined), {
    path: ["currency"],
    message: "belongs to an amount, and is needed there",
  })
  .meta({ id: "NewPurchase" });
export const checkoutInput = z
  .strictObject({
    purpose: z.enum(["credits", "invoice"]),
    reference: z.string().max(60).meta({ description: "Key of a pack, or the id of an open invoice" }),
    provider: provider.default("stripe"),
    success_url: z.url().max(2_000).optional(),
    cancel_url: z.url().max(2_000).optional(),
  })
  .meta({ id: "NewCheckout" });
export const purchased = z
  .object({ payment_id: idParam("pay"), session_id: z.string(), url: z.url(), expires_at: instant })
  .meta({ id: "Purchase" });

export const PURPOSES = ["credits", "subscription", "invoice"] as const;

export const PAYMENT_STATUSES = [
  "creating",
  "requires_payment_method",
  "requires_action",
  "processing",
  "succeeded",
  "failed",
  "canceled",
  "partially_refunded",
  "refunded",
  "disputed",
  "reversed",
] as const;

export const packs = z
  .object({
    /** Companies that a purchase can be paid by. */
    providers: z.array(provider),
    tax_included: z.boolean().meta({
      description:
        "Stripe works out the tax in them; of a payment that was begun, it is told before it is confirmed",
    }),
    data: z.array(
      z
        .object({
          key: z.string(),
          name: z.string(),
          amount_minor: int64,
          currency: z.string(),
          credits_micros: int64,
        })
        .meta({ id: "CreditPack" }),
    ),
  })
  .meta({ id: "CreditPacks" });

export const paymentParams = z.object({ id: idParam("pay") });
export const paymentsQuery = z.strictObject(listQuery);
export const payment = z
  .object({
    id: idParam("pay"),
    mode: z.enum(["test", "live"]),
    purpose: z.enum(PURPOSES),
    pack_key: z.string().nullable().meta({ description: "Of a purchase of credits" }),
    invoice_id: z.string().nullable(),
    amount_minor: int64,
    tax_minor: int64.meta({ description: "In the amount, as far as it is known" }),
    currency: z.string(),
    credits_micros: int64,
    refunded_minor: int64,
    refundable_minor: int64,
    fee_minor: int64.nullable(),
    status: z.enum(PAYMENT_STATUSES),
    failure_code: z.string().nullable(),
    /** Where the buyer can still pay. */
    checkout_url: z.url().nullable(),
    provider,
    session_id: z.string().nullable(),
    intent_id: z.string().nullable(),
    charge_id: z.string().nullable(),
    created_at: instant,
    paid_at: instant.nullable(),
  })
  .meta({ id: "Payment" });
export const paymentDetail = payment
  .extend({
    timeline: z
      .array(
        z.object({
          at: instant,
          kind: z.enum(PAYMENT_STEPS),
          id: z.string(),
          status: z.string(),
          amount_minor: int64,
          detail: z.string().nullable().meta({ description: "Purpose, reason, or why it failed" }),
        }),
      )
      .meta({ description: "What happened to it, oldest first" }),
  })
  .meta({ id: "PaymentDetail" });
export const payments = listAnswer(payment).meta({ id: "Payments" });

export const sessionParams = z.object({ session_id: z.string().regex(/^[\w-]{8,200}$/) });
export const checkoutStatus = z
  .object({
    status: z.enum(["open", "processing", "paid", "failed", "expired"]),
    amount_minor: int64,
    currency: z.string(),
    purpose: z.enum(PURPOSES),
    provider,
  })
  .meta({ id: "CheckoutSession" });
