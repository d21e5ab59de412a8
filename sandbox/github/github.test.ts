import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { control, openWorld, pick, spoil } from "../sign-in/visitor.ts";

const { sandbox, credentials } = await openWorld();
afterAll(() => sandbox.close());
const { github } = credentials;
const CALLBACK = "http://127.0.0.1:3000/api/auth/oauth/github/callback";

type Json = Record<string, unknown>;
const json = async (answer: Response): Promise<Json> => (await answer.json()) as Json;

function authorizeUrl(change: Record<string, string> = {}): { url: URL; verifier: string } {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL(`${github.login_url}/login/oauth/authorize`);
  url.search = new URLSearchParams({
    client_id: github.client_id,
    redirect_uri: CALLBACK,
    scope: "read:user user:email",
    state: "s".repeat(43),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...change,
  }).toString();
  return { url, verifier };
}

async function codeOf(person: string): Promise<{ code: string; code_verifier: string }> {
  const { url, verifier } = authorizeUrl();
  const back = await pick(url, person);
  expect(back.searchParams.get("state")).toBe("s".repeat(43));
  return { code: back.searchParams.get("code") ?? "", code_verifier: verifier };
}

async function exchange(fields: Record<string, string>): Promise<Json & { status: number }> {
  const { client_id, client_secret } = github;
  const answer = await fetch(`${github.login_url}/login/oauth/access_token`, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({ client_id, client_secret, ...fields }),
  });
  return { ...(await json(answer)), status: answer.status };
}

async function ask(token: unknown, path: string): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${String(token)}` };
  const answer = await fetch(`${github.api_url}${path}`, { headers });
  return { status: answer.status, body: await answer.json() };
}

const tokenOf = async (person: string): Promise<unknown> =>
  (await exchange(await codeOf(person)))["access_token"];

describe("sign-in with GitHub", () => {
  it("gives a token for a code once, and tells who it is", async () => {
    const asked = await codeOf("ok");
    const first = await exchange(asked);
    expect(first).toMatchObject({ status: 200, token_type: "bearer", scope: "read:user,user:email" });
    expect((await ask(first["access_token"], "/user")).body).toMatchObject({
      login: "ok",
      name: "Olive Kay",
    });
    expect((await ask(first["access_token"], "/user/emails")).body).toEqual([
      { email: "ok@sandbox.test", primary: true, verified: true, visibility: "private" },
    ]);
    expect(await exchange(asked)).toMatchObject({ status: 200, error: "bad_verification_code" });
    expect((await ask(first["access_token"], "/user")).status).toBe(401);
  });

  it("plays every person as written", async () => {
    const emails = async (person: string) => (await ask(await tokenOf(person), "/user/emails")).body;
    expect(await emails("unverified")).toMatchObject([{ verified: false }]);
    expect(await emails("no-email")).toEqual([]);
    expect(await emails("two-emails")).toMatchObject([
      { email: "two-emails.other@sandbox.test", primary: false },
      { email: "two-emails@sandbox.test", primary: true },
    ]);
    const user = async () => (await ask(await tokenOf("changed-email"), "/user")).body as Json;
    const [first, second] = [await user(), await user()];
    expect(first["id"]).toBe(second["id"]);
    expect(first["email"]).not.toBe(second["email"]);
    const denied = await pick(authorizeUrl().url, "denied");
    expect(denied.searchParams.get("error")).toBe("access_denied");
  });

  test.each([
    ["a wrong secret", { client_secret: "wrong" }, "incorrect_client_credentials"],
    ["an unknown client", { client_id: "wrong" }, "incorrect_client_credentials"],
    ["another address", { redirect_uri: "http://127.0.0.1:3000/other" }, "redirect_uri_mismatch"],
    ["another verifier", { code_verifier: "x".repeat(43) }, "bad_verification_code"],
  ])("200 and an error: %s", async (_, change, code) => {
    expect(await exchange({ ...(await codeOf("ok")), ...change })).toMatchObject({
      status: 200,
      error: code,
    });
  });

  test.each(["expired_code", "replayed_code"])("200 and an error: %s", async (fault) => {
    const asked = await codeOf("ok");
    await spoil(sandbox, "github", fault);
    expect(await exchange(asked)).toMatchObject({ status: 200, error: "bad_verification_code" });
  });

  it("a code lives ten minutes", async () => {
    const asked = await codeOf("ok");
    await control(sandbox, "POST", "/clock", { advance: "10m" });
    expect(await exchange(asked)).toMatchObject({ error: "bad_verification_code" });
  });

  it("addresses are for who was asked for them", async () => {
    const { url, verifier } = authorizeUrl({ scope: "read:user" });
    const code = (await pick(url, "ok")).searchParams.get("code") ?? "";
    const { access_token } = await exchange({ code, code_verifier: verifier });
    expect((await ask(access_token, "/user/emails")).status).toBe(404);
    expect((await ask(access_token, "/user")).status).toBe(200);
  });

  it("never sends anybody to an address that is not registered, nor for an unknown client", async () => {
    const elsewhere = authorizeUrl({ redirect_uri: "https://elsewhere.example/" }).url;
    expect((await fetch(elsewhere, { redirect: "manual" })).status).toBe(400);
    expect((await fetch(authorizeUrl({ client_id: "somebody" }).url)).status).toBe(404);
  });
});

const SPECS = join(process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs"));
describe.skipIf(!existsSync(SPECS))("GitHub's published shapes", () => {
  it("a token's answer has the fields of the recorded one, a refusal those of the documented one", async () => {
    const read = (name: string) => JSON.parse(readFileSync(join(SPECS, "oauth", name), "utf8")) as Json;
    const cases = read("github-access-token.json")["cases"] as { name: string; response: Json }[];
    const recorded = cases.find(({ name }) => name === "OAuth app web flow, two scopes")?.response ?? {};
    const { status: _, ...given } = await exchange(await codeOf("ok"));
    expect(Object.keys(given).toSorted()).toEqual(Object.keys(recorded).toSorted());
    const errors = read("github-access-token-errors.json")["errors"] as Json[];
    for (const known of errors) {
      const change = {
        incorrect_client_credentials: { client_secret: "wrong" },
        redirect_uri_mismatch: { redirect_uri: "http://127.0.0.1:1/" },
        bad_verification_code: { code: "wrong" },
      }[String(known["error"])];
      const refused = await exchange({ ...(await codeOf("ok")), ...change });
      expect(refused).toMatchObject({ error: known["error"], error_description: known["error_description"] });
    }
  });
});
