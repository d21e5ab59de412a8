import { withOperatorTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { HoldId, OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { expiryAnnouncement, lowAnnouncement, type Announce } from "../announce.ts";
import { textArray } from "../book/arrays.ts";
import { openBook, runsLow, sweepExpired } from "../book/book.ts";
import { loadGrants, lockWallets, type BookKey } from "../book/load-book.ts";
import { DUE_GRANTS, DUE_HOLDS, EXPIRE_HOLDS, EXTEND_HOLDS } from "./expire-statements.ts";
import { writeBook } from "../book/write-book.ts";

const MAX_LIMIT = 10_000;

/** Moves the deadline of pending holds. Returns those that were still pending. */
export async function extendHolds(
  tx: Tx,
  org: OrgId,
  holdIds: readonly HoldId[],
  deadlineAt: Date,
): Promise<HoldId[]> {
  if (holdIds.length === 0) return [];
  const values = [org, textArray(holdIds.toSorted()), deadlineAt];
  const rows = await tx.query<{ id: HoldId }>("ledger.extend_holds", EXTEND_HOLDS, values);
  return rows.map(({ id }) => id);
}

/**
 * Marks pending holds of one owner past their deadline as `expired`, oldest first, and names them for the owner's
 * reconciler. Expired is not released: the amount stays held until somebody settles it.
 */
export async function expireHolds(
  db: Db,
  options: { owner: string; now: Date; limit: number },
): Promise<{ orgId: OrgId; holdId: HoldId }[]> {
  const { owner, now, limit } = options;
  assert(limit > 0 && limit <= MAX_LIMIT, "a sweep is bounded");
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId; id: HoldId }>("ledger.due_holds", DUE_HOLDS, [owner, now, limit]),
  );
  const expired: { orgId: OrgId; holdId: HoldId }[] = [];
  for (const [org, rows] of Map.groupBy(due, (row) => row.org_id)) {
    const ids = textArray(rows.map(({ id }) => id).toSorted());
    const done = await withTx(db, org, (tx) =>
      tx.query<{ id: HoldId }>("ledger.expire_holds", EXPIRE_HOLDS, [org, ids, now]),
    );
    expired.push(...done.map(({ id }) => ({ orgId: org, holdId: id })));
  }
  return expired;
}

/**
 * Moves the unheld remainder of grants past their expiry to `expired`; a held part follows when its hold ends. Takes all
 * that are due in the books of the first `limit` due grants, and tells of each.
 */
export async function expireGrants(
  db: Db,
  now: Date,
  limit: number,
  announce?: Announce,
): Promise<{ orgId: OrgId; grantId: string; amount: bigint }[]> {
  assert(limit > 0 && limit <= MAX_LIMIT, "a sweep is bounded");
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId } & BookKey>("ledger.due_grants", DUE_GRANTS, [now, limit]),
  );
  const expired: { orgId: OrgId; grantId: string; amount: bigint }[] = [];
  for (const { org_id: org, mode, unit } of due) {
    const swept = await withTx(db, org, async (tx) => {
      const { rows, low } = await sweepBook(tx, org, { mode, unit }, now);
      const gone = rows.map((row) => expiryAnnouncement({ mode, unit, ...row }, now));
      await announce?.(tx, org, [...gone, ...low]);
      return rows;
    });
    expired.push(...swept.map((row) => ({ orgId: org, ...row })));
  }
  return expired;
}

async function sweepBook(tx: Tx, org: OrgId, key: BookKey, now: Date) {
  const wallets = await lockWallets(tx, org, [key]);
  const wallet = wallets.find((row) => row.mode === key.mode && row.unit === key.unit);
  assert(wallet, "the wallet is locked");
  const grants = await loadGrants(tx, org, key, { ids: [], need: 0n }, now);
  const state = { wallet: wallet.balance, carryAtto: wallet.carry_atto, lowAt: wallet.low_at, grants };
  const book = openBook(key.mode, key.unit, now, state);
  const rows = sweepExpired(book);
  const low = lowAnnouncement(book, runsLow(book));
  await writeBook(tx, org, book);
  return { rows, low };
}
