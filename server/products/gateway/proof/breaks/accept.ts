import { audit } from "../../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import { INSTALLATION, type Id } from "../../../../platform/ids.ts";
import { common, Problem } from "../../../../platform/problem.ts";
import { gatewayProblems } from "../../problems.ts";
import type { Gateway } from "../../settling/state.ts";
import { acceptBreak, findBreak, type BreakRow } from "./store.ts";
import type { Mode } from "../finding.ts";

/** Keeps a break as it is for good, with a note why. 404 for one of the other mode, 409 for one that has ended. Audited. */
export async function acceptProofBreak(
  { deps: { clock, db } }: Gateway,
  input: { id: Id<"brk">; mode: Mode; note: string; by: string },
): Promise<BreakRow> {
  const now = clock.now();
  return withSystemTx(db, async (tx) => {
    const row = await acceptBreak(tx, { ...input, now });
    if (!row) {
      const known = await findBreak(tx, input.id, input.mode);
      throw new Problem(known ? gatewayProblems.break_settled : common.not_found);
    }
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: input.by,
      action: "llm_proof.accepted",
      targetId: row.id,
      detail: {
        day: row.day,
        kind: row.kind,
        subject: row.subject,
        amount_usd: row.amount_usd,
        note: input.note,
      },
    });
    return row;
  });
}
