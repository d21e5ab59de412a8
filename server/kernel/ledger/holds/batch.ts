import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { lowAnnouncement, type Announcement } from "../announce.ts";
import { available, openBook, runsLow, sweepExpired, type Book, type BookGrant } from "../book/book.ts";
import type { Gate, HoldRequest, HoldResult, Refusal, Settlement, SettleResult } from "./hold.ts";
import {
  keepPlans,
  covers,
  loadFirstGrants,
  loadGrants,
  loadHolds,
  lockWallets,
  type BookKey,
  type LoadedGrant,
  type LoadedHold,
  type Wallet,
} from "../book/load-book.ts";
import { planHold } from "./plan-hold.ts";
import { planSettle } from "./plan-settle.ts";
import { writeBook } from "../book/write-book.ts";

export type Batch = { settle: readonly Settlement[]; hold: readonly HoldRequest[] };
export type BatchResult = {
  settled: SettleResult[];
  held: HoldResult[];
  /** To be told in the same transaction: credits that run low with this batch. */
  low: Announcement[];
};

const nameOf = ({ mode, unit }: BookKey): string => `${mode}/${unit}`;

/**
 * Settles and holds for one organization in the caller's `tx`: first the settlements, then the holds, each list in its
 * order, each judged alone. A refusal refuses only its own. The number of statements does not grow with the batch.
 */
export async function applyBatch(
  tx: Tx,
  org: OrgId,
  batch: Batch,
  now: Date,
  openGate?: () => Promise<Gate | null> | null,
): Promise<BatchResult> {
  const { write, ...result } = await planBatch(tx, org, batch, now, openGate);
  await write();
  return result;
}

/**
 * The same without its last step: `write` sends its statements at once, so it may be the transaction's last. `openGate` is
 * called with the wallets' lock already sent, so what it reads is read under it.
 */
export async function planBatch(
  tx: Tx,
  org: OrgId,
  batch: Batch,
  now: Date,
  openGate?: () => Promise<Gate | null> | null,
): Promise<BatchResult & { write: () => Promise<void> }> {
  const ids = [...batch.settle.map(({ holdId }) => holdId), ...batch.hold.map(({ id }) => id)];
  // Sent together, run in this order: the holds are read under the lock of the wallets.
  const [, wallets, loaded, grants, gate] = await Promise.all([
    keepPlans(tx),
    lockWallets(tx, org, batch.hold),
    loadHolds(tx, org, ids.toSorted()),
    loadFirstGrants(tx, org, ids, now),
    openGate?.(),
  ]);
  const holds = new Map(loaded.map((known) => [known.hold.id, known]));
  const books = await openBooks(tx, org, batch, { wallets, holds, grants }, now);

  const settled = batch.settle.map((settlement): SettleResult => {
    const known = holds.get(settlement.holdId);
    const book = known && books.get(nameOf(known));
    return book ? planSettle(book, settlement) : { holdId: settlement.holdId, error: "not_found" };
  });
  const held = batch.hold.map((request, at): HoldResult => {
    const book = books.get(nameOf(holds.get(request.id) ?? request));
    if (!book) return { holdId: request.id, held: false, availableMicros: 0n };
    const known = book.holds.has(request.id);
    const refusal = known ? null : gate?.judge(at);
    if (refusal) return refusedBy(refusal, request, book);
    const result = planHold(book, request);
    if (result.held && !known) gate?.held(at);
    return result;
  });
  const low = [...books.values()].flatMap((book) => lowAnnouncement(book, runsLow(book)));
  const write = async () => {
    await Promise.all([...[...books.values()].map((book) => writeBook(tx, org, book)), gate?.end()]);
  };
  return { settled, held, low, write };
}

function refusedBy({ problem, roomMicros }: Refusal, { id }: HoldRequest, book: Book): HoldResult {
  const free = available(book);
  const availableMicros = roomMicros !== null && roomMicros < free ? roomMicros : free;
  return { holdId: id, held: false, availableMicros, refused: problem };
}

/** One book per mode and unit that the batch touches, with grants enough for all that it may draw. */
async function openBooks(
  tx: Tx,
  org: OrgId,
  batch: Batch,
  state: {
    wallets: readonly Wallet[];
    holds: ReadonlyMap<string, LoadedHold>;
    grants: readonly LoadedGrant[];
  },
  now: Date,
): Promise<Map<string, Book>> {
  const books = new Map<string, Book>();
  const loaded = [...state.holds.values()];
  for (const wallet of state.wallets) {
    const name = nameOf(wallet);
    const holds = loaded.filter((known) => nameOf(known) === name).map(({ hold }) => hold);
    const requests = batch.hold.filter((request) => nameOf(request) === name);
    if (holds.length === 0 && requests.length === 0) continue;
    const grantIds = [...new Set(holds.flatMap(({ parts }) => parts.map(({ grantId }) => grantId)))];
    const need = neededBy(batch.settle, state.holds, name) + sumUpTo(wallet.balance, requests);
    const first = state.grants.filter((known) => nameOf(known) === name).map(({ grant }) => grant);
    const enough = await grantsFor(tx, org, wallet, { first, ids: grantIds, need }, now);
    const book = openBook(wallet.mode, wallet.unit, now, {
      wallet: wallet.balance,
      carryAtto: wallet.carry_atto,
      lowAt: wallet.low_at,
      grants: enough,
      holds,
    });
    sweepExpired(book);
    books.set(name, book);
  }
  return books;
}

/** What clawbacks still wait for is taken from the same grants, so it counts as needed too. */
async function grantsFor(
  tx: Tx,
  org: OrgId,
  wallet: Wallet,
  want: { first: readonly BookGrant[]; ids: readonly string[]; need: bigint },
  now: Date,
): Promise<readonly BookGrant[]> {
  const pendingIn = (grants: readonly BookGrant[]) =>
    grants.reduce((sum, grant) => sum + grant.clawPending, 0n);
  const { first, ids, need } = want;
  if (covers(first, need + pendingIn(first), now)) return first;
  const grants = await loadGrants(tx, org, wallet, { ids, need }, now);
  const pending = pendingIn(grants);
  return pending === 0n ? grants : loadGrants(tx, org, wallet, { ids, need: need + pending }, now);
}

/** The most that settlements may draw beyond what is held: cost above the hold, or all of it when settled again. */
function neededBy(
  settlements: readonly Settlement[],
  holds: ReadonlyMap<string, LoadedHold>,
  name: string,
): bigint {
  let need = 0n;
  for (const { holdId, amountAtto } of settlements) {
    const known = holds.get(holdId);
    if (!known || nameOf(known) !== name) continue;
    const open = known.hold.state === "pending" || known.hold.state === "expired";
    const cost = amountAtto / ATTO_PER_MICRO + 2n;
    const covered = open ? known.hold.amount : 0n;
    if (cost > covered) need += cost - covered;
  }
  return need;
}

/** Requests larger than the wallet are refused whatever is loaded. */
function sumUpTo(wallet: bigint, requests: readonly HoldRequest[]): bigint {
  return requests.reduce((total, { amount }) => (amount <= wallet ? total + amount : total), 0n);
}
