/** Google and the generic issuer, driven by a certified client. */
import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import * as oidc from "openid-client";
import { afterAll, describe, expect, it, test } from "vitest";
import { CALLBACK, control, openWorld, pick, spoil, type Credentials } from "./visitor.ts";

const { sandbox, credentials } = await openWorld();
afterAll(() => sandbox.close());

type Issuer = "google" | "oidc";
const callbackOf = (issuer: Issuer): string =>
  issuer === "google" ? CALLBACK : "http://127.0.0.1:3000/api/auth/sso/callback";

async function client(issuer: Issuer, change: Partial<Credentials["google"]> = {}) {
  const known = { ...credentials[issuer], ...change };
  const config = await oidc.discovery(
    new URL(known.issuer),
    known.client_id,
    known.client_secret,
    undefined,
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  );
  return config;
}

type Config = Awaited<ReturnType<typeof client>>;

/** One sign-in up to the callback: what the browser brings back, and what the client remembers. */
async function authorize(config: Config, issuer: Issuer, person: string, email = "") {
  const verifier = oidc.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callbackOf(issuer),
    scope: "openid email profile",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  return { url, checks, back: await pick(url, person, email) };
}

async function claims(issuer: Issuer, person: string, email = "") {
  const config = await client(issuer);
  const { back, checks } = await authorize(config, issuer, person, email);
  const tokens = await oidc.authorizationCodeGrant(config, back, checks);
  return { config, tokens, claims: tokens.claims() };
}

describe.each(["google", "oidc"] as const)("%s", (issuer) => {
  it("signs who was picked in: a certified client takes the tokens, userinfo says the same", async () => {
    const { config, tokens, claims: told } = await claims(issuer, "ok");
    expect(told).toMatchObject({ email: "ok@sandbox.test", email_verified: true, name: "Olive Kay" });
    expect(told?.sub).toMatch(/^\d{21}$/);
    const user = await oidc.fetchUserInfo(config, tokens.access_token, told?.sub ?? "");
    expect(user).toMatchObject({ email: "ok@sandbox.test" });
    await oidc.tokenRevocation(config, tokens.access_token);
    await expect(oidc.fetchUserInfo(config, tokens.access_token, told?.sub ?? "")).rejects.toThrow();
  });

  it("plays every person as written", async () => {
    expect((await claims(issuer, "unverified")).claims).toMatchObject({ email_verified: false });
    expect((await claims(issuer, "no-email")).claims).not.toHaveProperty("email");
    expect((await claims(issuer, "two-emails")).claims).toMatchObject({ email: "two-emails@sandbox.test" });
    const first = (await claims(issuer, "changed-email")).claims;
    const second = (await claims(issuer, "changed-email")).claims;
    expect(first?.email).not.toBe(second?.email);
    expect(first?.sub).toBe(second?.sub);
    const { back } = await authorize(await client(issuer), issuer, "denied");
    expect(back.searchParams.get("error")).toBe("access_denied");
    expect((await claims(issuer, "other", "Who@Acme.Test")).claims).toMatchObject({
      email: "who@acme.test",
      email_verified: true,
    });
  });

  test.each([
    "wrong_aud",
    "wrong_nonce",
    "wrong_iss",
    "alg_none",
    "bad_signature",
    "old_token",
    "unknown_key",
  ])("%s is caught by a client that checks", async (fault) => {
    const config = await client(issuer);
    const { back, checks } = await authorize(config, issuer, "ok");
    await spoil(sandbox, issuer, fault);
    await expect(oidc.authorizationCodeGrant(config, back, checks)).rejects.toThrow();
  });

  it("signs with a new key after a rotation, and publishes it beside the old one", async () => {
    const before = (await control(sandbox, "POST", `/${issuer}/rotate-keys`)) as { keys?: unknown[] };
    const config = await client(issuer);
    const { back, checks } = await authorize(config, issuer, "ok");
    await spoil(sandbox, issuer, "rotated_key");
    expect((await oidc.authorizationCodeGrant(config, back, checks)).claims()?.sub).toBeDefined();
    expect(before.keys?.length).toBeGreaterThanOrEqual(2);
  });

  it("spends a code once, with its own verifier, within ten minutes", async () => {
    const config = await client(issuer);
    const once = await authorize(config, issuer, "ok");
    const other = { ...once.checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
    await expect(oidc.authorizationCodeGrant(config, once.back, other)).rejects.toThrow();
    await expect(oidc.authorizationCodeGrant(config, once.back, once.checks)).rejects.toMatchObject({
      error: "invalid_grant",
    });
    const late = await authorize(config, issuer, "ok");
    await control(sandbox, "POST", "/clock", { advance: "10m" });
    await expect(oidc.authorizationCodeGrant(config, late.back, late.checks)).rejects.toMatchObject({
      error: "invalid_grant",
    });
    for (const fault of ["expired_code", "replayed_code"]) {
      const asked = await authorize(config, issuer, "ok");
      await spoil(sandbox, issuer, fault);
      await expect(oidc.authorizationCodeGrant(config, asked.back, asked.checks)).rejects.toMatchObject({
        error: "invalid_grant",
      });
    }
  });

  it("a code shown twice takes its token with it", async () => {
    const config = await client(issuer);
    const { back, checks } = await authorize(config, issuer, "ok");
    const tokens = await oidc.authorizationCodeGrant(config, back, checks);
    await expect(oidc.authorizationCodeGrant(config, back, checks)).rejects.toThrow();
    const sub = tokens.claims()?.sub ?? "";
    await expect(oidc.fetchUserInfo(config, tokens.access_token, sub)).rejects.toThrow();
  });

  it("never sends anybody to an address that is not registered", async () => {
    const config = await client(issuer);
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: "https://elsewhere.example/callback",
      scope: "openid",
    });
    const answer = await fetch(url, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
  });

  it("refuses a client that is not the world's, in the company's words", async () => {
    const config = await client(issuer, { client_secret: "wrong" });
    const { back, checks } = await authorize(config, issuer, "ok");
    await expect(oidc.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject({
      error: "invalid_client",
    });
    const { url } = await authorize(await client(issuer), issuer, "ok");
    url.searchParams.set("client_id", "somebody");
    expect((await fetch(url)).status).toBe(401);
  });

  it("the page wears the ribbon and names everybody", async () => {
    const { url } = await authorize(await client(issuer), issuer, "ok");
    const page = await (await fetch(url)).text();
    expect(page).toContain('class="ribbon"');
    for (const key of ["ok", "unverified", "denied", "no-email", "changed-email", "two-emails"])
      expect(page).toContain(`value="${key}"`);
  });
});

const SPECS = join(process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs"), "oauth");
const spec = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(SPECS, name), "utf8")) as Record<string, unknown>;

