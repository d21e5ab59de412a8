import type { Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import type { SealedEntry } from "./chain.ts";

export type Head = { seq: bigint; hash: Buffer };
export type ChainLink = {
  seq: bigint;
  hash: Buffer;
  entryId: Id<"aud">;
  entryCreatedAt: Date;
  /** Null when its partition was dropped, or somebody removed it. */
  entry: SealedEntry | null;
  /** Personal text that is still there. */
  personal: { field: string; value: string; salt: Buffer }[];
};

type EntryRow = {
  org_id: OrgId;
  id: Id<"aud">;
  actor_id: string;
  action: string;
  target_id: string | null;
  detail: unknown;
  commitments: Record<string, string>;
  created_at: Date;
};

const ENTRY = "e.org_id, e.id, e.actor_id, e.action, e.target_id, e.detail, e.commitments, e.created_at";

const toEntry = (row: EntryRow): SealedEntry => ({
  orgId: row.org_id,
  id: row.id,
  actorId: row.actor_id,
  action: row.action,
  targetId: row.target_id,
  detail: row.detail,
  commitments: row.commitments,
  createdAt: row.created_at,
});

/** Operator role: organizations with entries since then that are in no chain, and how many. */
export async function listUnsealed(
  tx: Tx,
  since: Date | null,
  limit: number,
): Promise<{ orgId: OrgId; count: number }[]> {
  const rows = await tx.query<{ org_id: OrgId; count: number }>(
    "identity_audit_unsealed",
    `select e.org_id, count(*)::int as count from identity.audit_entries e
     where ($1::timestamptz is null or e.created_at >= $1) and not exists (
       select from identity.audit_chain c where c.org_id = e.org_id and c.entry_id = e.id)
     group by e.org_id order by min(e.created_at) limit $2`,
    [since, limit],
  );
  return rows.map(({ org_id: orgId, count }) => ({ orgId, count }));
}

/** One seals a chain at a time. */
export async function lockChain(tx: Tx, orgId: OrgId): Promise<void> {
  await tx.query(
    "identity_lock_audit_chain",
    "select pg_advisory_xact_lock(hashtextextended('identity.audit_chain ' || $1, 0))",
    [orgId],
  );
}

export async function findHead(tx: Tx, orgId: OrgId): Promise<Head | null> {
  const [row] = await tx.query<Head>(
    "identity_audit_head",
    "select seq, hash from identity.audit_chain where org_id = $1 order by seq desc limit 1",
    [orgId],
  );
  return row ?? null;
}

/** Entries in no chain yet, oldest first. An anti-join, since an entry that commits late lies behind any watermark. */
export async function listUnsealedEntries(
  tx: Tx,
  orgId: OrgId,
  since: Date | null,
  limit: number,
): Promise<SealedEntry[]> {
  const rows = await tx.query<EntryRow>(
    "identity_audit_unsealed_entries",
    `select ${ENTRY} from identity.audit_entries e
     where e.org_id = $1 and ($2::timestamptz is null or e.created_at >= $2) and not exists (
       select from identity.audit_chain c where c.org_id = e.org_id and c.entry_id = e.id)
     order by e.created_at, e.id limit $3`,
    [orgId, since, limit],
  );
  return rows.map(toEntry);
}

export async function insertLinks(
  tx: Tx,
  orgId: OrgId,
  links: readonly { seq: bigint; hash: Buffer; entry: SealedEntry }[],
  now: Date,
): Promise<void> {
  await tx.query(
    "identity_insert_audit_links",
    `insert into identity.audit_chain (org_id, seq, entry_id, entry_created_at, hash, sealed_at)
     select $1, seq, id, at, hash, $6 from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::bytea[])
       as t (seq, id, at, hash)`,
    [
      orgId,
      links.map(({ seq }) => seq),
      links.map(({ entry }) => entry.id),
      links.map(({ entry }) => entry.createdAt),
      links.map(({ hash }) => hash),
      now,
    ],
  );
}

/** The chain after `afterSeq`, each link with its entry and the personal text that is left of it. */
export async function listLinks(tx: Tx, orgId: OrgId, afterSeq: bigint, limit: number): Promise<ChainLink[]> {
  const rows = await tx.query<
    {
      seq: bigint;
      hash: Buffer;
      entry_id: Id<"aud">;
      entry_created_at: Date;
      personal: { field: string; value: string; salt: string }[] | null;
    } & { [K in keyof EntryRow]: EntryRow[K] | null }
  >(
    "identity_audit_links",
    `select c.seq, c.hash, c.entry_id, c.entry_created_at, ${ENTRY},
       (select json_agg(json_build_object('field', p.field, 'value', p.value, 'salt', encode(p.salt, 'hex')))
        from identity.audit_personal p where p.org_id = c.org_id and p.entry_id = c.entry_id) as personal
     from identity.audit_chain c left join identity.audit_entries e
       on e.org_id = c.org_id and e.created_at = c.entry_created_at and e.id = c.entry_id
     where c.org_id = $1 and c.seq > $2 order by c.seq limit $3`,
    [orgId, afterSeq, limit],
  );
  return rows.map((row) => ({
    seq: row.seq,
    hash: row.hash,
    entryId: row.entry_id,
    entryCreatedAt: row.entry_created_at,
    entry: row.id === null ? null : toEntry(row as EntryRow),
    personal: (row.personal ?? []).map(({ field, value, salt }) => ({
      field,
      value,
      salt: Buffer.from(salt, "hex"),
    })),
  }));
}

/** Operator role: chains whose end was not signed on this day. */
export async function listUnsigned(tx: Tx, day: string, limit: number): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "identity_audit_unsigned",
    `select distinct c.org_id from identity.audit_chain c
     where not exists (select from identity.audit_heads h where h.org_id = c.org_id and h.day = $1)
     order by c.org_id limit $2`,
    [day, limit],
  );
  return rows.map(({ org_id: orgId }) => orgId);
}

export type SignedHead = Head & { day: string; keyVersion: number; signature: Buffer; signedAt: Date };

/** False when this day's is there already. */
export async function insertHead(tx: Tx, orgId: OrgId, head: SignedHead): Promise<boolean> {
  const rows = await tx.query(
    "identity_insert_audit_head",
    `insert into identity.audit_heads (org_id, day, seq, hash, key_version, signature, signed_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning day`,
    [orgId, head.day, head.seq, head.hash, head.keyVersion, head.signature, head.signedAt],
  );
  return rows.length === 1;
}

/** Newest first. */
export async function listHeads(tx: Tx, orgId: OrgId, limit: number): Promise<SignedHead[]> {
  const rows = await tx.query<
    Head & { day: string; key_version: number; signature: Buffer; signed_at: Date }
  >(
    "identity_audit_heads",
    `select day, seq, hash, key_version, signature, signed_at
     from identity.audit_heads where org_id = $1 order by day desc limit $2`,
    [orgId, limit],
  );
  return rows.map(({ key_version: keyVersion, signed_at: signedAt, ...rest }) => ({
    ...rest,
    keyVersion,
    signedAt,
  }));
}

/** Makes the partitions that are due and drops those that ended before `keepFrom`; returns how many changed. */
export async function keepPartitions(tx: Tx, today: Date, keepFrom: Date): Promise<number> {
  const [row] = await tx.query<{ changed: number }>(
    "identity_keep_audit_partitions",
    "select identity.keep_audit_partitions($1::date, $2::date) as changed",
    [today.toISOString().slice(0, 10), keepFrom.toISOString().slice(0, 10)],
  );
  return row?.changed ?? 0;
}
