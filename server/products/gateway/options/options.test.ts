import { expect, test } from "vitest";
import { NO_POLICY } from "../routing/policy/policy.ts";
import { decided, decidedRouting, keyDefaults, overInstallation } from "./options.ts";

const [call, key, organization] = [{ by: "call" }, { by: "key" }, { by: "organization" }];

test.each([
  ["the call's own word", [call, key, organization], call],
  ["the call's no", [null, key, organization], null],
  ["the call's word over the key's no", [call, false, organization], call],
  ["the key's", [undefined, key, organization], key],
  ["the key's no", [undefined, false, organization], null],
  ["the organization's", [undefined, undefined, organization], organization],
  ["off where the organization says so", [undefined, undefined, null], null],
  ["off where nobody says anything", [undefined, undefined, undefined], null],
] as const)("what counts is %s", (_name, [asked, ofKey, ofOrganization], expected) => {
  expect(decided<object>(asked, ofKey, ofOrganization)).toBe(expected ?? null);
});

test("routing is decided wish by wish: call over key over organization", () => {
  const wishes = [{ order: ["c"] }, { only: ["b"], order: ["b"] }, { sort: "price", only: ["a"] }] as const;
  expect(decidedRouting(...wishes.map((wish) => structuredClone(wish) as object))).toEqual({
    sort: "price",
    only: ["b"],
    order: ["c"],
  });
  expect(decidedRouting(null, undefined, null)).toBeNull();
});

test("a key's defaults take no word that they do not know", () => {
  expect(keyDefaults.safeParse({ cache: { scope: "org" } }).data).toEqual({
    cache: { scope: "org", ttl_seconds: 3_600 },
  });
  for (const wrong of [{ cache: true }, { cash: {} }, { routing: { sort: "luck" } }])
    expect(keyDefaults.safeParse(wrong).success).toBe(false);
});

test("an organization's word goes over the installation's, its no as well; what it does not say is the installation's", () => {
  const installation = {
    ...NO_POLICY,
    routing: { sort: "price", only: ["a"] } as const satisfies object,
    cache: { scope: "org", ttl_seconds: 60 } as const,
    memory: { scope: "user" } as const,
    fold_retries: true,
  };
  const laid = { ...installation, routing: { sort: "price" as const, only: ["a"] } };
  expect(overInstallation(null, null)).toBeNull();
  expect(overInstallation(null, laid)).toEqual(laid);
  const own = { ...NO_POLICY, routing: { only: ["b"] }, cache: false, fold_retries: false } as const;
  const policy = { ...own, routing: { only: ["b"] }, allowed_models: ["m"] };
  expect(overInstallation(policy, null)).toBe(policy);
  expect(overInstallation(policy, laid)).toEqual({
    routing: { sort: "price", only: ["b"] },
    allowed_models: ["m"],
    cache: false,
    compression: null,
    memory_model: null,
    memory: { scope: "user" },
    fold_retries: false,
  });
});
