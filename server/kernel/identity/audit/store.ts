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

/** Deletes what entries of this tenant tell of the person; their commitments stay. */
export async function deletePersonalOf(tx: Tx, userId: UserId): Promise<void> {
  await tx.query(
    "identity_delete_audit_personal_of",
    "delete from identity.audit_personal where user_id = $1",
    [userId],
  );
}

/** The same of everybody, in the trail of the tenant that the transaction sees. */
export async function deleteEveryPersonal(tx: Tx, orgId: OrgId): Promise<void> {
  await tx.query("identity_delete_every_personal", "delete from identity.audit_personal where org_id = $1", [
    orgId,
  ]);
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

export type AuditFilter = {
  actor: string | null;
  action: string | null;
  target: string | null;
  from: Date | null;
  to: Date | null;
};
export type AuditRow = {
  org_id: OrgId;
  id: Id<"aud">;
  actor_id: string;
  action: string;
  target_id: string | null;
  detail: Record<string, unknown>;
  /** Field → text; null once the person was erased. */
  personal: Record<string, string | null>;
  created_at: Date;
  /** Its place in the chain; null while it waits for one. */
  seq: bigint | null;
};

/** Newest first, after the position. `orgId` null, for the operator's role: every organization's. */
export async function listEntries(
  tx: Tx,
  orgId: OrgId | null,
  filter: AuditFilter,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<AuditRow[]> {
  return tx.query<AuditRow>(
    "identity_audit_entries",
    `select e.org_id, e.id, e.actor_id, e.action, e.target_id, e.detail, e.created_at, c.seq,
       coalesce((select jsonb_object_agg(f.key, p.value) from jsonb_each_text(e.commitments) f
         left join identity.audit_personal p
           on p.org_id = e.org_id and p.entry_id = e.id and p.field = f.key), '{}') as personal
     from identity.audit_entries e
       left join identity.audit_chain c on c.org_id = e.org_id and c.entry_id = e.id
     where ($1::text is null or e.org_id = $1) and ($2::text is null or e.actor_id = $2)
       and ($3::text is null or e.action = $3 or e.action like $3 || '.%')
       and ($4::text is null or e.target_id = $4)
       and ($5::timestamptz is null or e.created_at >= $5) and ($6::timestamptz is null or e.created_at < $6)
       and ($7::timestamptz is null or (e.created_at, e.id) < ($7, $8))
     order by e.created_at desc, e.id desc limit $9`,
    [
      orgId,
      filter.actor,
      filter.action,
      filter.target,
      filter.from,
      filter.to,
      after?.at ?? null,
      after?.id ?? null,
      limit,
    ],
  );
}
