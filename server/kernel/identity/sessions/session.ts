import { addMs } from "../../../platform/clock.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import type { IdentityConfig } from "../config.ts";
import type { User } from "../people/user.ts";

/** A console session and whose it is. */
export type Session = {
  id: Id<"ses">;
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
};

/** A session with the secret of its cookie; the only moment at which the secret is known. */
export type OpenedSession = { session: Session; secret: string };

/** What a person may have set up beyond the first proof. A passkey alone counts as both. */
export type Factor = "totp" | "passkey";

/** How a person proved who they are (RFC 8176 names where there is one). */
export type Amr = "pwd" | "link" | "oauth" | "otp" | "backup" | "passkey";

/** Who proved to be whom, and how; every factor so far. */
export type Proven = { userId: UserId; amr: readonly Amr[] };

export const MAX_SESSIONS = 5;

/** The instant before which a live session must not have been last seen. */
export const idleSince = (config: IdentityConfig, now: Date): Date =>
  addMs(now, -config.SESSION_IDLE_MINUTES * 60_000);

export const endsAt = (config: IdentityConfig, now: Date): Date =>
  addMs(now, config.SESSION_HOURS * 3_600_000);

/** False once the session was idle for too long or is too old. */
export function isLive(
  session: Pick<Session, "lastSeenAt" | "expiresAt">,
  config: IdentityConfig,
  now: Date,
): boolean {
  return session.expiresAt > now && session.lastSeenAt > idleSince(config, now);
}
