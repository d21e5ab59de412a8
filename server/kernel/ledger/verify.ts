import type { OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";

export type InvariantName = "zero_sum" | "balances" | "no_overdraft" | "held" | "grants" | "costs";

export type InvariantReport = {
  name: InvariantName;
  /** What must be true, in one sentence. */
  statement: string;
  /** How many transactions, accounts or books were looked at. */
  checked: number;
  faultCount: number;
  /** The first 20 that break it: `org/transaction` or `org/account/unit/mode`. */
  faults: string[];
};

export type Verification = { ok: boolean; checkedAt: Date; invariants: InvariantReport[] };

/**
 * Proves the books: of one organization, or, with `org` null in an operator's transaction, of all. Each invariant is one
 * statement and so sees one state, also while others post.
 */
export async function verify(_tx: Tx, _org: OrgId | null, _now: Date): Promise<Verification> {
  throw new Error("being built");
}
