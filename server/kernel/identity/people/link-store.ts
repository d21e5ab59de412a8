import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";

/** Voids the person's oldest live links beyond `most`. */
export async function voidSurplusLinks(tx: Tx, userId: UserId, most: number, now: Date): Promise<void> {
  await tx.query(
    "identity_void_surplus_links",
    `update identity.one_time_tokens set spent_at = $3 where id in (
       select id from identity.one_time_tokens
       where user_id = $1 and purpose = 'sign_in' and spent_at is null and expires_at > $3
       order by created_at desc, id desc offset $2)`,
    [userId, most, now],
  );
}

export async function insertLink(
  tx: Tx,
  link: { id: Id<"otl">; userId: UserId; tokenHash: Buffer; expiresAt: Date; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_link",
    `insert into identity.one_time_tokens (id, purpose, user_id, token_hash, expires_at, created_at)
     values ($1, 'sign_in', $2, $3, $4, $5)`,
    [link.id, link.userId, link.tokenHash, link.expiresAt, link.now],
  );
}

/** Spends the link, once whatever the number of tries at the same time. Returns whose it was; null when it is no good. */
export async function spendLink(tx: Tx, tokenHash: Buffer, now: Date): Promise<UserId | null> {
  const [row] = await tx.query<{ user_id: UserId }>(
    "identity_spend_link",
    `update identity.one_time_tokens set spent_at = $2
     where token_hash = $1 and purpose = 'sign_in' and spent_at is null and expires_at > $2 returning user_id`,
    [tokenHash, now],
  );
  return row?.user_id ?? null;
}

export async function voidLinks(tx: Tx, userId: UserId, now: Date): Promise<void> {
  await tx.query(
    "identity_void_links",
    `update identity.one_time_tokens set spent_at = $2
     where user_id = $1 and purpose = 'sign_in' and spent_at is null`,
    [userId, now],
  );
}

/** Deletes at most `limit` mailed and other one-time tokens that ended before then; returns how many. */
export async function deleteOldTokens(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_tokens",
    `delete from identity.one_time_tokens where id in (
       select id from identity.one_time_tokens where expires_at < $1 order by expires_at limit $2
       for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
