import { z } from "zod";
import { idParam, instant } from "../../../platform/http/index.ts";
import type { MethodRow } from "./store.ts";

export const methodParams = z.object({ id: idParam("pym") });
export const setupInput = z
  .strictObject({
    provider: z.enum(["stripe", "paypal"]).default("stripe"),
    success_url: z.url().max(2_000).optional(),
    cancel_url: z.url().max(2_000).optional(),
  })
  .meta({ id: "NewPaymentMethodSetup" });
export const setupAnswer = z
  .object({ session_id: z.string(), url: z.url(), expires_at: instant })
  .meta({ id: "PaymentMethodSetup" });

const method = z
  .object({
    id: idParam("pym"),
    provider: z.enum(["stripe", "paypal"]),
    kind: z.string(),
    brand: z.string().nullable(),
    last4: z.string().nullable(),
    exp_month: z.int().nullable(),
    exp_year: z.int().nullable(),
    email: z.string().nullable().meta({ description: "Whose wallet it is" }),
    is_default: z.boolean().meta({ description: "Among those of its company: each has one" }),
    created_at: instant,
  })
  .meta({ id: "PaymentMethod" });
export const methodsAnswer = z
  .object({
    /** Companies that one can be kept at. */
    providers: z.array(z.enum(["stripe", "paypal"])),
    data: z.array(method),
  })
  .meta({ id: "PaymentMethods" });

export const presentMethods = (
  rows: readonly MethodRow[],
  withPaypal: boolean,
): z.output<typeof methodsAnswer> => ({
  providers: withPaypal ? ["stripe", "paypal"] : ["stripe"],
  data: rows.map((row) => ({
    id: row.id,
    provider: row.provider,
    kind: row.kind,
    brand: row.brand,
    last4: row.last4,
    exp_month: row.exp_month,
    exp_year: row.exp_year,
    email: row.email,
    is_default: row.is_default,
    created_at: row.created_at,
  })),
});
