import { assert } from "../../../platform/problem.ts";

/** Test and live share no transaction, balance or grant. */
export type Mode = "test" | "live";

/** `credit`, whose smallest part is the micro-credit, or an ISO 4217 currency in lower case, in minor units. */
export type Unit = "credit" | (string & {});

/** One movement: `amount` of `unit`'s smallest parts, positive into `account`. */
export type Entry = { account: string; unit: Unit; amount: bigint };

/** A transaction to post. `reference` names what moved, once for ever in the organization's book. */
export type Posting = { mode: Mode; kind: string; reference: string; entries: readonly Entry[] };

/** Accounts that move with grants and holds; nobody else posts to them, else grants and wallet would part. */
const OWN_ACCOUNTS = ["held", "used", "wallet"] as const;

/** Accounts that grants and holds may touch, in lock order. Loss accounts come on top. */
export const CREDIT_ACCOUNTS = ["clawback", "expired", "held", "issued", "used", "wallet"] as const;

/**
 * Accounts that postings may touch, beside `clearing:{account}` of each company and the modules' loss accounts. Memorandum
 * accounts hold no money, but what is to be reported of it: `recurring` what subscriptions bring in a month,
 * `declined:{code}` what was not paid, and why; `memo` is their other side.
 */
const MONEY_ACCOUNTS: ReadonlySet<string> = new Set([
  "receivable",
  "revenue",
  "tax",
  "fees",
  "refunds",
  "disputes",
  "payouts",
  "fx",
  "suspense",
  "issued",
  "expired",
  "clawback",
  "recurring",
  "memo",
]);
const NAMED_ACCOUNT = /^(clearing:[\w.-]{1,100}|declined:[a-z0-9_]{1,60}|[a-z_]{1,40}_(writeoff|loss))$/;

const MAX_ENTRIES = 1_000;
const MAX_TEXT = 200;

/** Throws for a posting that no caller may make: not summing to zero per unit, empty, or touching an own account. */
export function checkPosting(posting: Posting): void {
  const { entries, reference, kind } = posting;
  assert(reference.length > 0 && reference.length <= MAX_TEXT, "a reference has 1 to 200 characters");
  assert(kind.length > 0 && kind.length <= MAX_TEXT, "a kind has 1 to 200 characters");
  assert(entries.length >= 2 && entries.length <= MAX_ENTRIES, "a transaction has 2 to 1,000 entries");
  const sums = new Map<string, bigint>();
  for (const { account, unit, amount } of entries) {
    assert(amount !== 0n, "an entry moves something");
    assert(
      !(OWN_ACCOUNTS as readonly string[]).includes(account),
      `${account} moves with grants and holds only`,
    );
    assert(MONEY_ACCOUNTS.has(account) || NAMED_ACCOUNT.test(account), `${account} is an account`);
    sums.set(unit, (sums.get(unit) ?? 0n) + amount);
  }
  for (const sum of sums.values()) assert(sum === 0n, "entries sum to zero per unit");
}