describe.skipIf(!existsSync(SPECS))("Google's published shapes", () => {
  it("discovery says what Google's says, less what is not built", async () => {
    const known = spec("google-openid-configuration.json");
    const answer = await fetch(`${credentials.google.issuer}/.well-known/openid-configuration`);
    const told = (await answer.json()) as Record<string, unknown>;
    expect(Object.keys(known).filter((name) => !(name in told))).toEqual(["device_authorization_endpoint"]);
    for (const [name, value] of Object.entries(told)) {
      if (typeof value === "string") expect(known).toHaveProperty(name);
      else expect(known[name]).toEqual(expect.arrayContaining(value as unknown[]));
    }
  });

  it("keys have Google's fields", async () => {
    const shape = spec("google-jwks-shape.json") as { key_fields: string[] };
    const answer = await fetch(`${credentials.google.issuer}/oauth2/v3/certs`);
    const { keys } = (await answer.json()) as { keys: Record<string, string>[] };
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(shape.key_fields.toSorted());
      expect(key).toMatchObject({ kty: "RSA", use: "sig", alg: "RS256" });
      expect(key["kid"]).toMatch(/^[0-9a-f]{40}$/);
    }
  });
});

describe("DNS over HTTPS", () => {
  it("answers the TXT records that a world was given, and that a name does not exist", async () => {
    const ask = async (name: string) =>
      (await fetch(`${credentials.oidc.dns_url}?name=${name}&type=TXT`)).json() as Promise<unknown>;
    expect(await ask("_holdfast.acme.test")).toMatchObject({ Status: 3 });
    await control(sandbox, "PUT", "/oidc/dns", { name: "_holdfast.acme.test", txt: ["holdfast=abc"] });
    expect(await ask("_holdfast.acme.test")).toMatchObject({
      Status: 0,
      Answer: [{ type: 16, data: '"holdfast=abc"' }],
    });
    await control(sandbox, "PUT", "/oidc/dns", { name: "_holdfast.acme.test", txt: [] });
    expect(await ask("_holdfast.acme.test")).toMatchObject({ Status: 3 });
  });
});
