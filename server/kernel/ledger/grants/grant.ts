import type { Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { debt, markLow, min, openBook, record, type Book, type BookGrant } from "../book/book.ts";
import type { Mode, Unit } from "../book/entry.ts";
import { findGrants, lockWallets } from "../book/load-book.ts";
import { writeBook } from "../book/write-book.ts";

/** In the order in which they are spent when priority and expiry are equal. */
export const GRANT_KINDS = ["plan", "trial", "gift", "purchase", "adjustment"] as const;
export type GrantKind = (typeof GRANT_KINDS)[number];

export type NewGrant = {
  mode: Mode;
  unit: Unit;
  kind: GrantKind;
  /** Above zero, in the unit's smallest parts. */
  amount: bigint;
  /** Names our row that gives it, once for ever (`pay_5:credits`). */
  reference: string;
  /** 0 to 100, default 50; lower is spent first. */
  priority?: number;
  expiresAt?: Date | null;
};
export type Granted = { reference: string; grantId: string; granted: boolean };

const DEFAULT_PRIORITY = 50;
const MAX_AMOUNT = 10n ** 17n;

/**
 * Gives credits: issued −x, wallet +x per grant, under its reference. A debt is paid first. A reference that exists is
 * skipped (`granted: false`, the first grant's id).
 */
export async function grant(tx: Tx, org: OrgId, grants: readonly NewGrant[], now: Date): Promise<Granted[]> {
  for (const wanted of grants) {
    assert(wanted.amount > 0n && wanted.amount <= MAX_AMOUNT, "a grant is above zero and at most 10^17");
  }
  const wallets = await lockWallets(tx, org, grants);
  const references = grants.map(({ reference }) => reference);
  const found = await findGrants(tx, org, references);
  const known = new Map(found.map((row) => [row.grant.reference, row.grant.id]));
  const books = wallets.map(({ mode, unit, balance, carry_atto, low_at }) =>
    openBook(mode, unit, now, { wallet: balance, carryAtto: carry_atto, lowAt: low_at }),
  );
  const results = grants.map((wanted): Granted => {
    const { reference, mode, unit } = wanted;
    const existing = known.get(reference);
    if (existing) return { reference, grantId: existing, granted: false };
    const book = books.find((candidate) => candidate.mode === mode && candidate.unit === unit);
    assert(book, "the wallet of a grant is locked");
    const grantId = planGrant(book, wanted);
    known.set(reference, grantId);
    return { reference, grantId, granted: true };
  });
  for (const book of books) await writeBook(tx, org, book);
  return results;
}

/** Pure: adds a grant to a loaded book, out of `from`; what pays a debt is spent from the start. */
export function planGrant(book: Book, wanted: NewGrant, from: "issued" | "clawback" = "issued"): string {
  const { amount, reference, kind } = wanted;
  const added: BookGrant = {
    id: newId("grt"),
    reference,
    kind,
    kindOrder: GRANT_KINDS.indexOf(kind) + 1,
    priority: wanted.priority ?? DEFAULT_PRIORITY,
    amount,
    expiresAt: wanted.expiresAt ?? null,
    createdAt: book.now,
    remaining: amount - min(amount, debt(book)),
    held: 0n,
    clawedBack: 0n,
    clawPending: 0n,
    expiredAt: null,
  };
  book.newGrants.push(added);
  book.wallet += amount;
  markLow(book);
  record(book, "grant", reference, { [from]: -amount, wallet: amount });
  return added.id;
}
