import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import type { Mode } from "./book/entry.ts";
import { post, type Posted } from "./post.ts";
import { getTransaction } from "./reading/read-transactions.ts";

/**
 * Takes a transaction back: the same entries the other way round, under `{its reference}:reversed`, once. Throws 404 for one
 * that the book does not have. Not for what moves grants or holds.
 */
export async function reverse(
  tx: Tx,
  org: OrgId,
  { mode, transactionId }: { mode: Mode; transactionId: string },
  now: Date,
): Promise<Posted> {
  const { reference, entries } = await getTransaction(tx, org, mode, transactionId);
  const back = entries.map((entry) => ({ ...entry, amount: -entry.amount }));
  const [posted] = await post(
    tx,
    org,
    [{ mode, kind: "reversal", reference: `${reference}:reversed`, entries: back }],
    now,
  );
  if (!posted) throw new Error("assertion failed: one posting has one answer");
  return posted;
}
