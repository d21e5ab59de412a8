import { rankOf, type Role } from "../../platform/http/index.ts";

/** What a person may do in an organization, and the least role that holds it unless an override says otherwise. */
export const PERMISSIONS = {
  "conversations.view": "viewer",
  "contacts.view": "viewer",
  "templates.view": "viewer",
  "analytics.view": "viewer",
  "settings.view": "viewer",
  "jobs.view": "viewer",
  "studio.view": "viewer",
  "conversations.manage": "agent",
  "contacts.manage": "agent",
  "templates.use": "agent",
  "api_keys.own": "agent",
  "gateway.use": "agent",
  "studio.build": "agent",
  "team.manage": "admin",
  "settings.manage": "admin",
  "templates.manage": "admin",
  "automation.manage": "admin",
  "campaigns.manage": "admin",
  "api_keys.manage": "admin",
  "jobs.manage": "admin",
  "studio.ship": "admin",
  "conversations.delete": "admin",
  "contacts.delete": "admin",
  "contacts.import": "admin",
  "analytics.export": "admin",
  "audit.view": "admin",
  "billing.view": "owner",
  "billing.manage": "owner",
  "organization.manage": "owner",
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof PERMISSIONS;

export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as [Permission, ...Permission[]];

/** What an API key may be allowed: each permission, and what products count apart. Operations name one each. */
export const SCOPES = {
  ...PERMISSIONS,
  "credits.spend": "agent",
  "payments.read": "viewer",
  "ledger.read": "viewer",
} as const satisfies Record<string, Role>;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as [Scope, ...Scope[]];

/** Per permission: true grants it whatever the role, false denies it. */
export type Overrides = Readonly<Partial<Record<Permission, boolean>>>;

export const isPermission = (name: string): name is Permission => Object.hasOwn(PERMISSIONS, name);

export const isAtLeast = (role: Role, least: Role): boolean => rankOf(role) >= rankOf(least);

/** What this role with these overrides may do. */
export function permissionsOf(role: Role, overrides: Overrides = {}): ReadonlySet<Permission> {
  return new Set(PERMISSION_NAMES.filter((name) => overrides[name] ?? isAtLeast(role, PERMISSIONS[name])));
}

/** Whether a role may have the scope at all, overrides aside. */
export const withinRole = (role: Role, scope: Scope): boolean => isAtLeast(role, SCOPES[scope]);

/** Requests a minute that anyone may give a key; more, or no limit, is an admin's to give. */
const OWN_RATE_LIMIT = 100;

/** What of a key is above its maker, as a field of the input; null when all is allowed. */
export function aboveMaker(
  { role, permissions }: { role: Role; permissions: ReadonlySet<string> },
  key: { scopes: readonly Scope[]; rateLimitPerMin: number | null; expires: boolean },
): "scopes" | "limits" | "expires_at" | null {
  const holds = (scope: Scope) =>
    isPermission(scope) ? permissions.has(scope) : isAtLeast(role, SCOPES[scope]);
  if (!key.scopes.every(holds)) return "scopes";
  if (isAtLeast(role, "admin")) return null;
  const limit = key.rateLimitPerMin;
  if (limit !== null && (limit === 0 || limit > OWN_RATE_LIMIT)) return "limits";
  return key.expires ? null : "expires_at";
}
