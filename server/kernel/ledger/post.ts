import type { OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { Posting } from "./entry.ts";

export type Posted = { reference: string; transactionId: string; posted: boolean };

/**
 * Posts transactions in the caller's `tx`, as one statement. A reference that exists is skipped (`posted: false`, the
 * first transaction's id). Locks the balances it changes, sorted; a caller that also grants or holds posts first.
 */
export async function post(
  _tx: Tx,
  _org: OrgId,
  _postings: readonly Posting[],
  _now: Date,
): Promise<Posted[]> {
  throw new Error("being built");
}
