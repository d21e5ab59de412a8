/** SQL of what people said and nobody has read yet. */
import type { GatewayMemoryHeard } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../../platform/ids.ts";
import type { FactId } from "../facts/place.ts";

export type HeardRow = Narrowed<Omit<GatewayMemoryHeard, "org_id">, { user_id: UserId; recalled: FactId[] }>;

/** Sends all it has to write at once, so that it may be a transaction's last. */
export async function noteHeard(tx: Tx, org: OrgId, rows: readonly HeardRow[]): Promise<void> {
  await Promise.all(
    rows.map(({ request_id, user_id, project_id, sealed, recalled, created_at }) =>
      tx.query(
        "gateway.memory_hear",
        `insert into gateway.memory_heard (org_id, request_id, user_id, project_id, sealed, recalled, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
        [org, request_id, user_id, project_id, sealed, recalled, created_at],
      ),
    ),
  );
}

/** The oldest of one person. */
export function listHeard(tx: Tx, org: OrgId, userId: string, limit: number): Promise<HeardRow[]> {
  return tx.query<HeardRow>(
    "gateway.memory_heard",
    `select request_id, user_id, project_id, sealed, recalled, created_at from gateway.memory_heard
     where org_id = $1 and user_id = $2 order by created_at, request_id limit $3`,
    [org, userId, limit],
  );
}

/** Which of them were there still. */
export async function deleteHeard(tx: Tx, org: OrgId, requestIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ request_id: string }>(
    "gateway.memory_heard_delete",
    "delete from gateway.memory_heard where org_id = $1 and request_id = any($2::text[]) returning request_id",
    [org, requestIds],
  );
  return new Set(rows.map(({ request_id }) => request_id));
}

/** All of one person's. */
export async function deleteHeardOf(tx: Tx, org: OrgId, userId: string): Promise<void> {
  await tx.query(
    "gateway.memory_heard_forget",
    "delete from gateway.memory_heard where org_id = $1 and user_id = $2",
    [org, userId],
  );
}

/** Whose words wait; asked with the operator's eyes. */
export function listSpeakers(tx: Tx, limit: number): Promise<{ org_id: OrgId; user_id: string }[]> {
  return tx.query(
    "gateway.memory_speakers",
    `select org_id, user_id from gateway.memory_heard group by org_id, user_id order by min(created_at) limit $1`,
    [limit],
  );
}

/** Organizations with words that were said before then and never read. */
export function listUnread(tx: Tx, before: Date, limit: number): Promise<{ org_id: OrgId }[]> {
  return tx.query(
    "gateway.memory_unread",
    `select distinct org_id from gateway.memory_heard where created_at <= $1 limit $2`,
    [before, limit],
  );
}

export async function deleteUnread(tx: Tx, org: OrgId, before: Date): Promise<void> {
  await tx.query(
    "gateway.memory_unread_delete",
    "delete from gateway.memory_heard where org_id = $1 and created_at <= $2",
    [org, before],
  );
}
