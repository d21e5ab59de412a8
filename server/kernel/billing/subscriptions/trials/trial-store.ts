/** SQL of the marks of trials; they belong to no organization. */
import type { Tx } from "../../../../platform/db/index.ts";

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

const AT_ONCE = 1_000;

/** Of subscriptions of organizations that were deleted before then, across tenants (operator's role). */
export function listOutlived(tx: Tx, before: Date): Promise<TrialMark[]> {
  return tx.query(
    "billing.trial_marks_outlived",
    `select m.kind, m.hash from tenancy.organizations o
     join billing.subscriptions s on s.org_id = o.org_id
     join billing.trial_marks m on m.subscription_id = s.id
     where o.deleted_at < $1 limit ${AT_ONCE}`,
    [before],
  );
}

export async function deleteMarks(tx: Tx, marks: readonly TrialMark[]): Promise<void> {
  await tx.query(
    "billing.trial_marks_delete",
    `delete from billing.trial_marks m using unnest($1::text[], $2::bytea[]) as n (kind, hash)
     where m.kind = n.kind and m.hash = n.hash`,
    [marks.map(({ kind }) => kind), marks.map(({ hash }) => hash)],
  );
}
