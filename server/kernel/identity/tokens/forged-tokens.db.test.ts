/** Tokens that somebody else made, and the change of our keys. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { KEYRING } from "../../../../test/harness/people.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { rotateKeys } from "./rotate-keys.ts";

let server: SignInServer;
const sealer = createSealer([KEYRING]);
const DAY_MS = 86_400_000;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());

type Part = Record<string, unknown>;
const read = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Part;
const write = (part: Part) => Buffer.from(JSON.stringify(part)).toString("base64url");
const login = async () => {
  const { body } = await call(server, "POST", "/api/auth/login", { body: { ...OWNER, mode: "token" } });
  return String(body.access_token);
};
const taken = async (token: string, headers = {}) =>
  (
    await call(server, "GET", "/api/auth/me", {
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
  ).status;
/** Keys as this process knows them after a look at the database: as a process that has just started. */
const freshTokens = () => createAccessTokens({ ...server, sealer });

test("a token of another make is 401, also beside a good cookie", async () => {
  const good = await login();
  const browser = await signIn(server);
  const [head = "", claims = "", signature = ""] = good.split(".");
  const [header, payload] = [read(head), read(claims)];
  const { keys } = await server.accessTokens.published();
  const x = keys[0]?.x ?? "";
  const theirs = generateKeyPairSync("ed25519");
  const byTheirs = (change: Part, said: Part = {}, key: KeyObject = theirs.privateKey) => {
    const text = `${write({ ...header, ...change })}.${write({ ...payload, ...said })}`;
    return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
  };
  const byHmac = (secret: Buffer | string, alg = "HS256") => {
    const text = `${write({ ...header, alg })}.${claims}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  };
  const jwk = theirs.publicKey.export({ format: "jwk" });
  const forged = {
    none: `${write({ ...header, alg: "none" })}.${claims}.`,
    "none with a signature": `${write({ ...header, alg: "none" })}.${claims}.${signature}`,
    "no algorithm": `${write({ kid: header.kid, typ: header.typ })}.${claims}.${signature}`,
    "HMAC by the public key": byHmac(Buffer.from(x, "base64url")),
    "HMAC by the public key's text": byHmac(x),
    "HMAC by the published JSON": byHmac(JSON.stringify(keys[0])),
    "HMAC called EdDSA": byHmac(Buffer.from(x, "base64url"), "EdDSA"),
    "an unknown kid": byTheirs({ kid: "sgk_00000000000070008000000000000000" }),
    "no kid": byTheirs({ kid: undefined }),
    "our kid, their key": byTheirs({}),
    "a key of its own": byTheirs({ jwk }),
    "a key of its own alone": byTheirs({ jwk, kid: undefined }),
    jku: byTheirs({ jku: "https://evil.example/jwks.json" }),
    x5u: byTheirs({ x5u: "https://evil.example/cert.pem" }),
    x5c: byTheirs({ x5c: ["AAAA"] }),
    "a header of ours with jku": `${write({ ...header, jku: "https://evil.example" })}.${claims}.${signature}`,
    crit: byTheirs({ crit: ["exp"] }),
    "other claims": `${head}.${write({ ...payload, sub: "usr_00000000000070008000000000000000" })}.${signature}`,
    "a longer life": `${head}.${write({ ...payload, exp: 9_999_999_999 })}.${signature}`,
    "a cut signature": good.slice(0, -4),
    "another signature's length": `${head}.${claims}.${signature}AAAA`,
    "too long": `${head}.${claims}.${"A".repeat(5_000)}`,
  };
  for (const [name, token] of Object.entries(forged))
    expect([name, await taken(token, { cookie: browser.cookie })]).toEqual([name, 401]);
  expect(await taken(good)).toBe(200);
});

test("a token that we signed for others, of another type, or for later, is 401", async () => {
  const { sub, org, sid, amr, auth_time: authTime } = read((await login()).split(".")[1]);
  const claims = {
    userId: sub as never,
    orgId: org as never,
    sessionId: sid as never,
    scopes: null,
    amr: amr as string[],
    authTime: new Date(Number(authTime) * 1000),
  };
  const elsewhere = createAccessTokens({ ...server, sealer, config: { BASE_URL: "https://other.example" } });
  expect(await taken(await elsewhere.sign(claims))).toBe(401);
  const later = { now: () => new Date(server.clock.now().getTime() + 31_000) };
  expect(await taken(await createAccessTokens({ ...server, clock: later, sealer }).sign(claims))).toBe(401);
  const soon = { now: () => new Date(server.clock.now().getTime() + 29_000) };
  expect(await taken(await createAccessTokens({ ...server, clock: soon, sealer }).sign(claims))).toBe(200);
});

test("a warm token costs no query, however many ask", async () => {
  const token = await login();
  const ask = () => taken(token);
  expect(await ask()).toBe(200);
  await server.authenticate.settled();
  const headers = { authorization: `Bearer ${token}` };
  const asked = { headers, method: "GET", url: "/api/x", ip: "127.0.0.1", open: false };
  const warm = server.queries();
  await Promise.all(Array.from({ length: 200 }, () => server.authenticate(asked)));
  expect(server.queries()).toBe(warm);
});

test("a key is published a day before it signs; the one before it serves until its last token expires", async () => {
  const kids = async () => (await freshTokens().published()).keys.map(({ kid }) => kid);
  const kidOf = (token: string) => read(token.split(".")[0]).kid;
  const deps = { db: server.db, clock: server.clock, sealer };
  const [first] = await kids();
  server.clock.advance(89 * DAY_MS - 1_000);
  await rotateKeys(deps);
  expect(await kids()).toEqual([first]);
  server.clock.advance(1_000);
  await Promise.all([rotateKeys(deps), rotateKeys(deps), rotateKeys(deps)]);
  const [, second, ...more] = await kids();
  expect(second).toMatch(/^sgk_/);
  expect(more).toEqual([]);
  const tokens = freshTokens();
  const { sub, org, sid, amr } = read((await login()).split(".")[1]);
  const sign = () =>
    tokens.sign({
      userId: sub as never,
      orgId: org as never,
      sessionId: sid as never,
      scopes: null,
      amr: amr as string[],
      authTime: server.clock.now(),
    });
  server.clock.advance(DAY_MS - 1_000);
  const old = await sign();
  expect(kidOf(old)).toBe(first);
  server.clock.advance(1_000);
  expect(kidOf(await sign())).toBe(second);
  server.clock.advance(900_000 - 1_000);
  expect(await freshTokens().verify(old)).not.toBeNull();
  server.clock.advance(31_000);
  expect(await freshTokens().verify(old)).toBeNull();
  server.clock.advance(31_000);
  expect(await kids()).toEqual([second]);
  await rotateKeys(deps);
  const rows = await server.asDatabaseOwner<{ id: string }>("select id from identity.signing_keys");
  expect(rows.map(({ id }) => id)).toEqual([second]);
  const trail = await server.asDatabaseOwner<{ action: string }>(
    "select action from identity.audit_entries where action like 'signing_key.%' order by created_at, id",
  );
  expect(trail.map(({ action }) => action)).toEqual([
    "signing_key.published",
    "signing_key.published",
    "signing_key.removed",
  ]);
});

test("a private key lies in the database sealed, and opens in its own row alone", async () => {
  const [row] = await server.asDatabaseOwner<{ id: string; private_key_sealed: Buffer }>(
    "select id, private_key_sealed from identity.signing_keys",
  );
  const sealed = row?.private_key_sealed ?? Buffer.alloc(0);
  expect(sealer.open(sealed, `signing key ${row?.id}`).length).toBe(32);
  expect(() => sealer.open(sealed, "signing key sgk_1")).toThrow();
});

test("signing and checking go on while the key manager is down", async () => {
  let down = false;
  const failing = {
    ...sealer,
    open(sealed: Buffer, place: string) {
      if (down) throw new Error("the key manager is down");
      return sealer.open(sealed, place);
    },
  };
  const tokens = createAccessTokens({ ...server, sealer: failing });
  const { sub, org, sid, amr } = read((await login()).split(".")[1]);
  const claims = {
    userId: sub as never,
    orgId: org as never,
    sessionId: sid as never,
    scopes: null,
    amr: amr as string[],
    authTime: server.clock.now(),
  };
  await tokens.sign(claims);
  down = true;
  expect(await tokens.verify(await tokens.sign(claims))).not.toBeNull();
});
