import { addMs } from "../../../platform/clock.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import type { IdentityConfig } from "../config.ts";
import type { User } from "../people/user.ts";

/** A session and whose it is. */
export type Session = {
  id: Id<"ses">;
  kind: SessionKind;
  user: User;
  orgId: OrgId;
  /** Sent back by our own pages with each unsafe call. */
  csrfToken: string;
  /** When the person last proved who they are; acts that ask for a proof take one of at most ten minutes. */
  provenAt: Date;
  /** The second factors that the person has. */
  factors: readonly Factor[];
  lastSeenAt: Date;
  /** Whatever happens, it ends then. */
  expiresAt: Date;
  /** The secret shown is an old one, good for its own organization until then; null for the one in force. */
  secretEndsAt: Date | null;
  /** What the person may do has changed: the next call of their browser gets a new secret. */
  rotateDue: boolean;
  /** How the person proved who they are. */
  amr: readonly string[];
  /** The app that it was given to. */
  clientId: string | null;
  /** What the app may do; null for people, who may what their role allows. */
  scopes: readonly string[] | null;
  /** The operator who looks at the person's account by it, and the session of theirs that it leads back to. */
  viewer: Viewer | null;
  /** The person is about to be erased: they may keep their account, and nothing else. */
  leaving: boolean;
};

export type Viewer = { userId: UserId; fullName: string; sessionId: Id<"ses">; reason: string };

/** What holds a session: a cookie, a pair of tokens, or a native app that was let in. */
export type SessionKind = "browser" | "token" | "app";

/** Why a session is over. */
export type EndReason =
  | "user_action"
  | "password_changed"
  | "role_changed"
  | "security_event"
  | "account_compromise"
  | "evicted"
  | "expired"
  | "refresh_reuse";

/** A session with the secret of its cookie; the only moment at which the secret is known. */
export type OpenedSession = { session: Session; secret: string };

/** What a person may have set up beyond the first proof. A passkey alone counts as both. */
export type Factor = "totp" | "passkey";

/** How a person proved who they are (RFC 8176 names where there is one). */
export type Amr = "pwd" | "link" | "oauth" | "otp" | "backup" | "passkey" | `sso:${OrgId}`;

/** What a sign-in ends in: a session by cookie, or a pair of tokens. */
export type SignInMode = "cookie" | "token";

/** Who proved to be whom, and how; every factor so far. */
export type Proven = { userId: UserId; amr: readonly Amr[] };

/** Calls that were under way when the secret changed still find their session. */
export const OLD_SECRET_SERVES_MS = 10_000;

/** The instant before which a live session must not have been last seen. */
export const idleSince = (config: IdentityConfig, now: Date): Date =>
  addMs(now, -config.SESSION_IDLE_MINUTES * 60_000);

const DAY_MS = 86_400_000;

/** How long a session lasts unused and at most, and how many of its kinds one person has. */
export type SessionRule = {
  readonly kinds: readonly SessionKind[];
  readonly idleMs: number;
  readonly lastsMs: number;
  readonly most: number;
};

/** People's own sessions are short and few, whatever holds them; what an app was given lasts longer. */
export function ruleOf(kind: SessionKind, config: IdentityConfig): SessionRule {
  if (kind === "app") return { kinds: ["app"], idleMs: 30 * DAY_MS, lastsMs: 90 * DAY_MS, most: 10 };
  return {
    kinds: ["browser", "token"],
    idleMs: config.SESSION_IDLE_MINUTES * 60_000,
    lastsMs: config.SESSION_HOURS * 3_600_000,
    most: 5,
  };
}

type Lifetime = Pick<Session, "kind" | "lastSeenAt" | "expiresAt" | "secretEndsAt">;

/** When the session is over unless it is used before. */
export function overAt(
  { kind, lastSeenAt, expiresAt, secretEndsAt }: Lifetime,
  config: IdentityConfig,
): Date {
  const idleAt = addMs(lastSeenAt, ruleOf(kind, config).idleMs);
  return [idleAt, secretEndsAt ?? idleAt].reduce((a, b) => (b < a ? b : a), expiresAt);
}

/** False once the session was idle for too long, is too old, or has another secret. */
export const isLive = (session: Lifetime, config: IdentityConfig, now: Date): boolean =>
  overAt(session, config) > now;
