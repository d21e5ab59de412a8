/**
 * Identity: people, credentials, console sessions.
 *
 * Owns users, sessions, one-time tokens and the audit trail (schema `identity`). Invariants: of a password only its argon2id hash is kept,
 * of a cookie or link only its SHA-256; a person has at most five live sessions; a link works once. Knows no
 * organization: what sign-in needs of them comes as actions (`OrganizationActions`).
 */
export { identityConfig, type IdentityConfig } from "./config.ts";
export type {
  ConnectionActions,
  DepartureActions,
  IdentityDeps,
  InvitationActions,
  OrganizationActions,
} from "./deps.ts";
export { audit, forgetOrganization, INSTALLATION, type AuditEntry } from "./audit/index.ts";
export type { Company, Providers, SignInProvider } from "./oauth/provider.ts";
export { importUsers, type Imported } from "./people/import-users.ts";
export { findActiveUser, findOperators, findUserByAddress, findUsers } from "./people/find-users.ts";
export { identityMails } from "./mails.ts";
export { operatorAddresses } from "./operators/addresses.ts";
export { peopleFigures, type PeopleFigures } from "./operators/figures.ts";
export type { User } from "./people/user.ts";
export { createAccessTokens, isAccessToken, takenUntil, type AccessTokens } from "./tokens/access-tokens.ts";
export type { Claims } from "./tokens/claims.ts";
export { switchSession } from "./tokens/switch-session.ts";
export { findTokenSession } from "./tokens/find-token-session.ts";
export { findSession, getSession, isSessionSecret, touchSessions } from "./sessions/find-session.ts";
export { endSessionsWithoutProof } from "./sessions/end-sessions.ts";
export { moveSession, rotateSessionsOf, takeDueRotation } from "./sessions/rotate-session.ts";
export { presentSession, presentUser, sessionAnswer, userAnswer } from "./schemas.ts";
export { answerSignIn } from "./sessions/answer-sign-in.ts";
export type { SignedIn } from "./sessions/complete-sign-in.ts";
export { loginAnswer } from "./sessions/login-answer.ts";
export { sessionCookie, type SessionCookie } from "./sessions/session-cookie.ts";
export { isLive, overAt, type Factor, type OpenedSession, type Session } from "./sessions/session.ts";
