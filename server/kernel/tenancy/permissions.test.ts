import fc from "fast-check";
import { expect, test } from "vitest";
import type { Role } from "../../platform/http/index.ts";
import {
  aboveMaker,
  isAtLeast,
  PERMISSION_NAMES,
  PERMISSIONS,
  permissionsOf,
  type Overrides,
} from "./permissions.ts";

const key = { scopes: ["gateway.use"] as const, rateLimitPerMin: null, expires: true };
const as = (role: Role, overrides: Overrides = {}) => ({ role, permissions: permissionsOf(role, overrides) });

test.each([
  [as("agent"), key, null],
  [as("viewer"), key, "scopes"],
  [as("viewer", { "gateway.use": true }), key, null],
  [as("owner", { "gateway.use": false }), key, "scopes"],
  [as("agent"), { ...key, scopes: ["gateway.use", "team.manage"] as const }, "scopes"],
  [as("viewer"), { ...key, scopes: ["credits.spend"] as const }, "scopes"],
  [as("agent"), { ...key, rateLimitPerMin: 100 }, null],
  [as("agent"), { ...key, rateLimitPerMin: 101 }, "limits"],
  [as("agent"), { ...key, rateLimitPerMin: 0 }, "limits"],
  [as("agent"), { ...key, expires: false }, "expires_at"],
  [as("admin"), { ...key, rateLimitPerMin: 0, expires: false }, null],
] as const)("%o making %o is above the maker by %s", (maker, wanted, above) => {
  expect(aboveMaker(maker, wanted)).toBe(above);
});

test("a role holds what its least role says; an override decides one permission and touches no other", () => {
  const roles = fc.constantFrom<Role>("owner", "admin", "agent", "viewer");
  const overrides = fc.dictionary(
    fc.constantFrom(...PERMISSION_NAMES),
    fc.boolean(),
  ) as fc.Arbitrary<Overrides>;
  fc.assert(
    fc.property(roles, overrides, (role, changed) => {
      const held = permissionsOf(role, changed);
      for (const name of PERMISSION_NAMES)
        expect(held.has(name)).toBe(changed[name] ?? isAtLeast(role, PERMISSIONS[name]));
    }),
  );
});
