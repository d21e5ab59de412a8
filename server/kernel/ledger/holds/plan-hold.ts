/** Pure: judges one hold against a loaded book. */
import { assert } from "../../../platform/problem.ts";
import { available, choose, record, sum, type Book, type BookHold } from "../book/book.ts";
import type { HoldRequest, HoldResult } from "./hold.ts";

const SHORTEST_MS = 1_000;
const LONGEST_MS = 30 * 86_400_000;
/** Far above any balance, far below what int8 holds. */
const MAX_AMOUNT = 10n ** 17n;

/** Throws for a request that no caller may make. */
export function checkHold(request: HoldRequest, now: Date): void {
  assert(request.amount >= 0n && request.amount <= MAX_AMOUNT, "a hold is at least zero and at most 10^17");
  const ms = request.deadlineAt.getTime() - now.getTime();
  assert(ms >= SHORTEST_MS && ms <= LONGEST_MS, "a hold's deadline is 1 s to 30 days ahead");
}

/**
 * wallet −x, held +x, drawing on grants in burn order; refused when less than x is available. A hold of nothing is never
 * refused, also in debt. A known id is held already.
 */
export function planHold(book: Book, request: HoldRequest): HoldResult {
  checkHold(request, book.now);
  const { id, amount } = request;
  if (book.holds.has(id)) return { holdId: id, held: true };
  if (amount > 0n && available(book) < amount)
    return { holdId: id, held: false, availableMicros: available(book) };
  const chosen = choose(book, amount);
  if (sum(chosen) < amount) return { holdId: id, held: false, availableMicros: sum(chosen) };
  for (const { grant, amount: part } of chosen) {
    grant.held += part;
    book.changedGrants.add(grant);
  }
  book.wallet -= amount;
  const hold: BookHold = {
    id,
    owner: request.owner,
    amount,
    deadlineAt: request.deadlineAt,
    state: "pending",
    captured: 0n,
    writtenOff: 0n,
    costAtto: 0n,
    basis: null,
    lossAccount: null,
    transactionId: null,
    parts: chosen.map(({ grant, amount: part }) => ({ grantId: grant.id, amount: part })),
  };
  book.holds.set(id, hold);
  book.newHolds.push(hold);
  record(book, "hold", `${id}:held`, { held: amount, wallet: -amount });
  return { holdId: id, held: true };
}
