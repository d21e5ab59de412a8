/**
 * Identity: people, credentials, console sessions.
 *
 * Owns users, sessions and one-time tokens (schema `identity`). Invariants: of a password only its argon2id hash is kept,
 * of a cookie or link only its SHA-256; a person has at most five live sessions; a link works once. Knows no
 * organization: what sign-in needs of them comes as actions (`OrganizationActions`).
 */
export { identityConfig, type IdentityConfig } from "./config.ts";
export type { IdentityDeps, OrganizationActions } from "./deps.ts";
export {
  findActiveUser,
  findSession,
  findUsers,
  getSession,
  isSessionSecret,
  touchSession,
} from "./find-session.ts";
export { moveSession } from "./open-session.ts";
export {
  presentSession,
  presentSignedIn,
  presentUser,
  sessionAnswer,
  signedInAnswer,
  userAnswer,
} from "./schemas.ts";
export { sessionCookie, type SessionCookie } from "./session-cookie.ts";
export { isLive, type OpenedSession, type Session, type User } from "./session.ts";
