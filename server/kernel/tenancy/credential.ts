import type { Clock } from "../../platform/clock.ts";
import { type Db, withSystemTx, withTx } from "../../platform/db/index.ts";
import type { Actor } from "../../platform/http/index.ts";
import {
  type AccessTokens,
  findActiveUser,
  findSession,
  findTokenSession,
  type IdentityConfig,
  isLive,
  overAt,
  type Session,
  takeDueRotation,
  takenUntil,
  touchSession,
} from "../identity/index.ts";
import { matchesKey, type ParsedKey } from "./api-key.ts";
import { findKey, locateKey, updateLastUsed } from "./api-key-store.ts";
import type { TenancyConfig } from "./config.ts";
import { mfaDue } from "./mfa-due.ts";
import { lowerOf, permissionsOf } from "./permissions.ts";
import { findMember } from "./store.ts";

/** A session, token or key as the database told it a moment ago. */
export type Credential = {
  readonly actor: Actor;
  /** Its own id, its person's or maker's and its organization's: when one of them changes, it is read again. */
  readonly tags: readonly string[];
  /** Cookies only. */
  readonly csrfToken: string | null;
  /** False once it has run out; asked with every request. */
  isLive(now: Date): boolean;
  /** Sessions and tokens: when the session is over unless it is used before. */
  overAt(): Date | null;
  /** Takes the new secret that a change of rights left for this session; null when none is due. */
  takeDueSecret: (() => Promise<string | null>) | null;
  /** When it was last noted as used. */
  usedAt: Date | null;
  writeUsedAt(now: Date): Promise<void>;
};

export type CredentialDeps = {
  db: Db;
  clock: Clock;
  config: TenancyConfig & IdentityConfig;
  accessTokens: Pick<AccessTokens, "verify">;
};

/** The session of a cookie's secret, with the person's role today. Null: ended, disabled, or a member no more. */
export async function loadSession(deps: CredentialDeps, secret: string): Promise<Credential | null> {
  const session = await withSystemTx(deps.db, (tx) => findSession(tx, secret));
  return session && ofPerson(deps, session, { kind: "session", csrfToken: session.csrfToken, endsAt: null });
}

/** The session that an access token speaks for, likewise. Null as well for a token that is not ours, expired, or revoked. */
export async function loadToken(deps: CredentialDeps, text: string): Promise<Credential | null> {
  const claims = await deps.accessTokens.verify(text);
  const session = claims && (await withSystemTx(deps.db, (tx) => findTokenSession(tx, claims)));
  if (!session) return null;
  return ofPerson(deps, session, {
    kind: "token",
    csrfToken: null,
    endsAt: takenUntil(claims),
    jti: claims.jti,
  });
}

type Shown = { kind: "session" | "token"; csrfToken: string | null; endsAt: Date | null; jti?: string };

async function ofPerson(
  { db, clock, config }: CredentialDeps,
  session: Session,
  { kind, csrfToken, endsAt, jti }: Shown,
): Promise<Credential | null> {
  const { id, user, orgId } = session;
  const member = await withTx(db, orgId, (tx) => findMember(tx, orgId, user.id));
  if (!member) return null;
  const asUsed = () => ({ ...session, lastSeenAt: credential.usedAt ?? session.lastSeenAt });
  const credential: Credential = {
    actor: {
      kind,
      credentialId: id,
      userId: user.id,
      keyId: null,
      orgId,
      role: member.role,
      permissions: permissionsOf(member.role, member.overrides),
      // An app never operates the installation, whoever let it in.
      operator: user.operator && session.scopes === null,
      scopes: session.scopes,
      mode: config.INSTALLATION_MODE,
      rateLimitPerMin: null,
      provenAt: session.provenAt,
      suspended: member.suspended,
      mfaDue: mfaDue(session, member, config),
    },
    tags: [id, user.id, orgId, ...(jti ? [jti] : [])],
    csrfToken,
    usedAt: session.lastSeenAt,
    isLive: (now) => (endsAt === null || endsAt > now) && isLive(asUsed(), config, now),
    overAt: () => overAt(asUsed(), config),
    takeDueSecret:
      session.rotateDue && kind === "session"
        ? async () => (await withSystemTx(db, (tx) => takeDueRotation(tx, id, clock.now())))?.secret ?? null
        : null,
    writeUsedAt: (now) => withSystemTx(db, (tx) => touchSession(tx, id, now)),
  };
  return credential;
}

/** The key of this text, never above its maker's role today. Null: unknown, revoked, or its maker has left. */
export async function loadKey({ db, config }: CredentialDeps, parsed: ParsedKey): Promise<Credential | null> {
  const place = await withSystemTx(db, (tx) => locateKey(tx, parsed.publicId));
  if (!place) return null;
  const { orgId, keyId } = place;
  const found = await withTx(db, orgId, async (tx) => {
    const key = await findKey(tx, orgId, keyId);
    return key && (await findActiveUser(tx, key.createdBy)) ? key : null;
  });
  if (!found?.makerRole || !matchesKey(parsed.text, found, config.API_KEY_PEPPER)) return null;
  const { expiresAt } = found;
  const role = lowerOf(found.role, found.makerRole);
  return {
    actor: {
      kind: "key",
      credentialId: keyId,
      // Limits and Idempotency-Keys of a key are its own, not its maker's.
      userId: null,
      keyId,
      orgId,
      role,
      permissions: permissionsOf(role, found.makerOverrides),
      operator: false,
      scopes: found.scopes,
      mode: found.mode,
      rateLimitPerMin: found.rateLimitPerMin,
      provenAt: null,
      suspended: found.suspended,
      mfaDue: false,
    },
    tags: [keyId, found.createdBy, orgId],
    csrfToken: null,
    usedAt: found.lastUsedAt,
    isLive: (now) => expiresAt === null || expiresAt > now,
    overAt: () => null,
    takeDueSecret: null,
    writeUsedAt: (now) => withTx(db, orgId, (tx) => updateLastUsed(tx, orgId, keyId, now)),
  };
}
