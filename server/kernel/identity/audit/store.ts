import type { Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";

export async function insertEntry(
  tx: Tx,
  entry: {
    orgId: OrgId;
    id: Id<"aud">;
    actorId: string;
    action: string;
    targetId: string | null;
    detail: Record<string, unknown>;
    commitments: Record<string, string>;
    now: Date;
  },
): Promise<void> {
  await tx.query(
    "identity_insert_audit_entry",
    `insert into identity.audit_entries (org_id, id, actor_id, action, target_id, detail, commitments, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      entry.orgId,
      entry.id,
      entry.actorId,
      entry.action,
      entry.targetId,
      JSON.stringify(entry.detail),
      JSON.stringify(entry.commitments),
      entry.now,
    ],
  );
}

export async function insertPersonal(
  tx: Tx,
  row: {
    orgId: OrgId;
    entryId: Id<"aud">;
    field: string;
    value: string;
    salt: Buffer;
    userId: UserId | null;
  },
): Promise<void> {
  await tx.query(
    "identity_insert_audit_personal",
    `insert into identity.audit_personal (org_id, entry_id, field, value, salt, user_id)
     values ($1, $2, $3, $4, $5, $6)`,
    [row.orgId, row.entryId, row.field, row.value, row.salt, row.userId],
  );
}
