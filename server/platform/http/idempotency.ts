import { createHash } from "node:crypto";
import { addMs, type Clock } from "../clock.ts";
import { type Db, type Tx, withOperatorTx, withTx } from "../db/index.ts";
import { newId, type Id, type OrgId } from "../ids.ts";
import { Problem, common, problemBody } from "../problem.ts";

/** A running request's claim on its key; a retry after that carries the operation on. */
const LEASE_MS = 60_000;
/** What another try may change. A request that is still running answers 409 without coming this far. */
const KEPT_STATUS_EXCEPT = new Set([401, 402, 429]);
const KEPT_MS = 72 * 3_600_000;
const PURGED_AT_ONCE = 1_000;

export type Kept = { status: number; body: unknown };
type Row = {
  request_hash: Buffer;
  operation_id: Id<"idk">;
  lease_until: Date | null;
  status: number | null;
  answer: unknown;
};
/** A run of the operation: `lease` names it, since each takeover's lies further ahead. */
type Claim = { operationId: Id<"idk">; lease: Date };
type Subject = { orgId: OrgId; actor: string; route: string; key: string; input: unknown };

/** Reads the header: a structured-field string, quoted or bare, at most 255 characters. */
export function readKey(header: string | string[] | undefined): string {
  if (header === undefined) throw new Problem(common.idempotency_key_required);
  const text = Array.isArray(header) ? "" : header.trim();
  const key =
    /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(.)/g, "$1") ?? text;
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw new Problem(common.idempotency_key_invalid);
  return key;
}

/**
 * Runs `act` once per (organization, actor, route, key). Same key and input → the kept answer; another input → 422;
 * still running → 409; lapsed → `act` again with the same `operationId`, and only that run's answer is kept. 401, 402, 429
 * and 5xx are not.
 */
export async function once(
  db: Db,
  clock: Clock,
  subject: Subject,
  act: (operationId: Id<"idk">) => Promise<Kept>,
): Promise<Kept & { replayed: boolean }> {
  const hash = createHash("sha256")
    .update(JSON.stringify(subject.input ?? null, asText))
    .digest();
  const claim = await withTx(db, subject.orgId, (tx) => claimKey(tx, subject, hash, clock.now()));
  if ("status" in claim) return { ...claim, replayed: true };
  const finish = (kept: Kept | null) =>
    withTx(db, subject.orgId, (tx) => writeAnswer(tx, subject, claim, kept));
  try {
    const answer = await act(claim.operationId);
    await finish(answer);
    return { ...answer, replayed: false };
  } catch (error) {
    const status = error instanceof Problem ? error.kind.status : 500;
    const keep = error instanceof Problem && status < 500 && !KEPT_STATUS_EXCEPT.has(status);
    await finish(keep ? { status, body: problemBody(error, claim.operationId) } : null);
    throw error;
  }
}

/** Amounts arrive as bigint, which JSON has no word for. */
const asText = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

async function claimKey(tx: Tx, s: Subject, hash: Buffer, now: Date): Promise<Kept | Claim> {
  const key = [s.orgId, s.actor, s.route, s.key];
  const lease = addMs(now, LEASE_MS);
  const fresh = newId("idk");
  const inserted = await tx.query(
    "idempotency_insert",
    `insert into platform.idempotency_keys (org_id, actor, route, key, request_hash, operation_id, lease_until, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning key`,
    [...key, hash, fresh, lease, now],
  );
  if (inserted.length === 1) return { operationId: fresh, lease };
  const [row] = await tx.query<Row>(
    "idempotency_lock",
    `select request_hash, operation_id, lease_until, status, answer from platform.idempotency_keys
     where org_id = $1 and actor = $2 and route = $3 and key = $4 for update`,
    key,
  );
  if (!row) throw new Problem(common.idempotency_running, { retryAfter: 1 });
  if (!row.request_hash.equals(hash)) throw new Problem(common.idempotency_mismatch);
  if (row.status !== null) return { status: row.status, body: row.answer };
  if (row.lease_until && row.lease_until > now)
    throw new Problem(common.idempotency_running, { retryAfter: 1 });
  await tx.query(
    "idempotency_renew",
    `update platform.idempotency_keys set lease_until = $5 where org_id = $1 and actor = $2 and route = $3 and key = $4`,
    [...key, lease],
  );
  return { operationId: row.operation_id, lease };
}

/** Does nothing once another run has taken over: what it answers, or that it still runs, must stand. */
async function writeAnswer(tx: Tx, s: Subject, { lease }: Claim, kept: Kept | null): Promise<void> {
  await tx.query(
    "idempotency_finish",
    `update platform.idempotency_keys set lease_until = null, status = $6, answer = $7
     where org_id = $1 and actor = $2 and route = $3 and key = $4 and lease_until = $5`,
    [
      s.orgId,
      s.actor,
      s.route,
      s.key,
      lease,
      kept?.status ?? null,
      kept ? JSON.stringify(kept.body ?? null) : null,
    ],
  );
}

/** Forgets keys made 72 hours ago, of every organization. True when there may be more. */
export async function purgeKeys({ db, clock }: { db: Db; clock: Clock }): Promise<boolean> {
  const before = addMs(clock.now(), -KEPT_MS);
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId }>(
      "idempotency_due",
      `select distinct org_id from (
         select org_id from platform.idempotency_keys where created_at <= $1 order by created_at limit $2) due
       order by org_id`,
      [before, PURGED_AT_ONCE],
    ),
  );
  let deleted = 0;
  for (const { org_id: org } of due) deleted += await withTx(db, org, (tx) => deleteKeys(tx, org, before));
  return deleted > 0;
}

async function deleteKeys(tx: Tx, org: OrgId, before: Date): Promise<number> {
  const rows = await tx.query(
    "idempotency_purge",
    `delete from platform.idempotency_keys where (org_id, actor, route, key) in (
       select org_id, actor, route, key from platform.idempotency_keys
       where org_id = $1 and created_at <= $2 limit $3)
     returning key`,
    [org, before, PURGED_AT_ONCE],
  );
  return rows.length;
}
