/**
 * Tenancy: organizations, who is in them with which permissions, whom they invite, and their API keys; and the check of
 * every request's credential.
 *
 * Owns organizations, memberships, overrides, invitations, policies, API keys and the directories that lead to them
 * (schema `tenancy`). Invariants: the tenant of a request comes from its credential and from nowhere else; one owner
 * always remains; nobody hands out more than they hold; a personal key never does more than its maker may today; of a
 * key or an invitation's token only its hash is kept.
 */
export { createAuthenticate, type AuthenticateDeps, type Authenticator } from "./authenticate.ts";
export { CASCADES } from "./cached.ts";
export { tenancyConfig, type TenancyConfig } from "./config.ts";
export { organizationActions, organizationsOf, personChanged } from "./organizations/organization.ts";
export { findName, listOrganizations } from "./organizations/store.ts";
export { countMembers } from "./members/store.ts";
export { PERMISSIONS, permissionsOf, SCOPES, type Permission, type Scope } from "./permissions.ts";
export type { PayerActions, TenancyDeps, WritingActions } from "./deps.ts";
export { connectionActions } from "./sso/actions.ts";
export { departureActions } from "./members/depart.ts";
export { invitationActions } from "./invitations/accept.ts";
export { tenancyMails } from "./mails.ts";
export { findName as findOrganizationName } from "./organizations/store.ts";
export { isMember, ownersOf } from "./members/owners.ts";
export { setKeyLimits } from "./keys/change.ts";
export { findAnyKey } from "./keys/store.ts";
