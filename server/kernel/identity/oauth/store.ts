import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";

export type OAuthAccount = {
  id: Id<"oac">;
  userId: UserId;
  provider: string;
  subject: string;
  /** As the company showed it when the account was connected. */
  email: string | null;
  createdAt: Date;
  lastUsedAt: Date;
};
type AccountRow = {
  id: Id<"oac">;
  user_id: UserId;
  provider: string;
  subject: string;
  email: string | null;
  created_at: Date;
  last_used_at: Date;
};

const toAccount = (row: AccountRow): OAuthAccount => ({
  id: row.id,
  userId: row.user_id,
  provider: row.provider,
  subject: row.subject,
  email: row.email,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
});

/** One at a time decides whose an account at a company is. */
export async function lockSubject(tx: Tx, provider: string, subject: string): Promise<void> {
  await tx.query(
    "identity_lock_subject",
    "select pg_advisory_xact_lock(hashtextextended('identity.subject ' || $1 || ' ' || $2, 0))",
    [provider, subject],
  );
}

export async function findAccount(tx: Tx, provider: string, subject: string): Promise<OAuthAccount | null> {
  const [row] = await tx.query<AccountRow>(
    "identity_oauth_account",
    "select * from identity.oauth_accounts where provider = $1 and subject = $2",
    [provider, subject],
  );
  return row ? toAccount(row) : null;
}

/** The person's, oldest first. */
export async function listAccounts(tx: Tx, userId: UserId): Promise<OAuthAccount[]> {
  const rows = await tx.query<AccountRow>(
    "identity_oauth_accounts_of",
    "select * from identity.oauth_accounts where user_id = $1 order by id",
    [userId],
  );
  return rows.map(toAccount);
}

export async function insertAccount(tx: Tx, account: OAuthAccount): Promise<void> {
  await tx.query(
    "identity_insert_oauth_account",
    `insert into identity.oauth_accounts (id, user_id, provider, subject, email, created_at, last_used_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      account.id,
      account.userId,
      account.provider,
      account.subject,
      account.email,
      account.createdAt,
      account.lastUsedAt,
    ],
  );
}

export async function updateLastUsed(tx: Tx, id: Id<"oac">, now: Date): Promise<void> {
  await tx.query(
    "identity_use_oauth_account",
    "update identity.oauth_accounts set last_used_at = $2 where id = $1",
    [id, now],
  );
}

export async function deleteAccount(tx: Tx, id: Id<"oac">): Promise<void> {
  await tx.query("identity_delete_oauth_account", "delete from identity.oauth_accounts where id = $1", [id]);
}

export type Setting = {
  stateHash: Buffer;
  browserHash: Buffer;
  provider: string;
  /** Who connects an account; null for who signs in. */
  userId: UserId | null;
  returnTo: string;
  /** The token of an invitation, sealed; null without one. */
  invitation: Buffer | null;
  expiresAt: Date;
};

export async function insertState(tx: Tx, state: Setting): Promise<void> {
  await tx.query(
    "identity_insert_oauth_state",
    `insert into identity.oauth_states
       (state_hash, browser_hash, provider, purpose, user_id, return_to, invitation_sealed, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      state.stateHash,
      state.browserHash,
      state.provider,
      state.userId === null ? "sign_in" : "link",
      state.userId,
      state.returnTo,
      state.invitation,
      state.expiresAt,
    ],
  );
}

/** Spends a state, once whatever the number of tries at the same time; only the browser that set out can. */
export async function spendState(
  tx: Tx,
  given: { stateHash: Buffer; browserHash: Buffer; keys: string; now: Date },
): Promise<Pick<Setting, "provider" | "userId" | "returnTo" | "invitation"> | null> {
  const [row] = await tx.query<Pick<Setting, "provider" | "userId" | "returnTo" | "invitation">>(
    "identity_spend_oauth_state",
    `delete from identity.oauth_states
     where state_hash = $1 and browser_hash = $2 and provider like $3 and expires_at > $4
     returning provider, user_id as "userId", return_to as "returnTo", invitation_sealed as invitation`,
    [given.stateHash, given.browserHash, given.keys, given.now],
  );
  return row ?? null;
}

export type Offer = {
  id: Id<"oac">;
  userId: UserId;
  provider: string;
  subject: string;
  email: string;
};
type OfferRow = { id: Id<"oac">; user_id: UserId; provider: string; subject: string; email: string };

const toOffer = ({ user_id: userId, ...row }: OfferRow): Offer => ({ ...row, userId });

/** Makes an offer in place of an earlier one for the same account in the same browser. */
export async function insertOffer(
  tx: Tx,
  offer: Offer & { browserHash: Buffer; expiresAt: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_oauth_offer",
    `with earlier as (
       delete from identity.oauth_offers where user_id = $3 and browser_hash = $2 and provider = $4 and subject = $5)
     insert into identity.oauth_offers (id, browser_hash, user_id, provider, subject, email, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [offer.id, offer.browserHash, offer.userId, offer.provider, offer.subject, offer.email, offer.expiresAt],
  );
}

/** The newest offers made to the person in this browser. */
export async function listOffers(
  tx: Tx,
  to: { userId: UserId; browserHash: Buffer; now: Date },
  most: number,
): Promise<Offer[]> {
  const rows = await tx.query<OfferRow>(
    "identity_oauth_offers",
    `select id, user_id, provider, subject, email from identity.oauth_offers
     where user_id = $1 and browser_hash = $2 and expires_at > $3 order by id desc limit $4`,
    [to.userId, to.browserHash, to.now, most],
  );
  return rows.map(toOffer);
}

/** Takes an offer made to the person in this browser; null when there is none, or it has run out. */
export async function takeOffer(
  tx: Tx,
  given: { id: string; userId: UserId; browserHash: Buffer; now: Date },
): Promise<Offer | null> {
  const [row] = await tx.query<OfferRow>(
    "identity_take_oauth_offer",
    `delete from identity.oauth_offers
     where id = $1 and user_id = $2 and browser_hash = $3 and expires_at > $4
     returning id, user_id, provider, subject, email`,
    [given.id, given.userId, given.browserHash, given.now],
  );
  return row ? toOffer(row) : null;
}

/** Deletes at most `limit` states and `limit` offers that ran out before then; returns the greater count. */
export async function deleteOldFlows(tx: Tx, before: Date, limit: number): Promise<number> {
  const states = await tx.query(
    "identity_delete_oauth_states",
    `delete from identity.oauth_states where state_hash in (
       select state_hash from identity.oauth_states where expires_at < $1 order by expires_at limit $2
       for update skip locked) returning 1`,
    [before, limit],
  );
  const offers = await tx.query(
    "identity_delete_oauth_offers",
    `delete from identity.oauth_offers where id in (
       select id from identity.oauth_offers where expires_at < $1 order by expires_at limit $2
       for update skip locked) returning 1`,
    [before, limit],
  );
  return Math.max(states.length, offers.length);
}
