/** Every operation of the OpenAPI document, called by all who may not and by one who may. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, expect, test } from "vitest";
import { PERMISSIONS, SCOPES, type Scope } from "../../server/kernel/tenancy/index.ts";
import { newId } from "../../server/platform/ids.ts";
import { startTestApp } from "../harness/app.ts";
import { addNeighbour, OWNER } from "../harness/people.ts";
import { createClient, type Answer, type CallOptions, type Client } from "../harness/client.ts";
import { examples, type Example } from "./examples.ts";
import { readOperations, type Operation } from "./operations.ts";
import { aSuspendedOwner } from "./rows-team.ts";

// The calls make many members and invitations.
const app = await startTestApp({ llm: ["openai"], env: { SEATS_PER_ORGANIZATION: "10000" } });
afterAll(() => app.close());

const { document, operations } = await readOperations(app.anonymous);
const ajv = new Ajv2020({ strict: false, validateFormats: true });
addFormats.default(ajv);
ajv.addFormat("int64", true).addSchema(document, "contract");

const LOWER = { agent: "viewer", admin: "agent", owner: "admin", operator: "owner" } as const;
const ended = await app.signIn();
await ended.call("POST", "/api/auth/logout");
const { body: tokens } = await app.anonymous.call("POST", "/api/auth/login", {
  body: { ...OWNER, mode: "token" },
});
const endedToken = createClient(app.url, { authorization: `Bearer ${String(tokens.access_token)}` });
await endedToken.call("POST", "/api/auth/logout");
const scopeNames = Object.keys(SCOPES) as Scope[];
const revoked = await app.createKey(app.owner, { scopes: scopeNames });
await app.owner.call("DELETE", `/api/api-keys/${revoked.id}`);
const unenrolled = await withoutFactor();

/** An owner whose organization asks for the second factor that they lack. */
async function withoutFactor(): Promise<Client> {
  const email = "unenrolled@example.com";
  await addNeighbour(app.sql, email);
  await app.sql(
    `insert into tenancy.policies (org_id, mfa_required, updated_at)
     select d.org_id, true, now() from tenancy.member_directory d
     join identity.users u on u.id = d.user_id where u.email = $1`,
    [email],
  );
  return app.signIn({ ...OWNER, email });
}

/** The operation as its example calls it, ready for any caller. */
async function prepare(operation: Operation) {
  const { params = {}, body, query, headers } = (await exampleOf(operation).given?.(app)) ?? {};
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`the example of ${operation.id} has no ${name}`);
    return encodeURIComponent(value);
  });
  return (caller: Client, change: CallOptions & { query?: Record<string, string> } = {}) => {
    const search = new URLSearchParams({ ...query, ...change.query }).toString();
    return caller.call(operation.method, search ? `${path}?${search}` : path, {
      ...(body === undefined ? {} : { body }),
      ...change,
      headers: { ...headers, ...change.headers },
    });
  };
}

/** What a key needs for it. */
const scopeOf = (access: Operation["access"]) => {
  if (access.least === "anyone" || access.least === "operator") return undefined;
  return access.scope ?? access.permission;
};
const exampleOf = ({ id }: Operation): Example => examples[id] ?? {};
const codeOf = ({ body }: Answer): unknown => body.code ?? (body.error as { code?: unknown })?.code;
const outcome = async (call: Promise<Answer>): Promise<[number, unknown]> => {
  const answer = await call;
  return [answer.status, codeOf(answer)];
};

const guarded = operations.filter(({ access }) => access.least !== "anyone");
const ofTenants = guarded.filter(({ access }) => access.least !== "operator");

test("the sweep knows every operation, and no other", () => {
  expect(operations.length).toBeGreaterThan(10);
  expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(examples).toSorted());
});

test("permissions and scopes that operations ask for are those that people and keys can have", () => {
  for (const { id, access } of operations) {
    if (!("permission" in access || "scope" in access)) continue;
    const { least, permission, scope = permission } = access;
    expect([id, scopeNames]).toEqual([id, expect.arrayContaining([scope])]);
    if (permission) expect([id, PERMISSIONS[permission as keyof typeof PERMISSIONS]]).toEqual([id, least]);
  }
});

test.each(guarded)(
  "401 $method $path: nobody, an ended session or token, a revoked key",
  async (operation) => {
    const call = await prepare(operation);
    for (const caller of [app.anonymous, ended, endedToken, revoked.client])
      expect(await outcome(call(caller))).toEqual([401, "unauthenticated"]);
  },
);

const ranked = guarded.filter(({ access }) => access.least !== "viewer");
test.each(ranked)("403 $method $path: the next lower role", async (operation) => {
  const caller = await app.member(LOWER[operation.access.least as keyof typeof LOWER]);
  expect(await outcome((await prepare(operation))(caller))).toEqual([403, "forbidden"]);
});

const keys = new Map<string | undefined, Promise<Client>>();
/** A key that has every scope but this one. */
function keyWithout(scope: string | undefined): Promise<Client> {
  const scopes = scopeNames.filter((name) => name !== scope);
  const key = keys.get(scope) ?? app.createKey(app.owner, { scopes }).then(({ client }) => client);
  keys.set(scope, key);
  return key;
}
test.each(guarded)("403 $method $path: a key without the scope", async (operation) => {
  const { access } = operation;
  const scope = scopeOf(access);
  const client = await keyWithout(scope);
  const code = access.least === "operator" ? "forbidden" : "scope_missing";
  expect(await outcome((await prepare(operation))(client))).toEqual([403, code]);
});

