import { z } from "zod";
import { idParam, int64 } from "../../../platform/http/index.ts";
import { PAYMENT_STATUSES, PURPOSES } from "../schemas.ts";
import type { IntentAnswer } from "./answer.ts";

const method = idParam("pym").optional();
const returnUrl = z.url().max(2_000).optional();

export const intentParams = z.object({ id: idParam("pay") });
export const intentInput = z
  .strictObject({
    purpose: z.enum(["credits", "invoice"]),
    reference: z.string().max(60).meta({ description: "Key of a pack, or the id of an open invoice" }),
    payment_method_id: method,
    off_session: z
      .boolean()
      .default(false)
      .meta({ description: "Nobody is there to answer their bank: a card that asks is refused" }),
    return_url: returnUrl,
  })
  .meta({ id: "NewPaymentIntent" });
export const confirmInput = z
  .strictObject({ payment_method_id: method, return_url: returnUrl })
  .meta({ id: "PaymentConfirmation" });

export const intentAnswer = z
  .object({
    id: idParam("pay"),
    purpose: z.enum(PURPOSES),
    amount_minor: int64,
    tax_minor: int64.meta({ description: "In the amount, as far as it is known" }),
    currency: z.string(),
    provider: z.enum(["stripe", "paypal"]),
    status: z.enum(PAYMENT_STATUSES),
    failure_code: z.string().nullable(),
    tries_left: z.int(),
    client_secret: z.string().nullable().meta({ description: "For the company's own elements in a browser" }),
    next_action: z
      .object({ type: z.literal("redirect"), url: z.url() })
      .nullable()
      .meta({ description: "What it waits for: the page where the holder answers their bank" }),
    pay_url: z.url().meta({ description: "Our page where it goes on, in any browser" }),
  })
  .meta({ id: "PaymentIntent" });

export const presentIntent = (row: IntentAnswer): z.output<typeof intentAnswer> => ({
  id: row.payment.id,
  purpose: row.payment.purpose,
  amount_minor: row.payment.amount_minor,
  tax_minor: row.payment.tax_minor,
  currency: row.payment.currency,
  provider: row.payment.provider,
  status: row.payment.status,
  failure_code: row.payment.failure_code,
  tries_left: row.triesLeft,
  client_secret: row.clientSecret,
  next_action: row.nextUrl === null ? null : { type: "redirect", url: row.nextUrl },
  pay_url: row.payUrl,
});
