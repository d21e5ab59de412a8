import { addMs, type Clock } from "../../../platform/clock.ts";
import type { Signer } from "../../../platform/crypto/index.ts";
import { type Db, withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import { commit, GENESIS, headBytes, link } from "./chain.ts";
import { type ChainLink, type Head, listHeads, listLinks, type SignedHead } from "./chain-store.ts";
import { KEPT_MS } from "./kept.ts";

const AT_ONCE = 1_000;
const HEADS_CHECKED = 400;

export type Verdict = {
  ok: boolean;
  /** Entries whose link was recomputed. */
  checked: number;
  head: Head | null;
  /** The newest signed end; null before the first day is over. */
  signedHead: SignedHead | null;
  firstBad: { seq: bigint; entryId: Id<"aud">; reason: BadReason } | null;
};
export type BadReason = "changed" | "removed" | "personal_text_changed" | "signed_head_differs";

/** Recomputes an organization's chain from its first entry that is still kept, and compares it with the signed heads. */
export async function verifyChain(
  { db, clock, signer }: { db: Db; clock: Clock; signer: Signer },
  orgId: OrgId,
): Promise<Verdict> {
  const keptFrom = addMs(clock.now(), -KEPT_MS);
  const heads = await withTx(db, orgId, (tx) => listHeads(tx, orgId, HEADS_CHECKED));
  const signed = new Map(heads.map((head) => [head.seq, head]));
  let previous: Head = { seq: 0n, hash: GENESIS };
  let checked = 0;
  for (;;) {
    const after = previous.seq;
    const links = await withTx(db, orgId, (tx) => listLinks(tx, orgId, after, AT_ONCE));
    for (const each of links) {
      const reason =
        faultOf(each, previous, keptFrom) ?? headFault(signer, orgId, each, signed.get(each.seq));
      if (reason)
        return {
          ok: false,
          checked,
          head: previous.seq === 0n ? null : previous,
          signedHead: heads[0] ?? null,
          firstBad: { seq: each.seq, entryId: each.entryId, reason },
        };
      if (each.entry) checked += 1;
      previous = { seq: each.seq, hash: each.hash };
    }
    if (links.length < AT_ONCE) break;
  }
  const head = previous.seq === 0n ? null : previous;
  const cut = heads[0] && heads[0].seq > previous.seq ? heads[0] : null;
  return {
    ok: cut === null,
    checked,
    head,
    signedHead: heads[0] ?? null,
    firstBad: cut && { seq: previous.seq + 1n, entryId: "aud_", reason: "removed" },
  };
}

function faultOf(each: ChainLink, previous: Head, keptFrom: Date): BadReason | null {
  if (each.seq !== previous.seq + 1n) return "removed";
  // Older than what is kept: its partition is gone, and its hash stands for it.
  if (!each.entry) return each.entryCreatedAt < keptFrom ? null : "removed";
  if (!link(previous.hash, each.entry).equals(each.hash)) return "changed";
  const { commitments } = each.entry;
  const wrong = each.personal.some(({ field, value, salt }) => commitments[field] !== commit(salt, value));
  return wrong ? "personal_text_changed" : null;
}

function headFault(
  signer: Signer,
  orgId: OrgId,
  { seq, hash }: ChainLink,
  head: SignedHead | undefined,
): BadReason | null {
  if (!head) return null;
  const genuine = signer.verify(headBytes(orgId, seq, head.hash), head.keyVersion, head.signature);
  return genuine && head.hash.equals(hash) ? null : "signed_head_differs";
}
