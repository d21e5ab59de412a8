import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import type { User } from "./user.ts";

export type UserRow = {
  id: UserId;
  email: string;
  full_name: string;
  is_operator: boolean;
  password_hash: string | null;
  disabled_at: Date | null;
  erase_at: Date | null;
};

export type StoredUser = User & {
  passwordHash: string | null;
  disabledAt: Date | null;
  /** They asked to be forgotten then. */
  eraseAt: Date | null;
};

/** Columns of a `UserRow`, of `identity.users u`. */
export const USER_COLUMNS = `u.id, u.email, u.full_name, u.is_operator, u.password_hash, u.disabled_at,
  u.erase_at`;

export const plainUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  fullName: row.full_name,
  operator: row.is_operator,
});
const toUser = (row: UserRow): StoredUser => ({
  ...plainUser(row),
  passwordHash: row.password_hash,
  disabledAt: row.disabled_at,
  eraseAt: row.erase_at,
});

/** One set-up at a time, so that two cannot both find no operator. */
export async function lockSetUp(tx: Tx): Promise<void> {
  await tx.query(
    "identity_lock_set_up",
    "select pg_advisory_xact_lock(hashtextextended('identity.set_up', 0))",
  );
}

export async function operatorExists(tx: Tx): Promise<boolean> {
  const rows = await tx.query(
    "identity_operator_exists",
    "select 1 from identity.users where is_operator limit 1",
  );
  return rows.length > 0;
}

export async function insertUser(tx: Tx, user: User, passwordHash: string | null, now: Date): Promise<void> {
  await tx.query(
    "identity_insert_user",
    `insert into identity.users (id, email, full_name, password_hash, is_operator, created_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [user.id, user.email, user.fullName, passwordHash, user.operator, now],
  );
}

/**
 * One at a time decides whose an address is: two that find it free cannot both take it. A second lock comes after this
 * one, never before.
 */
export async function lockAddress(tx: Tx, email: string): Promise<void> {
  await tx.query(
    "identity_lock_address",
    "select pg_advisory_xact_lock(hashtextextended('identity.address ' || $1, 0))",
    [email],
  );
}

/** Keeps the same password under another hash; nothing happens when it was changed meanwhile. */
export async function replaceHash(tx: Tx, id: UserId, from: string, to: string): Promise<void> {
  await tx.query(
    "identity_replace_hash",
    "update identity.users set password_hash = $3 where id = $1 and password_hash = $2",
    [id, from, to],
  );
}

export async function findUserByEmail(tx: Tx, email: string): Promise<StoredUser | null> {
  const [row] = await tx.query<UserRow>(
    "identity_user_by_email",
    `select ${USER_COLUMNS} from identity.users u where u.email = $1`,
    [email],
  );
  return row ? toUser(row) : null;
}

export async function findUserById(tx: Tx, id: UserId): Promise<StoredUser | null> {
  const [row] = await tx.query<UserRow>(
    "identity_user_by_id",
    `select ${USER_COLUMNS} from identity.users u where u.id = $1`,
    [id],
  );
  return row ? toUser(row) : null;
}

/** Locks the person, so that sign-ins of one person take turns. */
export async function lockUser(tx: Tx, id: UserId): Promise<StoredUser | null> {
  const [row] = await tx.query<UserRow>(
    "identity_lock_user",
    `select ${USER_COLUMNS} from identity.users u where u.id = $1 for no key update`,
    [id],
  );
  return row ? toUser(row) : null;
}

export async function listUsers(tx: Tx, ids: readonly UserId[]): Promise<User[]> {
  const rows = await tx.query<UserRow>(
    "identity_users",
    `select ${USER_COLUMNS} from identity.users u where u.id = any($1)`,
    [ids],
  );
  return rows.map(plainUser);
}

/** The person, unless disabled or about to be erased. */
export async function findEnabledUser(tx: Tx, id: UserId): Promise<User | null> {
  const [row] = await tx.query<UserRow>(
    "identity_enabled_user",
    `select ${USER_COLUMNS} from identity.users u where u.id = $1 and u.disabled_at is null and u.erase_at is null`,
    [id],
  );
  return row ? plainUser(row) : null;
}

/** A left address stays its owner's for 72 hours: they may take it back. */
const TAKEN = `(exists (select from identity.users where email = $1)
  or exists (select from identity.address_changes
    where old_email = $1 and confirmed_at > $2::timestamptz - interval '72 hours' and undone_at is null))`;

/** True when no new account can have the address. */
export async function addressTaken(tx: Tx, email: string, now: Date): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean }>("identity_address_taken", `select ${TAKEN} as taken`, [
    email,
    now,
  ]);
  return row?.taken ?? false;
}

/** False when the address is taken. */
export async function insertNewUser(
  tx: Tx,
  user: {
    id: UserId;
    email: string;
    fullName: string;
    passwordHash: string | null;
    locale: string;
    now: Date;
  },
): Promise<boolean> {
  const rows = await tx.query(
    "identity_insert_new_user",
    `insert into identity.users (id, email, full_name, password_hash, locale, created_at)
     select $3, $1, $4, $5, $6, $2 where not ${TAKEN} on conflict (email) do nothing returning id`,
    [user.email, user.now, user.id, user.fullName, user.passwordHash, user.locale],
  );
  return rows.length === 1;
}

/** Gives the person another address; `from` is what it must be now, null for whatever it is. False: it is taken. */
export async function updateEmail(
  tx: Tx,
  id: UserId,
  from: string | null,
  to: string,
  now: Date,
): Promise<boolean> {
  const rows = await tx.query(
    "identity_update_email",
    `update identity.users set email = $1
     where id = $3 and ($4::text is null or email = $4) and not ${TAKEN} returning id`,
    [to, now, id, from],
  );
  return rows.length === 1;
}

export async function updatePassword(tx: Tx, id: UserId, passwordHash: string): Promise<void> {
  await tx.query("identity_update_password", "update identity.users set password_hash = $2 where id = $1", [
    id,
    passwordHash,
  ]);
}

export async function listOperators(tx: Tx): Promise<User[]> {
  const rows = await tx.query<UserRow>(
    "identity_operators",
    `select ${USER_COLUMNS} from identity.users u
     where u.is_operator and u.disabled_at is null and u.erase_at is null order by u.id limit 100`,
  );
  return rows.map(plainUser);
}
