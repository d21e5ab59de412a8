/**
 * One organization's credits in one mode and unit, as loaded under the lock of its wallet, and the moves that keep
 * `wallet + held = what is left of the grants − debt`. Pure: what changed is written by `write-book.ts`.
 *
 * While something unheld is left of any grant there is no debt, so debt is the wallet below zero and nothing else.
 */
import { newId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import type { Mode, Unit } from "./entry.ts";
import type { Basis } from "../holds/hold.ts";

export type BookGrant = {
  readonly id: string;
  readonly reference: string;
  readonly kind: string;
  readonly kindOrder: number;
  readonly priority: number;
  readonly amount: bigint;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  remaining: bigint;
  held: bigint;
  clawedBack: bigint;
  clawPending: bigint;
  expiredAt: Date | null;
};

export type Part = { grantId: string; amount: bigint };

export type BookHold = {
  readonly id: string;
  readonly owner: string;
  readonly amount: bigint;
  readonly deadlineAt: Date;
  state: "pending" | "captured" | "released" | "expired";
  captured: bigint;
  writtenOff: bigint;
  costAtto: bigint;
  basis: Basis | null;
  lossAccount: string | null;
  transactionId: string | null;
  /** What it draws on, in order; what was captured was taken from the first parts. */
  parts: Part[];
};

type Draft = {
  id: string;
  kind: string;
  reference: string;
  entries: { account: string; amount: bigint }[];
};

export type Book = {
  readonly mode: Mode;
  readonly unit: Unit;
  readonly now: Date;
  wallet: bigint;
  carryAtto: bigint;
  /** Below it little is left of what there was after the last grant; zero once that was told. */
  lowAt: bigint;
  /** Loaded grants by id, in burn order; enough of them for what is planned. */
  readonly grants: Map<string, BookGrant>;
  readonly holds: Map<string, BookHold>;
  readonly drafts: Draft[];
  readonly newGrants: BookGrant[];
  readonly newHolds: BookHold[];
  readonly changedGrants: Set<BookGrant>;
  readonly changedHolds: Set<BookHold>;
  /** Holds whose stored parts are replaced; holds that only gained parts, from that position on. */
  readonly rewrittenParts: Set<BookHold>;
  readonly addedParts: Map<BookHold, number>;
};

export function openBook(
  mode: Mode,
  unit: Unit,
  now: Date,
  state: {
    wallet: bigint;
    carryAtto: bigint;
    lowAt?: bigint;
    grants?: readonly BookGrant[];
    holds?: readonly BookHold[];
  },
): Book {
  return {
    mode,
    unit,
    now,
    wallet: state.wallet,
    carryAtto: state.carryAtto,
    lowAt: state.lowAt ?? 0n,
    grants: new Map((state.grants ?? []).toSorted(burnOrder).map((grant) => [grant.id, grant])),
    holds: new Map((state.holds ?? []).map((hold) => [hold.id, hold])),
    drafts: [],
    newGrants: [],
    newHolds: [],
    changedGrants: new Set(),
    changedHolds: new Set(),
    rewrittenParts: new Set(),
    addedParts: new Map(),
  };
}

/** Priority, soonest expiry, kind, age; the same order as the index `grants_burn`. */
export function burnOrder(a: BookGrant, b: BookGrant): number {
  const expiry = (grant: BookGrant) => grant.expiresAt?.getTime() ?? Infinity;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (expiry(a) !== expiry(b)) return expiry(a) < expiry(b) ? -1 : 1;
  if (a.kindOrder !== b.kindOrder) return a.kindOrder - b.kindOrder;
  if (a.createdAt.getTime() !== b.createdAt.getTime()) return a.createdAt.getTime() - b.createdAt.getTime();
  return a.id < b.id ? -1 : 1;
}

export const unheld = (grant: BookGrant): bigint => grant.remaining - grant.held;
export const debt = (book: Book): bigint => (book.wallet < 0n ? -book.wallet : 0n);
export const available = (book: Book): bigint => (book.wallet > 0n ? book.wallet : 0n);

export const isExpired = (grant: BookGrant, now: Date): boolean =>
  grant.expiredAt !== null || (grant.expiresAt !== null && grant.expiresAt.getTime() <= now.getTime());

/** A tenth of what there is after a grant. */
export function markLow(book: Book): void {
  book.lowAt = available(book) / 10n;
}

/** True once after a grant: less than its mark is left, since something was spent or has expired. What is only held may return. */
export function runsLow(book: Book): boolean {
  const isGone = ({ entries }: Draft) =>
    entries.some(({ account }) => account !== "wallet" && account !== "held");
  if (book.wallet >= book.lowAt || book.lowAt === 0n || !book.drafts.some(isGone)) return false;
  book.lowAt = 0n;
  return true;
}

/** Which unheld remainders `amount` comes from, in burn order; may add up to less. */
export function choose(book: Book, amount: bigint): { grant: BookGrant; amount: bigint }[] {
  const chosen: { grant: BookGrant; amount: bigint }[] = [];
  let left = amount;
  for (const grant of book.grants.values()) {
    if (left === 0n) break;
    const free = unheld(grant);
    if (free === 0n || isExpired(grant, book.now)) continue;
    const part = free < left ? free : left;
    chosen.push({ grant, amount: part });
    left -= part;
  }
  return chosen;
}

/** Takes up to `amount` out of unheld remainders and the wallet; what it found, as parts. */
export function spend(book: Book, amount: bigint): Part[] {
  const limit = available(book);
  const chosen = choose(book, amount < limit ? amount : limit);
  for (const { grant, amount: part } of chosen) {
    grant.remaining -= part;
    book.wallet -= part;
    book.changedGrants.add(grant);
  }
  return chosen.map(({ grant, amount: part }) => ({ grantId: grant.id, amount: part }));
}

/** Takes exactly `amount` back: unheld remainders in burn order, then the wallet goes below zero. */
export function takeBack(book: Book, amount: bigint): void {
  const short = amount - sum(spend(book, amount));
  assert(short === 0n || book.wallet <= 0n, "enough grants are loaded");
  book.wallet -= short;
}

/**
 * Gives `amount` of a grant's remainder, no longer held, back to the wallet: pays debt first. An expired grant's goes
 * to `expired` instead; the return value says how much did.
 */
export function giveBack(book: Book, grant: BookGrant, amount: bigint): { expired: bigint } {
  book.changedGrants.add(grant);
  if (isExpired(grant, book.now)) {
    grant.remaining -= amount;
    return { expired: amount };
  }
  const owed = debt(book);
  grant.remaining -= owed < amount ? owed : amount;
  book.wallet += amount;
  return { expired: 0n };
}

/** Moves what is unheld of expired grants out of the wallet, a transaction each. */
export function sweepExpired(book: Book): { grantId: string; amount: bigint }[] {
  const swept: { grantId: string; amount: bigint }[] = [];
  for (const grant of book.grants.values()) {
    const amount = unheld(grant);
    if (amount === 0n || grant.expiredAt !== null || !isExpired(grant, book.now)) continue;
    grant.remaining -= amount;
    grant.expiredAt = book.now;
    book.wallet -= amount;
    book.changedGrants.add(grant);
    record(book, "expiry", `${grant.id}:expired`, { wallet: -amount, expired: amount });
    swept.push({ grantId: grant.id, amount });
  }
  return swept;
}

/** Notes a transaction to post; accounts that do not move are left out. Null when nothing moves. */
export function record(
  book: Book,
  kind: string,
  reference: string,
  moves: Readonly<Record<string, bigint>>,
): string | null {
  const entries = Object.entries(moves)
    .map(([account, amount]) => ({ account, amount }))
    .filter((entry) => entry.amount !== 0n);
  if (entries.length === 0) return null;
  assert(sum(entries) === 0n, `${kind} sums to zero`);
  const id = newId("txn");
  book.drafts.push({ id, kind, reference, entries });
  return id;
}

export const sum = (parts: readonly { amount: bigint }[]): bigint =>
  parts.reduce((total, part) => total + part.amount, 0n);

export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export function grantOf(book: Book, id: string): BookGrant {
  const grant = book.grants.get(id);
  assert(grant, `grant ${id} is loaded`);
  return grant;
}
