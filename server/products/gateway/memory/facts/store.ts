/** SQL of what is remembered. Every statement names the person: it is nobody else's. */
import type { GatewayMemoryFacts } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { FactId, Place } from "./place.ts";

export type FactRow = Narrowed<
  Omit<GatewayMemoryFacts, "org_id" | "vector">,
  { id: FactId; kind: "fact" | "preference"; source: "said" | "written" }
>;
/** With what it is about, sealed; null where that was not made. */
export type Vectored = FactRow & Pick<GatewayMemoryFacts, "vector">;
export type NewFact = Omit<Vectored, "valid_to">;

const COLUMNS = `id, version, user_id, project_id, kind, source, sealed, importance, used_at, faded_at, valid_from, valid_to`;
/** Those of one scope that hold now. */
const CURRENT =
  "from gateway.memory_facts where org_id = $1 and user_id = $2 and project_id = $3 and valid_to is null";
/** Earlier versions that stay with a fact. */
const MOST_VERSIONS = 20;

/** Those of one scope that hold now, the newest first. */
export function listCurrent(
  tx: Tx,
  org: OrgId,
  { userId, projectId }: Place,
  limit: number,
): Promise<FactRow[]> {
  return tx.query<FactRow>(
    "gateway.memory_current",
    `select ${COLUMNS} ${CURRENT} order by id desc limit $4`,
    [org, userId, projectId, limit],
  );
}

/** What those of one scope are about, as far as that is known. */
export function listVectors(
  tx: Tx,
  org: OrgId,
  { userId, projectId }: Place,
  limit: number,
): Promise<(Pick<FactRow, "id" | "version" | "user_id"> & { vector: Buffer })[]> {
  return tx.query(
    "gateway.memory_vectors",
    `select id, version, user_id, vector ${CURRENT} and vector is not null
     order by id desc limit $4`,
    [org, userId, projectId, limit],
  );
}

/** Those of one scope that hold now, the newest first, with what each is about. */
export function listWithVectors(
  tx: Tx,
  org: OrgId,
  { userId, projectId }: Place,
  limit: number,
): Promise<Vectored[]> {
  return tx.query<Vectored>(
    "gateway.memory_with_vectors",
    `select ${COLUMNS}, vector ${CURRENT} order by id desc limit $4`,
    [org, userId, projectId, limit],
  );
}

/** Its version may have ended meanwhile, or be gone. */
export async function saveVector(
  tx: Tx,
  org: OrgId,
  { id, version }: Pick<FactRow, "id" | "version">,
  vector: Buffer,
): Promise<void> {
  await tx.query(
    "gateway.memory_save_vector",
    `update gateway.memory_facts set vector = $4
     where org_id = $1 and id = $2 and version = $3 and valid_to is null`,
    [org, id, version, vector],
  );
}

export async function countCurrent(tx: Tx, org: OrgId, { userId, projectId }: Place): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    "gateway.memory_count",
    `select count(*)::int as count ${CURRENT}`,
    [org, userId, projectId],
  );
  return row?.count ?? 0;
}

/** The person's of all scopes, or of one. `after`: further down than this. */
export type Wanted = {
  userId: string;
  projectId: string | null;
  kind: string | null;
  after: string | null;
  limit: number;
};

export function listFacts(tx: Tx, org: OrgId, wanted: Wanted): Promise<FactRow[]> {
  const { userId, projectId, kind, after, limit } = wanted;
  return tx.query<FactRow>(
    "gateway.memory_facts",
    `select ${COLUMNS} from gateway.memory_facts
     where org_id = $1 and user_id = $2 and valid_to is null and ($3::text is null or project_id = $3)
       and ($4::text is null or kind = $4) and ($5::text is null or id < $5)
     order by id desc limit $6`,
    [org, userId, projectId, kind, after, limit],
  );
}

/** With their earlier versions, in order; `after` is the fact and version that the page before ended with. */
export function listVersions(
  tx: Tx,
  org: OrgId,
  userId: string,
  after: { id: string; version: number },
  limit: number,
): Promise<FactRow[]> {
  return tx.query<FactRow>(
    "gateway.memory_versions",
    `select ${COLUMNS} from gateway.memory_facts
     where org_id = $1 and user_id = $2 and (id, version) > ($3, $4) order by id, version limit $5`,
    [org, userId, after.id, after.version, limit],
  );
}

export async function findFact(
  tx: Tx,
  org: OrgId,
  userId: string,
  id: FactId,
): Promise<Pick<FactRow, "project_id"> | null> {
  const [row] = await tx.query<Pick<FactRow, "project_id">>(
    "gateway.memory_fact",
    "select project_id from gateway.memory_facts where org_id = $1 and user_id = $2 and id = $3 and valid_to is null",
    [org, userId, id],
  );
  return row ?? null;
}

