import { addMs, type Clock } from "../../../platform/clock.ts";
import { withOperatorTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { Logger } from "../../../platform/telemetry/index.ts";
import { NOTHING_BEFORE, startSeal, type Seal } from "./seal.ts";
import {
  FROM_START,
  findLastSeal,
  insertSeal,
  lockChain,
  sealPage,
  seeOneState,
  type Place,
} from "./store.ts";

export const DAY_MS = 86_400_000;
/** 00:30 UTC: what was posted before midnight has long been committed. */
const SEALED_AFTER_MS = 30 * 60_000;
/** A transaction commits within minutes of its posting; this much later it would still be found. */
const LATEST_COMMIT_MS = 7 * DAY_MS;
/** Transactions hashed in one statement; far below its time limit. */
const PAGE = 20_000;

/** The midnight (UTC) that began the day of `at`. */
export const midnightOf = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);

/**
 * Seals all books up to the last midnight, once: each transaction that was posted before it and is in no seal. What
 * commits late is in the next one. Null when there is nothing to do yet.
 */
export async function sealBooks({
  db,
  clock,
  logger,
}: {
  db: Db;
  clock: Clock;
  logger: Logger;
}): Promise<Seal | null> {
  const now = clock.now();
  const before = midnightOf(addMs(now, -SEALED_AFTER_MS));
  const sealed = await withOperatorTx(db, (tx) => findLastSeal(tx));
  if (sealed && sealed.sealedBefore >= before) return null;
  const seal = await withOperatorTx(db, (tx) => sealAll(tx, before, now));
  if (seal) {
    const { number, hash, transactionCount } = seal;
    // Whoever keeps logs elsewhere can prove later that nothing before it was changed.
    logger.info(
      { seal: Number(number), hash: hash.toString("hex"), transactions: Number(transactionCount) },
      "ledger seal",
    );
  }
  return seal;
}

async function sealAll(tx: Tx, before: Date, now: Date): Promise<Seal | null> {
  await seeOneState(tx);
  if (!(await lockChain(tx))) return null;
  const last = await findLastSeal(tx);
  if (last && last.sealedBefore >= before) return null;
  const number = (last?.number ?? 0n) + 1n;
  const previousHash = last?.hash ?? NOTHING_BEFORE;
  const since = last ? addMs(last.sealedBefore, -LATEST_COMMIT_MS) : new Date(0);
  const chain = startSeal({ number, sealedBefore: before, previousHash });
  let transactionCount = 0n;
  let entryCount = 0n;
  let after: Place = FROM_START;
  for (;;) {
    const page = await sealPage(tx, { number, before, since }, after, PAGE);
    for (const { hash, entries } of page) {
      chain.update(hash);
      transactionCount += 1n;
      entryCount += BigInt(entries);
    }
    const end = page.at(-1);
    if (page.length < PAGE || !end) break;
    after = { id: end.id, orgId: end.org_id };
  }
  const seal = {
    number,
    sealedBefore: before,
    previousHash,
    hash: chain.digest(),
    transactionCount,
    entryCount,
    sealedAt: now,
  };
  await insertSeal(tx, seal);
  return seal;
}
