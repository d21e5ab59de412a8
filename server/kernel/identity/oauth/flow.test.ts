import fc from "fast-check";
import { expect, test } from "vitest";
import { flowCookie, newBrowserSecret, newState, ownPath, visitOf, withQuery } from "./flow.ts";

const BASE = "https://app.example.com";

test.each([
  ["/credits?tab=1#top", "/credits?tab=1#top"],
  ["/", "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example/", "/"],
  ["javascript:alert(1)", "/"],
  ["/api/auth/logout", "/"],
  ["/a/../api/auth/logout", "/"],
  ["\t//evil.example", "/"],
  ["/..//evil.example", "/"],
  ["/a/..//evil.example", "/"],
  ["/\t/evil.example", "/"],
  ["", "/"],
  [undefined, "/"],
])("the way back from %j is %s", (given, path) => {
  expect(ownPath(given, BASE)).toBe(path);
});

test("no text leads to another origin", () => {
  const bits = fc.constantFrom(
    "/",
    "\\",
    "evil.example",
    ":",
    "@",
    "?",
    "#",
    "\t",
    "\n",
    "..",
    "%2f",
    "a",
    "//",
  );
  fc.assert(
    fc.property(
      fc.array(bits, { maxLength: 8 }).map((parts) => parts.join("")),
      (text) => {
        expect(new URL(ownPath(text, BASE), BASE).origin).toBe(BASE);
      },
    ),
  );
});

test("verifier and nonce follow from browser and state, and from nothing less", () => {
  const [browser, state] = [newBrowserSecret(), newState()];
  const visit = visitOf(browser, state, "r");
  expect(visitOf(browser, state, "r")).toEqual(visit);
  const texts = [visit, visitOf(newBrowserSecret(), state, "r"), visitOf(browser, newState(), "r")];
  expect(new Set(texts.flatMap(({ verifier, nonce }) => [verifier, nonce])).size).toBe(6);
  expect(visit.verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("the cookie is closed to scripts, comes along on the way back, and lasts ten minutes", () => {
  const cookie = flowCookie({ BASE_URL: BASE, NODE_ENV: "production" });
  const secret = newBrowserSecret();
  const line = cookie.set(secret);
  expect(line).toBe(`__Host-hf_flow=${secret}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure`);
  expect(cookie.read(`a=b; ${line.split(";")[0]}; c=d`)).toBe(secret);
  expect(cookie.read("__Host-hf_flow=short")).toBeNull();
  expect(cookie.read(undefined)).toBeNull();
});

test("fields join the query of a path", () => {
  expect(withQuery("/sign-in?a=1#b", { error: "x y" })).toBe("/sign-in?a=1&error=x+y#b");
});
