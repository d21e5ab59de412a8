import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import {
  min,
  openBook,
  record,
  sweepExpired,
  takeBack,
  unheld,
  type Book,
  type BookGrant,
} from "../book/book.ts";
import { planGrant } from "./grant.ts";
import { findGrants, loadGrants, lockWallets } from "../book/load-book.ts";
import { findTransactions } from "../reading/read-transactions.ts";
import { writeBook } from "../book/write-book.ts";

export type ClawBack = {
  grantReference: string;
  /** All that was refunded of the payment so far, and what was paid; same currency. */
  refundedTotal: bigint;
  paidTotal: bigint;
  /** Names this taking, once for ever (`ref_3:clawback`). */
  reference: string;
};

/**
 * Takes back ⌊grant × refundedTotal ÷ paidTotal⌋, less what was already clawed back: this grant's unheld remainder, then
 * other grants' in burn order, then debt. What is held counts at once and is taken when its hold ends. A grant that does
 * not exist yet, or a reference that does, gives 0: whoever grants after a refund calls this again.
 */
export async function clawBack(
  tx: Tx,
  org: OrgId,
  claim: ClawBack,
  now: Date,
): Promise<{ clawedBack: bigint }> {
  return { clawedBack: await settleClaim(tx, org, claim, now, planClawBack) };
}

/**
 * The way back, when a refund failed after all: returns what was clawed back beyond ⌊grant × refundedTotal ÷ paidTotal⌋.
 * What was only to be taken from holds stays there; the rest comes as a grant of its own, out of `clawback`, as long-lived
 * as the first. Once per reference (`ref_3:restored`).
 */
export async function restoreClawedBack(
  tx: Tx,
  org: OrgId,
  claim: ClawBack,
  now: Date,
): Promise<{ restored: bigint }> {
  return { restored: await settleClaim(tx, org, claim, now, planRestore) };
}

async function settleClaim(
  tx: Tx,
  org: OrgId,
  claim: ClawBack,
  now: Date,
  plan: (book: Book, grantId: string, claim: ClawBack) => bigint,
): Promise<bigint> {
  assert(claim.paidTotal > 0n && claim.refundedTotal >= 0n, "a refund is of something paid");
  const wallets = await lockWallets(tx, org, []);
  const [found] = await findGrants(tx, org, [claim.grantReference]);
  if (!found) return 0n;
  const { mode, unit, grant } = found;
  if ((await findTransactions(tx, org, [claim.reference])).size > 0) return 0n;
  const wallet = wallets.find((row) => row.mode === mode && row.unit === unit);
  assert(wallet, "a grant has a wallet");
  const grants = await loadGrants(tx, org, { mode, unit }, { ids: [grant.id], need: grant.amount }, now);
  const book = openBook(mode, unit, now, {
    wallet: wallet.balance,
    carryAtto: wallet.carry_atto,
    lowAt: wallet.low_at,
    grants,
  });
  const moved = plan(book, grant.id, claim);
  await writeBook(tx, org, book);
  return moved;
}

/** Pure. What this grant has left is taken even if it just expired; others only while they are good. */
export function planClawBack(book: Book, grantId: string, claim: ClawBack): bigint {
  const grant = book.grants.get(grantId);
  assert(grant, "the grant is loaded");
  const wanted = shareOf(grant, claim) - grant.clawedBack;
  if (wanted <= 0n) return 0n;
  const own = takeOwn(book, grant, wanted);
  sweepExpired(book);
  const pending = min(wanted - own, grant.held - grant.clawPending);
  grant.clawPending += pending;
  grant.clawedBack += wanted;
  book.changedGrants.add(grant);
  const others = wanted - own - pending;
  takeBack(book, others);
  record(book, "clawback", claim.reference, { clawback: own + others, wallet: -own - others });
  return wanted;
}

function takeOwn(book: Book, grant: BookGrant, wanted: bigint): bigint {
  const own = min(wanted, unheld(grant));
  grant.remaining -= own;
  book.wallet -= own;
  return own;
}

/** Pure. The counterpart: `clawedBack` stays what is taken back now, so that the next refund starts from there. */
export function planRestore(book: Book, grantId: string, claim: ClawBack): bigint {
  const grant = book.grants.get(grantId);
  assert(grant, "the grant is loaded");
  const owed = grant.clawedBack - shareOf(grant, claim);
  if (owed <= 0n) return 0n;
  const pending = min(owed, grant.clawPending);
  grant.clawPending -= pending;
  grant.clawedBack -= owed;
  book.changedGrants.add(grant);
  const { priority, expiresAt } = grant;
  const { mode, unit } = book;
  const { reference } = claim;
  const amount = owed - pending;
  if (amount > 0n)
    planGrant(book, { mode, unit, kind: "adjustment", amount, reference, priority, expiresAt }, "clawback");
  return owed;
}

/** What is due back of a grant when this much of its price was refunded. */
function shareOf(grant: BookGrant, { refundedTotal, paidTotal }: ClawBack): bigint {
  return (grant.amount * min(refundedTotal, paidTotal)) / paidTotal;
}
