import { expect, test } from "vitest";
import { pageOf, readExchanged } from "./connect.ts";

test("the page lies beside the API, and knows the challenge and the way back", () => {
  const way = { page: "../../auth", exchangePath: "/auth/keys" };
  const url = new URL(pageOf(way, "https://openrouter.ai/api/v1", "https://c.example/back?state=s", "abc"));
  expect(url.origin + url.pathname).toBe("https://openrouter.ai/auth");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    callback_url: "https://c.example/back?state=s",
    code_challenge: "abc",
    code_challenge_method: "S256",
  });
});

test.each([
  [{ key: "sk-or-v1-0123" }, 200, '{"key":"sk-or-v1-0123","user_id":null}'],
  ["refused", 403, '{"error":{}}'],
  ["refused", 400, null],
  ["away", 500, "{}"],
  ["away", 200, '{"key":"with space"}'],
  ["away", 200, "<html>"],
  ["away", 200, "null"],
  ["away", 200, null],
])("%j of %s %j", (told, status, text) => {
  expect(readExchanged(status, text)).toEqual(told);
});