export async function lockFact(tx: Tx, org: OrgId, userId: string, id: FactId): Promise<Vectored | null> {
  const [row] = await tx.query<Vectored>(
    "gateway.memory_lock",
    `select ${COLUMNS}, vector from gateway.memory_facts
     where org_id = $1 and user_id = $2 and id = $3 and valid_to is null for update`,
    [org, userId, id],
  );
  return row ?? null;
}

/** Nothing where that version is there already. */
export async function insertFact(tx: Tx, org: OrgId, fact: NewFact): Promise<void> {
  await tx.query(
    "gateway.memory_insert",
    `insert into gateway.memory_facts (org_id, id, version, user_id, project_id, kind, source, sealed, importance, used_at,
       faded_at, valid_from, vector)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing`,
    [
      org,
      fact.id,
      fact.version,
      fact.user_id,
      fact.project_id,
      fact.kind,
      fact.source,
      fact.sealed,
      fact.importance,
      fact.used_at,
      fact.faded_at,
      fact.valid_from,
      fact.vector,
    ],
  );
}

/** Ends a version that is locked, which is looked for no more; what is too old of it goes. */
export async function endVersion(
  tx: Tx,
  org: OrgId,
  { id, version }: Pick<FactRow, "id" | "version">,
  now: Date,
): Promise<void> {
  await tx.query(
    "gateway.memory_end",
    "update gateway.memory_facts set valid_to = $4, vector = null where org_id = $1 and id = $2 and version = $3",
    [org, id, version, now],
  );
  await tx.query(
    "gateway.memory_end_oldest",
    "delete from gateway.memory_facts where org_id = $1 and id = $2 and version <= $3",
    [org, id, version - MOST_VERSIONS],
  );
}

/** Writes how much it matters. Its version may have ended meanwhile, or be gone. */
export async function weighFact(
  tx: Tx,
  org: OrgId,
  {
    id,
    version,
    importance,
    used_at,
    faded_at,
  }: Pick<FactRow, "id" | "version" | "importance" | "used_at" | "faded_at">,
): Promise<void> {
  await tx.query(
    "gateway.memory_weigh",
    `update gateway.memory_facts set importance = $4, used_at = greatest(used_at, $5), faded_at = $6
     where org_id = $1 and id = $2 and version = $3`,
    [org, id, version, importance, used_at, faded_at],
  );
}

/** With all versions. How many facts they were. */
export async function deleteFacts(
  tx: Tx,
  org: OrgId,
  userId: string,
  ids: readonly FactId[] | null,
): Promise<number> {
  const rows = await tx.query<{ current: boolean }>(
    "gateway.memory_delete",
    `delete from gateway.memory_facts where org_id = $1 and user_id = $2 and ($3::text[] is null or id = any($3))
     returning valid_to is null as current`,
    [org, userId, ids],
  );
  return rows.filter(({ current }) => current).length;
}

/** Makes room for one more: the least important go, of those the longest idle. How many. */
export async function dropLeast(
  tx: Tx,
  org: OrgId,
  { userId, projectId }: Place,
  most: number,
): Promise<number> {
  const rows = await tx.query<{ id: FactId }>(
    "gateway.memory_least",
    `select id ${CURRENT}
     order by importance desc, used_at desc, id desc offset $4 limit 100`,
    [org, userId, projectId, most - 1],
  );
  if (rows.length === 0) return 0;
  return deleteFacts(
    tx,
    org,
    userId,
    rows.map(({ id }) => id),
  );
}

/** Organizations with facts that were idle since then; asked with the operator's eyes. */
export function listIdleOrganizations(
  tx: Tx,
  before: Date,
  after: string,
  limit: number,
): Promise<{ org_id: OrgId }[]> {
  return tx.query(
    "gateway.memory_idle_orgs",
    `select distinct org_id from gateway.memory_facts
     where valid_to is null and used_at <= $1 and org_id > $2 order by org_id limit $3`,
    [before, after, limit],
  );
}

export function listIdle(tx: Tx, org: OrgId, before: Date, after: string, limit: number): Promise<FactRow[]> {
  return tx.query<FactRow>(
    "gateway.memory_idle",
    `select ${COLUMNS} from gateway.memory_facts
     where org_id = $1 and valid_to is null and used_at <= $2 and id > $3 order by id limit $4 for update`,
    [org, before, after, limit],
  );
}

/**
 * All of an organization's, with what was heard and chosen there; or one person's alone. What was heard goes first: whoever
 * learns from it at the same time has taken it before, and is waited for, or finds it gone.
 */
export async function forgetAll(tx: Tx, org: OrgId, userId: string | null): Promise<void> {
  for (const table of ["memory_heard", "memory_facts", "memory_choices"])
    await tx.query(
      `gateway.forget_${table}`,
      `delete from gateway.${table} where org_id = $1 and ($2::text is null or user_id = $2)`,
      [org, userId],
    );
}
