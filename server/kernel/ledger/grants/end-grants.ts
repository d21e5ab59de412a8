import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { expiryAnnouncement, type Announce } from "../announce.ts";
import { textArray } from "../book/arrays.ts";
import { openBook, sweepExpired } from "../book/book.ts";
import type { GrantKind } from "./grant.ts";
import { findGrants, loadGrants, lockWallets, type BookKey } from "../book/load-book.ts";
import { writeBook } from "../book/write-book.ts";

const END = `
  update ledger.grants set expires_at = $5
  where org_id = $1 and mode = $2 and unit = $3 and kind = any((select $4::text[])::text[])
    and exhausted_at is null and expired_at is null and (expires_at is null or expires_at > $5)`;

/**
 * Ends the grants of these kinds now: the unheld remainder expires at once, a held part with its hold. What takes their
 * place is granted afterwards, in the same transaction. Tells of each; returns what expired.
 */
export async function endGrants(
  tx: Tx,
  org: OrgId,
  key: BookKey & { kinds: readonly GrantKind[] },
  now: Date,
  announce?: Announce,
): Promise<bigint> {
  const wallets = await lockWallets(tx, org, []);
  const wallet = wallets.find((row) => row.mode === key.mode && row.unit === key.unit);
  if (!wallet) return 0n;
  await tx.query("ledger.end_grants", END, [org, key.mode, key.unit, textArray(key.kinds), now]);
  const grants = await loadGrants(tx, org, key, { ids: [], need: 0n }, now);
  const state = { wallet: wallet.balance, carryAtto: wallet.carry_atto, lowAt: wallet.low_at, grants };
  const book = openBook(key.mode, key.unit, now, state);
  const swept = sweepExpired(book);
  await writeBook(tx, org, book);
  const told = swept.map((row) => expiryAnnouncement({ mode: key.mode, unit: key.unit, ...row }, now));
  if (told.length > 0) await announce?.(tx, org, told);
  return swept.reduce((total, { amount }) => total + amount, 0n);
}

/** Whether something was granted under this reference. */
export async function hasGrant(tx: Tx, org: OrgId, reference: string): Promise<boolean> {
  return (await findGrants(tx, org, [reference])).length > 0;
}
