import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";

export type AddressChange = { id: Id<"adc">; userId: UserId; oldEmail: string; newEmail: string };
type Row = { id: Id<"adc">; user_id: UserId; old_email: string; new_email: string };

const COLUMNS = "id, user_id, old_email, new_email";
const toChange = (row: Row): AddressChange => ({
  id: row.id,
  userId: row.user_id,
  oldEmail: row.old_email,
  newEmail: row.new_email,
});

/** Of the person's changes on their way one remains: this. */
export async function insertChange(tx: Tx, change: AddressChange, now: Date): Promise<void> {
  await tx.query(
    "identity_delete_open_changes",
    "delete from identity.address_changes where user_id = $1 and confirmed_at is null",
    [change.userId],
  );
  await tx.query(
    "identity_insert_change",
    `insert into identity.address_changes (${COLUMNS}, created_at) values ($1, $2, $3, $4, $5)`,
    [change.id, change.userId, change.oldEmail, change.newEmail, now],
  );
}

export async function findChange(
  tx: Tx,
  id: string,
): Promise<(AddressChange & { confirmed: boolean; undone: boolean }) | null> {
  const [row] = await tx.query<Row & { confirmed: boolean; undone: boolean }>(
    "identity_change",
    `select ${COLUMNS}, confirmed_at is not null as confirmed, undone_at is not null as undone
     from identity.address_changes where id = $1`,
    [id],
  );
  return row ? { ...toChange(row), confirmed: row.confirmed, undone: row.undone } : null;
}

/** The new address that the person has yet to confirm. */
export async function findOpenAddress(tx: Tx, userId: UserId, since: Date): Promise<string | null> {
  const [row] = await tx.query<{ new_email: string }>(
    "identity_open_address",
    `select new_email from identity.address_changes
     where user_id = $1 and confirmed_at is null and created_at > $2 order by created_at desc limit 1`,
    [userId, since],
  );
  return row?.new_email ?? null;
}

export async function markConfirmed(tx: Tx, id: Id<"adc">, now: Date): Promise<void> {
  await tx.query(
    "identity_confirm_change",
    "update identity.address_changes set confirmed_at = $2 where id = $1",
    [id, now],
  );
}

export async function markUndone(tx: Tx, id: Id<"adc">, now: Date): Promise<void> {
  await tx.query("identity_undo_change", "update identity.address_changes set undone_at = $2 where id = $1", [
    id,
    now,
  ]);
}

/** Deletes at most `limit` made before then; returns how many. */
export async function deleteOldChanges(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_changes",
    `delete from identity.address_changes where id in (
       select id from identity.address_changes where created_at < $1 order by created_at limit $2
       for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
