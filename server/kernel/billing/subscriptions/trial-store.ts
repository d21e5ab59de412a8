/** SQL of the marks of trials; they belong to no organization. */
import type { Tx } from "../../../platform/db/index.ts";

export type TrialMark = { kind: "user" | "email" | "payer" | "org"; hash: Buffer };

export function listMarks(tx: Tx, marks: readonly TrialMark[]): Promise<{ subscription_id: string }[]> {
  return tx.query(
    "billing.trial_marks",
    `select m.subscription_id from unnest($1::text[], $2::bytea[]) as n (kind, hash)
     join billing.trial_marks m using (kind, hash)`,
    [marks.map(({ kind }) => kind), marks.map(({ hash }) => hash)],
  );
}

/** Sorted by their key, so that two who write at once wait rather than lock each other out. */
export async function insertMarks(
  tx: Tx,
  marks: readonly TrialMark[],
  subscriptionId: string,
  now: Date,
): Promise<void> {
  await tx.query(
    "billing.trial_marks_insert",
    `insert into billing.trial_marks (kind, hash, subscription_id, created_at)
     select kind, hash, $3, $4 from unnest($1::text[], $2::bytea[]) as n (kind, hash) order by kind, hash
     on conflict do nothing`,
    [marks.map(({ kind }) => kind), marks.map(({ hash }) => hash), subscriptionId, now],
  );
}
