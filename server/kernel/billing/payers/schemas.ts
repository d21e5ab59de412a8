import { z } from "zod";
import { idParam, instant, text } from "../../../platform/http/index.ts";
import type { Customer } from "./customer.ts";

const MAX_TAX_IDS = 5;
const part = (max: number) => text(max).nullable().default(null);
const address = z
  .strictObject({
    line1: part(200),
    line2: part(200),
    city: part(100),
    state: part(100),
    postal_code: part(20),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .default(null)
      .meta({ description: "ISO 3166, two letters" }),
  })
  .meta({ id: "NewBillingAddress" });
const taxId = z.strictObject({
  type: z.string().regex(/^[a-z]{2}_[a-z0-9_]{2,20}$/),
  value: text(50),
});

export const customerInput = z
  .strictObject({
    name: part(200),
    email: z.email().max(254).nullable().default(null),
    address: address.nullable().default(null),
    tax_ids: z.array(taxId).max(MAX_TAX_IDS).default([]),
  })
  .meta({ id: "NewBillingCustomer" });
export const customerAnswer = z
  .object({
    name: z.string().nullable(),
    email: z.string().nullable(),
    address: z
      .object({
        line1: z.string().nullable(),
        line2: z.string().nullable(),
        city: z.string().nullable(),
        state: z.string().nullable(),
        postal_code: z.string().nullable(),
        country: z.string().nullable(),
      })
      .nullable(),
    tax_ids: z.array(z.object({ type: z.string(), value: z.string() })),
    provider_customer_id: z.string().nullable(),
    state: z.enum(["told", "waiting", "refused"]).meta({ description: "Whether the company knows all this" }),
    refused_code: z.string().nullable(),
  })
  .meta({ id: "BillingCustomer" });

export function presentCustomer(row: Customer): z.output<typeof customerAnswer> {
  const told = row.toldVersion >= row.version && row.providerId !== null;
  return {
    name: row.name,
    email: row.email,
    address: row.address,
    tax_ids: row.taxIds,
    provider_customer_id: row.providerId,
    state: row.refusedCode === null ? (told ? "told" : "waiting") : "refused",
    refused_code: row.refusedCode,
  };
}

const account = z.object({
  account_id: z.string(),
  provider_customer_id: z.string().nullable(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  address: customerAnswer.shape.address,
  tax_ids: customerAnswer.shape.tax_ids,
  created_at: instant,
});
const knownMethod = z.object({
  id: idParam("pym"),
  provider: z.enum(["stripe", "paypal"]),
  kind: z.string(),
  brand: z.string().nullable(),
  last4: z.string().nullable(),
  exp_month: z.int().nullable(),
  exp_year: z.int().nullable(),
  email: z.string().nullable(),
  created_at: instant,
  detached_at: instant.nullable().meta({ description: "Taken away since" }),
});
export const payerDataAnswer = z
  .object({ customers: z.array(account), payment_methods: z.array(knownMethod) })
  .meta({ id: "PayerData" });

export const portalInput = z
  .strictObject({ return_url: z.url().max(2_000).optional() })
  .meta({ id: "NewPortal" });
export const portalAnswer = z.object({ url: z.url() }).meta({ id: "Portal" });
