import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, rangeQuery } from "../../platform/http/index.ts";
import type { Balance } from "./reading/read.ts";
import type { TransactionRow } from "./reading/read-transactions.ts";
import type { Verification } from "./checks/verify.ts";

export const unit = z.string().regex(/^(credit|[a-z]{3})$/);

export const transactionParams = z.object({ id: idParam("txn") });
export const transactionsInput = z.strictObject({
  ...listQuery,
  unit: unit.optional(),
  kind: z.string().min(1).max(50).optional(),
  from: instant.optional().meta({ description: "Inclusive" }),
  to: instant.optional().meta({ description: "Exclusive" }),
});

export const balancesAnswer = z
  .object({
    mode: z.enum(["test", "live"]),
    as_of: instant,
    data: z.array(
      z.object({
        unit,
        settled: int64.meta({ description: "held + available; micro-credits or minor units" }),
        held: int64,
        available: int64,
        debt: int64,
        held_count: z.int(),
      }),
    ),
  })
  .meta({ id: "LedgerBalances" });

export const daysInput = z.strictObject({ ...rangeQuery, unit: unit.default("credit") });
export const daysAnswer = z
  .object({
    unit,
    from: instant,
    to: instant,
    data: z.array(
      z.object({
        day: z.string().meta({ description: "UTC; days on which nothing moved are left out" }),
        moved: int64.meta({ description: "Into settled, less what went; micro-credits or minor units" }),
      }),
    ),
  })
  .meta({ id: "LedgerDays" });

export const accountsAnswer = z
  .object({ data: z.array(z.object({ account: z.string(), unit, balance: int64 })) })
  .meta({ id: "LedgerAccounts" });

export const transactionAnswer = z
  .object({
    id: z.string(),
    mode: z.enum(["test", "live"]),
    kind: z.string(),
    reference: z.string(),
    posted_at: instant,
    entries: z.array(z.object({ account: z.string(), unit, amount: int64 })),
    seal: z
      .object({ number: int64, hash: z.string(), sealed_at: instant })
      .nullable()
      .meta({ description: "The seal that covers it; null until the night after" }),
  })
  .meta({ id: "LedgerTransaction" });
export const transactionsAnswer = listAnswer(transactionAnswer).meta({ id: "LedgerTransactions" });

export const verificationAnswer = z
  .object({
    ok: z.boolean(),
    checked_at: instant,
    invariants: z.array(
      z.object({
        name: z.string(),
        statement: z.string(),
        checked: z.int(),
        fault_count: z.int(),
        faults: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "LedgerVerification" });

export function presentBalances(mode: "test" | "live", rows: readonly Balance[], asOf: Date) {
  return {
    mode,
    as_of: asOf,
    data: rows.map(({ heldCount, ...row }) => ({ ...row, held_count: heldCount })),
  };
}

export function presentTransaction({ postedAt, seal, ...row }: TransactionRow) {
  return {
    ...row,
    posted_at: postedAt,
    seal: seal && { number: seal.number, hash: seal.hash.toString("hex"), sealed_at: seal.sealedAt },
  };
}

export function presentVerification({ ok, invariants }: Verification, checkedAt: Date) {
  return {
    ok,
    checked_at: checkedAt,
    invariants: invariants.map(({ faultCount, ...row }) => ({ ...row, fault_count: faultCount })),
  };
}
