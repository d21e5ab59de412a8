import { expect, test } from "vitest";
import { decided, decidedRouting, keyDefaults } from "./options.ts";

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