const proving = guarded.filter(({ proof }) => proof);
const unproven = await app.signIn();
await app.sql(
  `update identity.sessions set proven_at = now() - interval '11 minutes' where id = (
     select id from identity.sessions where kind = 'browser' order by created_at desc, id desc limit 1)`,
);
test.each(proving)("403 $method $path: a proof that is too old", async (operation) => {
  expect(await outcome((await prepare(operation))(unproven))).toEqual([403, "reauth_required"]);
});

const suspended = await aSuspendedOwner(app);
const stopping = ofTenants.filter(({ whenSuspended }) => !whenSuspended);
test.each(stopping)("403 $method $path: an organization that is suspended", async (operation) => {
  expect(await outcome((await prepare(operation))(suspended))).toEqual([403, "organization_suspended"]);
});
// An act that goes on is called with a body of another shape: it must not be done, only let in.
const goingOn = ofTenants.filter(
  (operation) => operation.whenSuspended && (operation.method === "GET" || operation.hasBody),
);
test.each(goingOn)("$method $path goes on while the organization is suspended", async (operation) => {
  const change = operation.hasBody ? { body: [] } : {};
  const [, code] = await outcome((await prepare(operation))(suspended, change));
  expect(code).not.toBe("organization_suspended");
});

test.each(guarded)("403 $method $path: a header that names another organization", async (operation) => {
  const headers = { "x-organization-id": newId("org") };
  expect(await outcome((await prepare(operation))(app.owner, { headers }))).toEqual([403, "tenant_mismatch"]);
});

const unsafe = guarded.filter(({ method }) => method !== "GET");
test.each(unsafe)("403 $method $path: a page that is not ours", async (operation) => {
  const headers = { origin: "https://elsewhere.example" };
  expect(await outcome((await prepare(operation))(app.owner, { headers }))).toEqual([403, "csrf_failed"]);
});

const people = ofTenants.filter(({ beforeMfa }) => !beforeMfa);
test.each(people)("403 $method $path: somebody who must set up a second factor", async (operation) => {
  expect(await outcome((await prepare(operation))(unenrolled))).toEqual([403, "mfa_required"]);
});

const naming = ofTenants.filter((operation) => {
  const { bodyNamesRow, pathIsPublic } = exampleOf(operation);
  return bodyNamesRow ?? (operation.path.includes("{") && !pathIsPublic);
});
test.each(naming)("404 $method $path: another organization's id", async (operation) => {
  const call = await prepare(operation);
  expect(await outcome(call(await app.neighbour()))).toEqual([404, "not_found"]);
});

const strict = operations.filter((operation) => !exampleOf(operation).takesAnyQuery);
test.each(strict)("400 $method $path: an unknown query parameter", async (operation) => {
  const query = { colour: "red" };
  const answer = (await prepare(operation))(app.owner, { query });
  expect(await outcome(answer)).toEqual([400, "unknown_parameter"]);
});

test.each(["limit=0", "cursor=nonsense", "kind=a%00"])(
  "400 for %s, which is known and not valid",
  async (query) => {
    const answer = await app.owner.call("GET", `/api/ledger/transactions?${query}`);
    const errors = [{ pointer: `/${query.split("=")[0]}` }];
    expect(answer.body).toMatchObject({ status: 400, code: "invalid_parameter", errors });
  },
);

const idempotent = operations.filter((operation) => operation.idempotent);
test.each(idempotent)("400 $method $path: no Idempotency-Key", async (operation) => {
  const answer = (await prepare(operation))(app.owner, { idempotencyKey: null });
  expect(await outcome(answer)).toEqual([400, "idempotency_key_required"]);
});

const taking = operations.filter(({ hasBody }) => hasBody);
test.each(taking)("422 $method $path: a body of another shape", async (operation) => {
  const call = await prepare(operation);
  const refused = [operation.foreign ? 400 : 422, "invalid_input"];
  expect(await outcome(call(app.owner, { body: [] }))).toEqual(refused);
  if (!operation.foreign)
    expect(await outcome(call(app.owner, { body: { colour: "red" } }))).toEqual(refused);
});

test.each(operations)("2xx $method $path: who may, answered as the document says", async (operation) => {
  const { by, streams, status, spendsSession } = exampleOf(operation);
  if (streams) return expect(await head(operation)).toBe(operation.successStatus);
  const caller = spendsSession ? await app.signIn() : ((await by?.(app)) ?? app.owner);
  const answer = await (
    await prepare(operation)
  )(operation.access.least === "anyone" ? app.anonymous : caller);
  expect({ status: answer.status, text: answer.text }).toMatchObject({
    status: status ?? operation.successStatus,
  });
  const pointer = (status ?? 0) >= 400 ? operation.errorPointer : operation.answerPointer;
  if (pointer === null) return;
  const matches = ajv.compile({ $ref: `contract#${pointer}` });
  matches(answer.body);
  expect(matches.errors).toBeNull();
});

/** Reads the head of an answer that does not end by itself. */
async function head({ method, path }: Operation): Promise<number> {
  const ending = new AbortController();
  const { headers } = app.owner;
  const answer = await fetch(`${app.url}${path}`, { method, headers, signal: ending.signal });
  ending.abort();
  return answer.status;
}
