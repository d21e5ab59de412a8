/**
 * The ledger: double-entry books, one per organization and mode, for credits and money.
 *
 * Owns transactions and their entries, balances, grants, holds, seals (schema `ledger`). Invariants, checked by `verify`:
 * entries sum to zero per unit and transaction; a balance is the sum of its entries; no hold takes the wallet below zero
 * under any concurrency; `held` is the sum of open holds; wallet + held is what is left of the grants less the debt; what
 * was used, with the carried fraction, is exactly what the settled holds cost. Entries are never changed or deleted: each night seals what was posted, in one chain over all books.
 *
 * A book is an organization's; the operator's own, with payouts and the account's fees, is that of `INSTALLATION`.
 *
 * Locks, in this order, each sorted by key: balances, grants, holds. The row lock on an organization's credit balances is
 * what makes its grants and holds move one batch at a time, whatever the number of processes; nothing is cached.
 */
export { ledgerConfig, type LedgerConfig } from "./config.ts";
export { ledgerMails } from "./adjustments/mails.ts";
export { ledgerSignals } from "./signals.ts";
export { grantAnnouncement, type Announce, type Announcement } from "./announce.ts";
export type { Entry, Mode, Posting, Unit } from "./book/entry.ts";
export { post, type Posted } from "./post.ts";
export { grant, type Granted, type GrantKind, type NewGrant } from "./grants/grant.ts";
export { clawBack, restoreClawedBack, type ClawBack } from "./grants/claw-back.ts";
export type {
  Basis,
  Gate,
  HoldRequest,
  HoldResult,
  Refusal,
  Settled,
  Settlement,
  SettleResult,
} from "./holds/hold.ts";
export { applyBatch, type Batch, type BatchResult } from "./holds/batch.ts";
export { createHoldBatcher, type Alongside, type HoldBatcher } from "./holds/batcher.ts";
export { endGrants, hasGrant } from "./grants/end-grants.ts";
export { expireGrants, expireHolds, extendHolds } from "./grants/expire.ts";
export {
  availableOf,
  balances,
  findHold,
  listAccounts,
  listGrants,
  type Account,
  type Balance,
  type GrantRow,
} from "./reading/read.ts";
export { sumDays, sumPeriod, type DayMoved, type PeriodSums } from "./reading/read-period.ts";
export {
  findTransactions,
  getTransaction,
  listTransactions,
  type TransactionFilter,
  type TransactionRow,
} from "./reading/read-transactions.ts";
export {
  capturesOf,
  holdWeight,
  listCaptures,
  sumCaptures,
  type Capture,
  type CaptureSum,
} from "./holds/captures.ts";
export { findCash, listCash, listStaleHolds, type CashEffect, type StaleHold } from "./cash.ts";
export { reverse } from "./reverse.ts";
export { sumAccounts, type SumGroup } from "./reading/sum-accounts.ts";
export { sumMovements, sumStanding, type Movements } from "./reading/sum-movements.ts";
export { findSealOf } from "./seals/read.ts";
export type { InvariantName } from "./checks/invariants.ts";
export { verify, type InvariantReport, type Verification } from "./checks/verify.ts";
export { needsApproval } from "./adjustments/adjustment.ts";
