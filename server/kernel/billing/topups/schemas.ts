import { z } from "zod";
import { idParam, int64 } from "../../../platform/http/index.ts";
import { TOPUP_CURRENCY, TOPUP_LEAST_MINOR, TOPUP_MOST_MINOR } from "../payments/pack.ts";
import type { TopupState } from "./settings.ts";

const MAX_MICROS = 1_000_000_000_000_000;
const minor = z.int().min(TOPUP_LEAST_MINOR).max(TOPUP_MOST_MINOR).transform(BigInt);

export const topupInput = z
  .strictObject({
    enabled: z.boolean().default(true),
    threshold_micros: z.int().min(1).max(MAX_MICROS).transform(BigInt).meta({
      description: "Micro-credits: with fewer available, credits are bought",
    }),
    amount_minor: minor,
    monthly_cap_minor: minor,
    payment_method_id: idParam("pym"),
  })
  .meta({ id: "NewAutoTopup" });

export const topupAnswer = z
  .object({
    enabled: z.boolean(),
    threshold_micros: int64.nullable(),
    amount_minor: int64.nullable(),
    monthly_cap_minor: int64.nullable(),
    currency: z.string(),
    payment_method_id: z.string().nullable(),
    spent_minor: int64.meta({ description: "In this month, UTC" }),
    declines: z.int().meta({ description: "In a row; the second one turns it off" }),
    off_reason: z.enum(["declined", "method_gone", "tax_address"]).nullable(),
    payment_id: z.string().nullable().meta({ description: "The one under way" }),
  })
  .meta({ id: "AutoTopup" });

export const presentTopup = ({ row, spentMinor }: TopupState): z.output<typeof topupAnswer> => ({
  enabled: row?.enabled ?? false,
  threshold_micros: row?.threshold_micros ?? null,
  amount_minor: row?.amount_minor ?? null,
  monthly_cap_minor: row?.monthly_cap_minor ?? null,
  currency: row?.currency ?? TOPUP_CURRENCY,
  payment_method_id: row?.method_id ?? null,
  spent_minor: spentMinor,
  declines: row?.declines ?? 0,
  off_reason: row?.off_reason ?? null,
  payment_id: row && row.operation_id !== null ? row.payment_id : null,
});
