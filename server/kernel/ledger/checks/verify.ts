import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { INVARIANTS, type InvariantName } from "./invariants.ts";

export type InvariantReport = {
  name: InvariantName;
  /** What must be true, in one sentence. */
  statement: string;
  /** How many transactions, accounts or books were looked at. */
  checked: number;
  faultCount: number;
  /** The first 20 that break it: `org/transaction` or `org/mode/unit/account`. */
  faults: string[];
};

export type Verification = { ok: boolean; invariants: InvariantReport[] };

/**
 * Proves the books: of one organization, or, with `org` null in an operator's transaction, of all. Each invariant is one
 * statement and so sees one state, also while others post.
 */
export async function verify(tx: Tx, org: OrgId | null): Promise<Verification> {
  const invariants: InvariantReport[] = [];
  for (const { name, statement, sql } of INVARIANTS) {
    type Row = { checked: number; fault_count: number; faults: string[] | null };
    const [row] = await tx.query<Row>(`ledger.verify_${name}`, sql, [org]);
    invariants.push({
      name,
      statement,
      checked: row?.checked ?? 0,
      faultCount: row?.fault_count ?? 0,
      faults: row?.faults ?? [],
    });
  }
  return { ok: invariants.every(({ faultCount }) => faultCount === 0), invariants };
}
