import { withOperatorTx, type Db, type Tx } from "../../../platform/db/index.ts";
import { firstAltered, NOTHING_BEFORE, startSeal, type Seal } from "./seal.ts";
import { FROM_START, listSealsBetween, readPage, seeOneState, type Member, type Place } from "./store.ts";

const PAGE = 20_000;

/** What was found first, in the order of seals and ids. */
export type Broken = {
  seal: bigint;
  what: "seal" | "transaction" | "entry";
  orgId: string | null;
  transactionId: string | null;
  /** The entry's, from 0. */
  position: number | null;
  /** In one sentence. */
  detail: string;
};

export type SealVerification = {
  seals: bigint;
  transactions: bigint;
  entries: bigint;
  firstBroken: Broken | null;
};

/**
 * Computes the seals of a time again from the books as they stand, and stops at the first that does not agree: one changed
 * byte in a sealed entry is named by its transaction and position.
 */
export function verifySeals(
  db: Db,
  range: { from: Date | null; to: Date | null },
): Promise<SealVerification> {
  return withOperatorTx(db, async (tx) => {
    await seeOneState(tx);
    const done: SealVerification = { seals: 0n, transactions: 0n, entries: 0n, firstBroken: null };
    const seals = await listSealsBetween(tx, range);
    let previous: Seal | null = null;
    for (const seal of seals) {
      done.firstBroken = chainFault(seal, previous, range.from) ?? (await sealFault(tx, seal, done));
      if (done.firstBroken) return done;
      done.seals += 1n;
      previous = seal;
    }
    return done;
  });
}

const broken = (seal: Seal, detail: string): Broken => ({
  seal: seal.number,
  what: "seal",
  orgId: null,
  transactionId: null,
  position: null,
  detail,
});

/** The seal follows the one before it; the first of all follows nothing. */
function chainFault(seal: Seal, previous: Seal | null, from: Date | null): Broken | null {
  if (!previous && seal.number > 1n) return from ? null : broken(seal, "The seals before it are missing.");
  if (seal.number !== (previous?.number ?? 0n) + 1n) return broken(seal, "The seal before it is missing.");
  const follows = previous?.hash ?? NOTHING_BEFORE;
  return seal.previousHash.equals(follows)
    ? null
    : broken(seal, "It does not follow from the seal before it.");
}

async function sealFault(tx: Tx, seal: Seal, done: SealVerification): Promise<Broken | null> {
  const chain = startSeal(seal);
  let count = 0n;
  let after: Place = FROM_START;
  for (;;) {
    const page = await readPage(tx, seal.number, after, PAGE);
    for (const member of page) {
      if (!member.sound) return memberFault(seal, member);
      chain.update(member.hash);
      count += 1n;
      done.entries += BigInt(member.positions?.length ?? 0);
    }
    const end = page.at(-1);
    if (page.length < PAGE || !end) break;
    after = { id: end.id, orgId: end.org_id };
  }
  done.transactions += count;
  if (count !== seal.transactionCount)
    return broken(seal, `It sealed ${seal.transactionCount} transactions, and lists ${count}.`);
  return chain.digest().equals(seal.hash) ? null : broken(seal, "Its hash is not that of its transactions.");
}

function memberFault(seal: Seal, member: Member): Broken {
  const at = { seal: seal.number, orgId: member.org_id, transactionId: member.id };
  if (!member.found)
    return { ...at, what: "transaction", position: null, detail: "The transaction is gone." };
  const position = firstAltered(member.sealed_entries, {
    entries: member.entries,
    positions: member.positions ?? [],
  });
  if (position !== null)
    return { ...at, what: "entry", position, detail: "The entry is not what was sealed." };
  return {
    ...at,
    what: "transaction",
    position: null,
    detail: "The transaction's mode, kind, reference or time is not what was sealed.",
  };
}
