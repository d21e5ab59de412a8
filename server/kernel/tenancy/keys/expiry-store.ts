import type { Tx } from "../../../platform/db/index.ts";
import type { KeyId, OrgId, UserId } from "../../../platform/ids.ts";

export type DueKey = { orgId: OrgId; id: KeyId; createdBy: UserId; expiresAt: Date };

/**
 * For the operator's role: live keys of all organizations for which a warning is due that was not given, soonest end first.
 * Those that ended longer ago than `since` are left alone.
 */
export async function listDueKeys(
  tx: Tx,
  { now, before, since }: { now: Date; before: Date; since: Date },
  limit: number,
): Promise<DueKey[]> {
  return tx.query<DueKey>(
    "tenancy_due_keys",
    `select org_id as "orgId", id, created_by as "createdBy", expires_at as "expiresAt" from tenancy.api_keys
     where revoked_at is null and expires_at <= $2 and expires_at > $3
       and (warned_days is null or warned_days > case when expires_at <= $1 then 0
         when expires_at <= $1::timestamptz + interval '3 days' then 3 else 14 end)
     order by expires_at limit $4`,
    [now, before, since, limit],
  );
}

/** False when that, or a later one, was given before. */
export async function markWarned(tx: Tx, orgId: OrgId, id: KeyId, days: number): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_mark_warned",
    `update tenancy.api_keys set warned_days = $3
     where org_id = $1 and id = $2 and revoked_at is null and (warned_days is null or warned_days > $3) returning id`,
    [orgId, id, days],
  );
  return rows.length === 1;
}
