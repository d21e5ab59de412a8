/**
 * Tenancy: organizations, who is in them with which role, and their API keys; and the check of every request's credential.
 *
 * Owns organizations, memberships, API keys and the directories that lead to them (schema `tenancy`). Invariants: the
 * tenant of a request comes from its credential and from nowhere else; a key never does more than its maker may today;
 * of a key only its HMAC is kept.
 */
export { createAuthenticate, type AuthenticateDeps, type Authenticator } from "./authenticate.ts";
export { tenancyConfig, type TenancyConfig } from "./config.ts";
export { organizationActions } from "./organization.ts";
export { PERMISSIONS, permissionsOf, SCOPES, type Permission, type Scope } from "./permissions.ts";
export type { TenancyDeps } from "./routes.ts";
