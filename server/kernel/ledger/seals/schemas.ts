import { z } from "zod";
import { instant, int64, listAnswer, listQuery } from "../../../platform/http/index.ts";
import type { Seal } from "./seal.ts";
import type { Check } from "./store.ts";
import type { SealVerification } from "./verify-seals.ts";

export const sealsInput = z.strictObject({
  ...listQuery,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
});
export const sealsAnswer = listAnswer(
  z
    .object({
      number: int64,
      sealed_before: instant.meta({
        description: "Everything posted before it and in no earlier seal is in this one",
      }),
      hash: z.string().meta({ description: "SHA-256, hexadecimal" }),
      previous_hash: z.string(),
      transaction_count: int64,
      entry_count: int64,
      sealed_at: instant,
    })
    .meta({ id: "LedgerSeal" }),
).meta({ id: "LedgerSeals" });

export const verifyInput = z
  .strictObject({
    from: instant
      .optional()
      .meta({ description: "The first seal that covers this time; the first of all unless told" }),
    to: instant.optional().meta({ description: "Exclusive; the last seal unless told" }),
  })
  .refine(({ from, to }) => !from || !to || from < to, { path: ["to"], message: "must be after from" });

export const sealVerificationAnswer = z
  .object({
    ok: z.boolean(),
    checked_at: instant,
    seals: int64,
    transactions: int64,
    entries: int64,
    first_broken: z
      .object({
        seal: int64,
        what: z.enum(["seal", "transaction", "entry"]),
        org_id: z.string().nullable(),
        transaction_id: z.string().nullable(),
        position: z.int().nullable().meta({ description: "The entry's place in its transaction, from 0" }),
        detail: z.string(),
      })
      .nullable(),
  })
  .meta({ id: "SealVerification" });

export const checkAnswer = z
  .object({
    check: z
      .object({
        day: z.string(),
        checked_at: instant,
        ok: z.boolean(),
        faults: z.array(
          z.object({
            name: z.string(),
            statement: z.string(),
            count: z.int(),
            examples: z.array(z.string()),
          }),
        ),
      })
      .nullable()
      .meta({ description: "The last night's; null before the first" }),
  })
  .meta({ id: "LedgerCheck" });

export function presentSeals(seals: readonly Seal[], limit: number) {
  const shown = seals.slice(0, limit);
  const last = seals.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((seal) => ({
      number: seal.number,
      sealed_before: seal.sealedBefore,
      hash: seal.hash.toString("hex"),
      previous_hash: seal.previousHash.toString("hex"),
      transaction_count: seal.transactionCount,
      entry_count: seal.entryCount,
      sealed_at: seal.sealedAt,
    })),
    has_more: last !== undefined,
    next_cursor: last ? String(last.number) : null,
  };
}

export function presentSealVerification({ firstBroken, ...counts }: SealVerification, checkedAt: Date) {
  return {
    ...counts,
    ok: firstBroken === null,
    checked_at: checkedAt,
    first_broken: firstBroken && {
      seal: firstBroken.seal,
      what: firstBroken.what,
      org_id: firstBroken.orgId,
      transaction_id: firstBroken.transactionId,
      position: firstBroken.position,
      detail: firstBroken.detail,
    },
  };
}

export const presentCheck = (check: Check | null) => ({
  check: check && { day: check.day, checked_at: check.checkedAt, ok: check.ok, faults: check.faults },
});
