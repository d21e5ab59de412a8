import { expect, test } from "vitest";
import { aboveRole, lowerOf } from "./permissions.ts";

const key = { scopes: ["gateway.use"] as const, rateLimitPerMin: null, expires: true };

test.each([
  ["agent", key, null],
  ["viewer", key, "scopes"],
  ["agent", { ...key, rateLimitPerMin: 100 }, null],
  ["agent", { ...key, rateLimitPerMin: 101 }, "rate_limit_per_min"],
  ["agent", { ...key, rateLimitPerMin: 0 }, "rate_limit_per_min"],
  ["agent", { ...key, expires: false }, "expires_at"],
  ["admin", { ...key, rateLimitPerMin: 0, expires: false }, null],
] as const)("%s making %o is above the role by %s", (role, wanted, above) => {
  expect(aboveRole(role, wanted)).toBe(above);
});

test("a key has the lower of two roles", () => {
  expect(lowerOf("owner", "agent")).toBe("agent");
  expect(lowerOf("viewer", "admin")).toBe("viewer");
});
