import { expect, test } from "vitest";
import { sessionCookie } from "./session-cookie.ts";

const at = (BASE_URL: string, NODE_ENV: "development" | "production" = "development") =>
  sessionCookie({ BASE_URL, NODE_ENV, SESSION_HOURS: 12 });

test.each([
  ["http://127.0.0.1:3000", "development", "hf_session"],
  ["http://localhost:3000", "development", "hf_session"],
  ["http://[::1]:3000", "development", "hf_session"],
  ["http://127.0.0.1:3000", "production", "__Host-hf_session"],
  ["http://10.0.0.5", "development", "__Host-hf_session"],
  ["https://localhost", "development", "__Host-hf_session"],
] as const)("on %s in %s the cookie is %s", (url, env, name) => {
  const cookie = at(url, env);
  expect(cookie.name).toBe(name);
  expect(cookie.set("x").includes("; Secure")).toBe(name.startsWith("__Host-"));
});

test("pages cannot read it, other sites do not send it along with posts, every path gets it", () => {
  expect(at("https://app.example.com").set("abc")).toBe(
    "__Host-hf_session=abc; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax; Secure",
  );
  expect(at("https://app.example.com").clear()).toContain("__Host-hf_session=; Max-Age=0;");
});

test("it is found among others, never by half its name", () => {
  const cookie = at("http://localhost");
  expect(cookie.read("a=1; hf_session=abc; b=2")).toBe("abc");
  expect(cookie.read("hf_session=abc")).toBe("abc");
  expect(cookie.read("xhf_session=abc; hf_session2=d")).toBeNull();
  expect(cookie.read("hf_session=")).toBeNull();
  expect(cookie.read(undefined)).toBeNull();
});
