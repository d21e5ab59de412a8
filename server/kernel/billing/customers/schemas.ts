import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { MOMENTS, type CustomerView } from "./store.ts";

export const customersQuery = z.strictObject({
  ...listQuery,
  name: text(100).optional().meta({ description: "A part of the organization's name" }),
  disputed: z.enum(["true", "false"]).optional().meta({ description: "With or without an open dispute" }),
});
export const customerParams = z.object({ org_id: idParam("org") });
export const customerQuery = z.strictObject(listQuery);

const shape = {
  org_id: z.string(),
  name: z.string(),
  payments: z.int(),
  paid: z
    .array(
      z.object({ currency: z.string(), paid_minor: int64, refunded_minor: int64, disputed_minor: int64 }),
    )
    .meta({ description: "Per currency: captured, given back, and taken by disputes" }),
  plan_key: z.string().nullable(),
  subscription_status: z.string().nullable(),
  provider: z.string().nullable(),
  open_disputes: z.int(),
  flagged: z.boolean().meta({ description: "A buyer's dispute is open" }),
  suspended_at: instant.nullable(),
  created_at: instant,
  last_payment_at: instant.nullable(),
};
const customer = z.object(shape).meta({ id: "Customer" });
export const customers = listAnswer(customer).meta({ id: "Customers" });

const moment = z.object({
  at: instant,
  kind: z.enum(MOMENTS),
  id: z.string(),
  status: z.string(),
  amount: int64.nullable(),
  unit: z
    .string()
    .nullable()
    .meta({ description: "A currency, in minor units, or credit, in micro-credits" }),
  payment_id: z.string().nullable(),
  detail: z.string().nullable().meta({ description: "Purpose or failure, reason, number, plan or kind" }),
});
export const customerTimeline = z
  .object({ customer, ...listAnswer(moment).shape })
  .meta({ id: "CustomerTimeline" });

export const presentCustomer = ({ paid, ...row }: CustomerView) => ({
  ...row,
  flagged: row.open_disputes > 0,
  paid: paid.map(({ currency, ...sums }) => ({
    currency,
    paid_minor: BigInt(sums.paid_minor),
    refunded_minor: BigInt(sums.refunded_minor),
    disputed_minor: BigInt(sums.disputed_minor),
  })),
});
