import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import { ERASED_AT } from "../people/user.ts";
import type { Factor } from "../sessions/session.ts";
import { FACTORS } from "../sessions/store.ts";
import type { Person, Status } from "./person.ts";

type Row = {
  id: UserId;
  email: string;
  full_name: string;
  is_operator: boolean;
  status: Status;
  disabled_reason: string | null;
  factors: Factor[];
  created_at: Date;
  last_seen_at: Date | null;
};

const PERSON = `
  select u.id, u.email, u.full_name, u.is_operator, u.disabled_reason, ${FACTORS} as factors, u.created_at,
    case when u.disabled_at is not null then 'disabled'
         when u.erase_at is not null then 'leaving'
         when u.password_hash is null
           and not exists (select from identity.oauth_accounts o where o.user_id = u.id)
           and not exists (select from identity.passkeys k where k.user_id = u.id) then 'invited'
         else 'active' end as status,
    (select max(s.last_seen_at) from identity.sessions s where s.user_id = u.id and s.viewer_id is null) as last_seen_at
  from identity.users u where u.email not like '%${ERASED_AT}'`;

const toPerson = (row: Row): Person => ({
  id: row.id,
  email: row.email,
  fullName: row.full_name,
  operator: row.is_operator,
  status: row.status,
  disabledReason: row.disabled_reason,
  factors: row.factors,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
});

/** What may be looked for stands for itself: `%` and `_` are characters like others. */
const patternOf = (search: string): string => `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

export type PeopleFilter = { search: string | null; status: Status | null };

/** Newest first, after the position. */
export async function listPeople(
  tx: Tx,
  { search, status }: PeopleFilter,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<Person[]> {
  const rows = await tx.query<Row>(
    "identity_list_people",
    `select * from (${PERSON}
       and ($1::text is null or u.email ilike $1 or u.full_name ilike $1 or u.id = $6)
         and ($3::timestamptz is null or (u.created_at, u.id) < ($3, $4))) p
     where $2::text is null or status = $2
     order by created_at desc, id desc limit $5`,
    [search && patternOf(search), status, after?.at ?? null, after?.id ?? null, limit, search],
  );
  return rows.map(toPerson);
}

export async function findPerson(tx: Tx, id: UserId): Promise<Person | null> {
  const [row] = await tx.query<Row>("identity_find_person", `${PERSON} and u.id = $1`, [id]);
  return row ? toPerson(row) : null;
}

/** One at a time decides who operates, so that two cannot each take away the other's right and leave nobody. */
export async function lockOperators(tx: Tx): Promise<void> {
  await tx.query(
    "identity_lock_operators",
    "select pg_advisory_xact_lock(hashtextextended('identity.operators', 0))",
  );
}

/** Whether anybody else operates the installation. */
export async function othersOperate(tx: Tx, id: UserId): Promise<boolean> {
  const rows = await tx.query(
    "identity_others_operate",
    `select 1 from identity.users
     where is_operator and id <> $1 and disabled_at is null and erase_at is null limit 1`,
    [id],
  );
  return rows.length > 0;
}

export async function updateDisabled(
  tx: Tx,
  id: UserId,
  disabled: { at: Date; reason: string } | null,
): Promise<void> {
  await tx.query(
    "identity_update_disabled",
    "update identity.users set disabled_at = $2, disabled_reason = $3 where id = $1",
    [id, disabled?.at ?? null, disabled?.reason ?? null],
  );
}

export async function updateOperator(tx: Tx, id: UserId, operator: boolean): Promise<void> {
  await tx.query("identity_update_operator", "update identity.users set is_operator = $2 where id = $1", [
    id,
    operator,
  ]);
}

export type MfaReset = { id: Id<"mfr">; userId: UserId; requestedBy: string; executeAt: Date };
type ResetRow = { id: Id<"mfr">; user_id: UserId; requested_by: string; execute_at: Date };
const toReset = (row: ResetRow): MfaReset => ({
  id: row.id,
  userId: row.user_id,
  requestedBy: row.requested_by,
  executeAt: row.execute_at,
});
const RESET = "id, user_id, requested_by, execute_at";

/** False when one of theirs is under way. */
export async function insertReset(tx: Tx, reset: MfaReset, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_insert_mfa_reset",
    `insert into identity.mfa_resets (id, user_id, requested_by, state, created_at, execute_at)
     values ($1, $2, $3, 'pending', $4, $5) on conflict (user_id) where state = 'pending' do nothing returning id`,
    [reset.id, reset.userId, reset.requestedBy, now, reset.executeAt],
  );
  return rows.length === 1;
}

/** The person's reset that is under way. */
export async function findReset(tx: Tx, userId: UserId): Promise<MfaReset | null> {
  const [row] = await tx.query<ResetRow>(
    "identity_find_mfa_reset",
    `select ${RESET} from identity.mfa_resets where user_id = $1 and state = 'pending'`,
    [userId],
  );
  return row ? toReset(row) : null;
}

export async function findResetById(tx: Tx, id: string): Promise<MfaReset | null> {
  const [row] = await tx.query<ResetRow>(
    "identity_find_mfa_reset_by_id",
    `select ${RESET} from identity.mfa_resets where id = $1 and state = 'pending'`,
    [id],
  );
  return row ? toReset(row) : null;
}

/** Takes one that is due; other processes pass it by. */
export async function takeDueReset(tx: Tx, now: Date): Promise<MfaReset | null> {
  const [row] = await tx.query<ResetRow>(
    "identity_due_mfa_reset",
    `select ${RESET} from identity.mfa_resets where state = 'pending' and execute_at <= $1
     order by execute_at limit 1 for update skip locked`,
    [now],
  );
  return row ? toReset(row) : null;
}

/** False when it is under way no more. */
export async function endReset(tx: Tx, id: string, state: "done" | "cancelled", now: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_end_mfa_reset",
    "update identity.mfa_resets set state = $2, ended_at = $3 where id = $1 and state = 'pending' returning id",
    [id, state, now],
  );
  return rows.length === 1;
}

/** Deletes at most `limit` that ended before then; returns how many. */
export async function deleteOldResets(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_mfa_resets",
    `delete from identity.mfa_resets where id in (
       select id from identity.mfa_resets where ended_at < $1 order by ended_at limit $2 for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
