import { z } from "zod";
import { idParam, instant, listAnswer, listQuery, sealCursor } from "../../../platform/http/index.ts";
import { presentPayment } from "../payments/present.ts";
import type { Plans } from "../plans/plan.ts";
import { planFields, presentPlan } from "../plans/schemas.ts";
import { payment } from "../schemas.ts";
import type { PlanVersion } from "./read.ts";
import type { ListedPayment } from "./store.ts";

export const paymentsQuery = z.strictObject({
  ...listQuery,
  status: payment.shape.status.optional(),
  provider: payment.shape.provider.optional(),
  org_id: idParam("org").optional(),
});
export const paymentsAnswer = listAnswer(
  z
    .object({ ...payment.shape, org_id: z.string(), organization: z.string().nullable() })
    .meta({ id: "InstallationPayment" }),
).meta({ id: "InstallationPayments" });

export function presentPayments(rows: readonly ListedPayment[], limit: number, now: Date) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => ({
      ...presentPayment(row, now),
      org_id: row.org_id,
      organization: row.organization,
    })),
    has_more: last !== undefined,
    next_cursor: last ? sealCursor(last.created_at, last.id) : null,
  };
}

export const versionsAnswer = z
  .object({
    data: z.array(
      z
        .object({
          ...planFields,
          number: z.int().meta({ description: "Of this plan, from 1" }),
          on_sale: z.boolean(),
          subscribers: z.int().meta({ description: "Organizations that have it, in a trial or grace too" }),
          created_at: instant,
        })
        .meta({ id: "PlanVersion" }),
    ),
  })
  .meta({ id: "PlanVersions" });

export const presentVersions = (versions: readonly PlanVersion[], plans: Plans) => ({
  data: versions.map(({ plan, number, subscribers, created_at }) => ({
    ...presentPlan(plan),
    number,
    on_sale: plans.find(plan.key)?.versionId === plan.versionId,
    subscribers,
    created_at,
  })),
});
