import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { sealCursor } from "../../../platform/http/index.ts";
import { unit } from "../schemas.ts";
import type { Adjustment } from "./adjustment.ts";
import type { ListedAdjustment } from "./read.ts";

const SHORTEST_REASON = 5;
const LONGEST_REASON = 500;
const MOST = 10n ** 14n;

const reason = text(LONGEST_REASON)
  .min(SHORTEST_REASON)
  .refine((value) => value.trim().length >= SHORTEST_REASON, {
    message: `must have ${SHORTEST_REASON} characters or more`,
  });
const base = {
  org_id: idParam("org"),
  unit,
  expires_at: instant.optional().meta({ description: "Never, unless told; not for what is taken back" }),
  reason,
};
const bounded = int64.refine((value) => value >= -MOST && value <= MOST, "must be within ±10^14");

export const grantInput = z.strictObject({
  ...base,
  amount: bounded
    .refine((value) => value > 0n, "must be above zero")
    .meta({ description: "Micro-credits or minor units" }),
});
export const adjustmentInput = z
  .strictObject({
    ...base,
    amount: bounded
      .refine((value) => value !== 0n, "must not be zero")
      .meta({ description: "Micro-credits or minor units; below zero takes back" }),
  })
  .refine(({ amount, expires_at }) => amount > 0n || expires_at === undefined, {
    path: ["expires_at"],
    message: "what is taken back does not expire",
  });

export const adjustmentParams = z.object({ id: idParam("adj") });
export const adjustmentsInput = z.strictObject({
  ...listQuery,
  type: z.enum(["grant", "adjustment"]).optional(),
  state: z.enum(["pending", "posted", "rejected"]).optional(),
  org_id: idParam("org").optional(),
});

const fields = {
  id: z.string(),
  org_id: z.string(),
  mode: z.enum(["test", "live"]),
  type: z.enum(["grant", "adjustment"]),
  unit,
  amount: int64,
  expires_at: instant.nullable(),
  reason: z.string(),
  state: z
    .enum(["pending", "posted", "rejected"])
    .meta({ description: "pending: a second operator must approve" }),
  requested_by: z.string(),
  requested_at: instant,
  decided_by: z.string().nullable(),
  decided_at: instant.nullable(),
};
export const adjustmentAnswer = z.object(fields).meta({ id: "LedgerAdjustment" });
export const adjustmentsAnswer = listAnswer(
  z
    .object({ ...fields, organization: z.string().nullable(), requested_by_name: z.string().nullable() })
    .meta({ id: "ListedAdjustment" }),
).meta({ id: "LedgerAdjustments" });

export const presentAdjustment = (row: Adjustment) => ({
  id: row.id,
  org_id: row.orgId,
  mode: row.mode,
  type: row.type,
  unit: row.unit,
  amount: row.amount,
  expires_at: row.expiresAt,
  reason: row.reason,
  state: row.state,
  requested_by: row.requestedBy,
  requested_at: row.requestedAt,
  decided_by: row.decidedBy,
  decided_at: row.decidedAt,
});

export function presentAdjustments(rows: readonly ListedAdjustment[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => ({
      ...presentAdjustment(row),
      organization: row.organization,
      requested_by_name: row.requestedByName,
    })),
    has_more: last !== undefined,
    next_cursor: last ? sealCursor(last.requestedAt, last.id) : null,
  };
}
