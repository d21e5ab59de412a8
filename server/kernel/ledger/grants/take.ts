import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { openBook, record, sweepExpired, takeBack } from "../book/book.ts";
import type { Mode, Unit } from "../book/entry.ts";
import { loadGrants, lockWallets } from "../book/load-book.ts";
import { findTransactions } from "../reading/read-transactions.ts";
import { writeBook } from "../book/write-book.ts";

export type Taking = {
  mode: Mode;
  unit: Unit;
  /** Above zero, in the unit's smallest parts. */
  amount: bigint;
  /** Names it once for ever (`adj_3:taken`). */
  reference: string;
};

/** Takes credits or a budget back by hand: unheld remainders in burn order, then debt. Once per reference. */
export async function take(tx: Tx, org: OrgId, taking: Taking, now: Date): Promise<void> {
  const { mode, unit, amount, reference } = taking;
  assert(amount > 0n, "a taking is above zero");
  const wallets = await lockWallets(tx, org, [taking]);
  if ((await findTransactions(tx, org, [reference])).size > 0) return;
  const wallet = wallets.find((row) => row.mode === mode && row.unit === unit);
  assert(wallet, "the wallet is locked");
  const grants = await loadGrants(tx, org, taking, { ids: [], need: amount }, now);
  const book = openBook(mode, unit, now, {
    wallet: wallet.balance,
    carryAtto: wallet.carry_atto,
    lowAt: wallet.low_at,
    grants,
  });
  sweepExpired(book);
  takeBack(book, amount);
  record(book, "adjustment", reference, { clawback: amount, wallet: -amount });
  await writeBook(tx, org, book);
}
