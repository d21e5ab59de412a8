import type { Clock } from "../../platform/clock.ts";
import { type Db, withSystemTx, withTx } from "../../platform/db/index.ts";
import { networks, type Actor } from "../../platform/http/index.ts";
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
} from "../identity/index.ts";
import { matchesKey, type ParsedKey } from "./keys/api-key.ts";
import { findStoredKey, locateKey, type StoredKey, updateLastUsed, updateScopeUsed } from "./keys/store.ts";
import type { TenancyConfig } from "./config.ts";
import { mfaDue } from "./mfa-due.ts";
import { permissionsOf } from "./permissions.ts";
import { findMember } from "./members/store.ts";
import { keyOf } from "./sso/connection.ts";

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
  /** Whether it may be used from this address. */
  reaches(ip: string): boolean;
  /** When it was last noted as used. */
  usedAt: Date | null;
  /** Keys only; sessions are written many at once. */
  writeUsedAt: ((now: Date) => Promise<void>) | null;
  /** Keys only: when each scope was last noted as used. */
  scopesUsedAt: Map<string, Date>;
  writeScopeUsed(scope: string, now: Date): Promise<void>;
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
  if (!member || (member.issuerOnly && !session.amr.includes(keyOf(orgId)))) return null;
  const asUsed = () => ({ ...session, lastSeenAt: credential.usedAt ?? session.lastSeenAt });
  // An organization may ask for less time than the installation gives, never more.
  const minutes = Math.min(config.SESSION_IDLE_MINUTES, member.idleMinutes ?? Infinity);
  const idle = { ...config, SESSION_IDLE_MINUTES: minutes };
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
      operator: user.operator && session.scopes === null && session.viewer === null,
      scopes: session.scopes,
      mode: config.INSTALLATION_MODE,
      rateLimitPerMin: null,
      provenAt: session.provenAt,
      suspended: member.suspended,
      // Whoever looks on has proved themselves as an operator.
      mfaDue: session.viewer === null && mfaDue(session, member, config),
      ...(session.viewer ? { readOnly: true as const } : {}),
      ...(session.leaving ? { leaving: true as const } : {}),
    },
    tags: [id, user.id, orgId, ...(jti ? [jti] : [])],
    csrfToken,
    usedAt: session.lastSeenAt,
    isLive: (now) => (endsAt === null || endsAt > now) && isLive(asUsed(), idle, now),
    overAt: () => overAt(asUsed(), idle),
    takeDueSecret:
      session.rotateDue && kind === "session"
        ? async () => (await withSystemTx(db, (tx) => takeDueRotation(tx, id, clock.now())))?.secret ?? null
        : null,
    scopesUsedAt: new Map(),
    reaches: networksOf(member.ipAllow),
    writeUsedAt: null,
    writeScopeUsed: async () => undefined,
  };
  return credential;
}

/**
 * The key of this text. A personal one does what its maker may today, a service key what it was given. Null: unknown,
 * revoked, paused, rotated away, or a personal one whose maker has left.
 */
export async function loadKey({ db, config }: CredentialDeps, parsed: ParsedKey): Promise<Credential | null> {
  const place = await withSystemTx(db, (tx) => locateKey(tx, parsed.publicId));
  if (!place) return null;
  const { orgId, keyId } = place;
  const found = await withTx(db, orgId, async (tx) => {
    const key = await findStoredKey(tx, orgId, keyId);
    if (key?.kind === "personal" && !(await findActiveUser(tx, key.createdBy))) return null;
    return key;
  });
  const right = found && rightOf(found);
  const endsAt = right && endOfSecret(found, parsed.text, config.API_KEY_PEPPER);
  if (!right || !endsAt) return null;
  const [ofKey, ofOrganization] = [networksOf(found.allowedCidrs), networksOf(found.ipAllow)];
  return {
    actor: {
      kind: "key",
      credentialId: keyId,
      // Limits and Idempotency-Keys of a key are its own, not its maker's.
      userId: null,
      keyId,
      orgId,
      ...right,
      operator: false,
      scopes: found.scopes,
      mode: found.mode,
      rateLimitPerMin: found.rpm,
      bounds: {
        makerId: found.kind === "personal" ? found.createdBy : null,
        tpm: found.tpm,
        concurrency: found.concurrency,
        budgetDailyMicros: found.budgetDailyMicros,
        budgetMonthlyMicros: found.budgetMonthlyMicros,
        allowedModels: found.allowedModels,
        defaults: found.defaults,
      },
      provenAt: null,
      suspended: found.suspended,
      mfaDue: false,
    },
    tags: [keyId, found.createdBy, orgId],
    csrfToken: null,
    usedAt: found.lastUsedAt,
    scopesUsedAt: new Map(),
    isLive: (now) => endsAt > now,
    overAt: () => null,
    takeDueSecret: null,
    reaches: (ip) => ofKey(ip) && ofOrganization(ip),
    writeUsedAt: (now) => withTx(db, orgId, (tx) => updateLastUsed(tx, orgId, keyId, now)),
    writeScopeUsed: (scope, now) => withTx(db, orgId, (tx) => updateScopeUsed(tx, orgId, keyId, scope, now)),
  };
}

/** Null for a personal key whose maker is no member any more. */
function rightOf(key: StoredKey): Pick<Actor, "role" | "permissions"> | null {
  if (key.kind === "service") {
    const { role, scopes } = key;
    return { role, permissions: new Set<string>([...permissionsOf(role), ...scopes]) };
  }
  if (!key.makerRole) return null;
  return { role: key.makerRole, permissions: permissionsOf(key.makerRole, key.makerOverrides) };
}

const NEVER = new Date(8.64e15);

/** Until when the key answers to this text; null when it never did, or no more under its last rotation. */
function endOfSecret(
  { secrets, expiresAt }: StoredKey,
  text: string,
  peppers: readonly string[],
): Date | null {
  const { current, previous } = secrets;
  const end = expiresAt ?? NEVER;
  if (matchesKey(text, current, peppers)) return end;
  if (!previous || !matchesKey(text, previous, peppers)) return null;
  return previous.until < end ? previous.until : end;
}

/** An empty list is no bound. */
const networksOf = (list: readonly string[]): ((ip: string) => boolean) =>
  list.length > 0 ? networks(list) : () => true;
