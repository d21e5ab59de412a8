import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

/** Written again by another try: the first stays. */
export async function insertPart(
  tx: Tx,
  orgId: OrgId,
  part: { jobId: string; part: number; lines: string; last: boolean; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_audit_export",
    `insert into identity.audit_exports (org_id, job_id, part, lines, last, created_at) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing`,
    [orgId, part.jobId, part.part, part.lines, part.last, part.now],
  );
}

/** Whether the last part is there, and so all of them: parts are written in order. */
export async function isWhole(tx: Tx, orgId: OrgId, jobId: string, since: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_audit_export_whole",
    "select 1 from identity.audit_exports where org_id = $1 and job_id = $2 and last and created_at > $3",
    [orgId, jobId, since],
  );
  return rows.length > 0;
}

export async function findPart(tx: Tx, orgId: OrgId, jobId: string, part: number): Promise<string | null> {
  const [row] = await tx.query<{ lines: string }>(
    "identity_audit_export",
    `select lines from identity.audit_exports where org_id = $1 and job_id = $2 and part = $3`,
    [orgId, jobId, part],
  );
  return row?.lines ?? null;
}

/** Operator role: organizations with exports made before then. */
export async function listOldExports(tx: Tx, before: Date): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "identity_old_audit_exports",
    "select distinct org_id from identity.audit_exports where created_at <= $1 limit 200",
    [before],
  );
  return rows.map(({ org_id: orgId }) => orgId);
}

export async function deleteOldExports(tx: Tx, orgId: OrgId, before: Date): Promise<void> {
  await tx.query(
    "identity_delete_old_audit_exports",
    "delete from identity.audit_exports where org_id = $1 and created_at <= $2",
    [orgId, before],
  );
}
