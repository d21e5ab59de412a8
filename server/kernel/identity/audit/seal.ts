import { addMs, type Clock } from "../../../platform/clock.ts";
import { type Db, withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { GENESIS, link } from "./chain.ts";
import { findHead, insertLinks, listUnsealed, listUnsealedEntries, lockChain } from "./chain-store.ts";

const AT_ONCE = 1_000;
const CHAINS_AT_ONCE = 200;
/** A transaction that writes an entry ends long before that; the daily pass looks at all. */
const LOOK_BACK_MS = 2 * 86_400_000;

export type SealDeps = { db: Db; clock: Clock };

/**
 * Adds to each organization's chain what is in none yet; `whole` looks behind the last two days too. True when there may be
 * more. Entries waiting for a chain when it started are told to `waiting`.
 */
export async function sealChains(
  { db, clock }: SealDeps,
  { whole, waiting }: { whole: boolean; waiting(entries: number): void },
): Promise<boolean> {
  const since = whole ? null : addMs(clock.now(), -LOOK_BACK_MS);
  const due = await withOperatorTx(db, (tx) => listUnsealed(tx, since, CHAINS_AT_ONCE));
  waiting(due.reduce((sum, { count }) => sum + count, 0));
  for (const { orgId } of due) await sealChain({ db, clock }, orgId, since);
  return due.length === CHAINS_AT_ONCE || due.some(({ count }) => count > AT_ONCE);
}

function sealChain({ db, clock }: SealDeps, orgId: OrgId, since: Date | null): Promise<void> {
  return withTx(db, orgId, async (tx) => {
    await lockChain(tx, orgId);
    const head = await findHead(tx, orgId);
    let { seq, hash } = head ?? { seq: 0n, hash: GENESIS };
    const links = (await listUnsealedEntries(tx, orgId, since, AT_ONCE)).map((entry) => {
      seq += 1n;
      hash = link(hash, entry);
      return { seq, hash, entry };
    });
    if (links.length > 0) await insertLinks(tx, orgId, links, clock.now());
  });
}
