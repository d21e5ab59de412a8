import { rankOf, type Role } from "../../platform/http/index.ts";

/** What an API key may be allowed, and the least role whose key may have it. Operations name one each. */
export const SCOPES = {
  "gateway.use": "agent",
  "credits.spend": "agent",
  "payments.read": "viewer",
  "ledger.read": "viewer",
} as const satisfies Record<string, Role>;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as [Scope, ...Scope[]];

/** Requests a minute that anyone may give a key; more, or no limit, is an admin's to give. */
const OWN_RATE_LIMIT = 100;

export const isAtLeast = (role: Role, least: Role): boolean => rankOf(role) >= rankOf(least);

export const lowerOf = (a: Role, b: Role): Role => (rankOf(a) < rankOf(b) ? a : b);

/** What of a key is above its maker's role, as a field of the input; null when all is allowed. */
export function aboveRole(
  role: Role,
  key: { scopes: readonly Scope[]; rateLimitPerMin: number | null; expires: boolean },
): "scopes" | "rate_limit_per_min" | "expires_at" | null {
  if (key.scopes.some((scope) => !isAtLeast(role, SCOPES[scope]))) return "scopes";
  if (isAtLeast(role, "admin")) return null;
  const limit = key.rateLimitPerMin;
  if (limit !== null && (limit === 0 || limit > OWN_RATE_LIMIT)) return "rate_limit_per_min";
  return key.expires ? null : "expires_at";
}
