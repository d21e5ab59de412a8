import type { Tx } from "../../db/index.ts";
import type { OrgId } from "../../ids.ts";

const DELETED_AT_ONCE = 1_000;

/** The next organizations that have jobs at all, in the order of their ids; one look into the index for each. */
export async function listJobOrgs(tx: Tx, after: string, limit: number): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "jobs.orgs",
    `with recursive orgs as (
       (select org_id, 1 as place from platform.jobs where org_id > $1 order by org_id limit 1)
       union all
       select next.org_id, orgs.place + 1 from orgs cross join lateral (
         select j.org_id from platform.jobs j where j.org_id > orgs.org_id order by j.org_id limit 1) next
       where orgs.place < $2)
     select org_id from orgs order by place`,
    [after, limit],
  );
  return rows.map(({ org_id }) => org_id);
}

/** Deletes jobs of these states that ended before then and are not among the newest of them. True when there may be more. */
export async function deleteEnded(
  tx: Tx,
  org: OrgId,
  rule: { states: readonly string[]; before: Date; newest: number },
): Promise<boolean> {
  const rows = await tx.query(
    "jobs.forget",
    `with kept as (
       select id from platform.jobs where org_id = $1 and state = any($2) order by id desc offset $4 - 1 limit 1
     ), old as (
       select id from platform.jobs where org_id = $1 and state = any($2) and finished_at <= $3
         and id < (select id from kept) limit $5
     ), items as (
       delete from platform.job_items where org_id = $1 and job_id in (select id from old)
     )
     delete from platform.jobs where org_id = $1 and id in (select id from old) returning id`,
    [org, rule.states, rule.before, rule.newest, DELETED_AT_ONCE],
  );
  return rows.length === DELETED_AT_ONCE;
}
