import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startAlone, type Alone } from "./alone.ts";

let box: Alone;
beforeAll(async () => {
  box = await startAlone();
});
afterAll(() => box.close());

const VERIFIER = "a-verifier-of-more-than-forty-three-characters";
const challenge = createHash("sha256").update(VERIFIER).digest("base64url");

async function agree(person: string): Promise<Response> {
  const url = new URL(`${box.url}/openrouter/auth`);
  url.searchParams.set("callback_url", "https://console.example/back?state=s");
  url.searchParams.set("code_challenge", challenge);
  url.searchParams.set("code_challenge_method", "S256");
  expect((await fetch(url)).status).toBe(200);
  return fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams({ person }) });
}
const exchange = (code: string, verifier = VERIFIER) =>
  fetch(`${box.url}/openrouter/api/v1/auth/keys`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, code_verifier: verifier, code_challenge_method: "S256" }),
  });
const codeOf = (answer: Response): string => {
  const back = new URL(answer.headers.get("location") ?? "");
  expect(back.searchParams.get("state")).toBe("s");
  return back.searchParams.get("code") ?? "";
};

it("gives a key for a code, once, to whoever knows the verifier", async () => {
  const stolen = codeOf(await agree("ok"));
  expect((await exchange(stolen, `${VERIFIER}x`)).status).toBe(403);
  const code = codeOf(await agree("ok"));
  const answer = await exchange(code);
  expect(answer.status).toBe(200);
  const { key } = (await answer.json()) as { key: string };
  const asked = await fetch(`${box.url}/openrouter/api/v1/key`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(asked.status).toBe(200);
  expect((await exchange(code)).status).toBe(403);
  expect((await exchange("auth_code_nowhere_00000000000000000000")).status).toBe(403);
});

it("gives nothing to who is refused", async () => {
  const answer = await agree("denied");
  expect(answer.headers.get("location")).toBeNull();
});
