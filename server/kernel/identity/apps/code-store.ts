import type { Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import type { Amr } from "../sessions/session.ts";

/** Who said yes, how and when they had proved who they are, and where. */
export type Consent = { userId: UserId; orgId: OrgId; amr: readonly Amr[]; provenAt: Date };
export type ConsentRow = {
  user_id: UserId | null;
  org_id: OrgId | null;
  amr: Amr[] | null;
  proven_at: Date | null;
};

/** Null while nobody decided, and when they said no. */
export const toConsent = (row: ConsentRow): Consent | null =>
  row.user_id && row.org_id && row.amr && row.proven_at
    ? { userId: row.user_id, orgId: row.org_id, amr: row.amr, provenAt: row.proven_at }
    : null;

export type AuthorizationRequest = {
  id: Id<"oar">;
  clientId: string;
  redirectUri: string;
  scopes: readonly string[];
  state: string;
  codeChallenge: string;
  expiresAt: Date;
};
type RequestRow = {
  id: Id<"oar">;
  client_id: string;
  redirect_uri: string;
  scopes: string[];
  state: string;
  code_challenge: string;
  expires_at: Date;
};
const REQUEST = "id, client_id, redirect_uri, scopes, state, code_challenge, expires_at";
const toRequest = (row: RequestRow): AuthorizationRequest => ({
  id: row.id,
  clientId: row.client_id,
  redirectUri: row.redirect_uri,
  scopes: row.scopes,
  state: row.state,
  codeChallenge: row.code_challenge,
  expiresAt: row.expires_at,
});

export async function insertRequest(tx: Tx, request: AuthorizationRequest, now: Date): Promise<void> {
  await tx.query(
    "identity_insert_authorization_request",
    `insert into identity.authorization_codes (id, client_id, redirect_uri, scopes, state, code_challenge, expires_at,
       created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      request.id,
      request.clientId,
      request.redirectUri,
      request.scopes,
      request.state,
      request.codeChallenge,
      request.expiresAt,
      now,
    ],
  );
}

/** What waits for a decision. */
export async function findOpenRequest(tx: Tx, id: string, now: Date): Promise<AuthorizationRequest | null> {
  const [row] = await tx.query<RequestRow>(
    "identity_open_authorization_request",
    `select ${REQUEST} from identity.authorization_codes
     where id = $1 and decided_at is null and expires_at > $2`,
    [id, now],
  );
  return row ? toRequest(row) : null;
}

/** Writes the decision, once whatever the number of tries. Null: decided before, or too late. */
export async function decideRequest(
  tx: Tx,
  id: string,
  yes: { consent: Consent; codeHash: Buffer; codeExpiresAt: Date } | null,
  now: Date,
): Promise<AuthorizationRequest | null> {
  const [row] = await tx.query<RequestRow>(
    "identity_decide_authorization_request",
    `update identity.authorization_codes set decided_at = $2, user_id = $3, org_id = $4, amr = $5, proven_at = $6,
       code_hash = $7, code_expires_at = $8
     where id = $1 and decided_at is null and expires_at > $2 returning ${REQUEST}`,
    [
      id,
      now,
      yes?.consent.userId ?? null,
      yes?.consent.orgId ?? null,
      yes?.consent.amr ?? null,
      yes?.consent.provenAt ?? null,
      yes?.codeHash ?? null,
      yes?.codeExpiresAt ?? null,
    ],
  );
  return row ? toRequest(row) : null;
}

export type Code = AuthorizationRequest & {
  consent: Consent | null;
  codeExpiresAt: Date;
  spentAt: Date | null;
  sessionId: Id<"ses"> | null;
};

/** The code, locked; null for an unknown one. */
export async function lockCode(tx: Tx, codeHash: Buffer): Promise<Code | null> {
  const [row] = await tx.query<
    RequestRow & ConsentRow & { code_expires_at: Date; spent_at: Date | null; session_id: Id<"ses"> | null }
  >(
    "identity_lock_authorization_code",
    `select ${REQUEST}, user_id, org_id, amr, proven_at, code_expires_at, spent_at, session_id
     from identity.authorization_codes where code_hash = $1 for update`,
    [codeHash],
  );
  if (!row) return null;
  return {
    ...toRequest(row),
    consent: toConsent(row),
    codeExpiresAt: row.code_expires_at,
    spentAt: row.spent_at,
    sessionId: row.session_id,
  };
}

export async function spendCode(tx: Tx, id: string, sessionId: Id<"ses"> | null, now: Date): Promise<void> {
  await tx.query(
    "identity_spend_authorization_code",
    "update identity.authorization_codes set spent_at = $2, session_id = $3 where id = $1",
    [id, now, sessionId],
  );
}

/** Deletes at most `limit` codes made before then, and requests that became none made before `undecidedBefore`. */
export async function deleteOldCodes(
  tx: Tx,
  before: Date,
  undecidedBefore: Date,
  limit: number,
): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_authorization_codes",
    `delete from identity.authorization_codes where id in (
       select id from identity.authorization_codes
       where created_at < $1 or (code_hash is null and created_at < $2) order by created_at limit $3
       for update skip locked)
     returning id`,
    [before, undecidedBefore, limit],
  );
  return rows.length;
}
