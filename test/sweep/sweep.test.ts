/** Every operation of the OpenAPI document, called by all who may not and by one who may. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, describe, expect, test } from "vitest";
import { SCOPES, type Scope } from "../../server/kernel/tenancy/index.ts";
import { newId } from "../../server/platform/ids.ts";
import { startTestApp } from "../harness/app.ts";
import type { Answer, CallOptions, Client } from "../harness/client.ts";
import { examples, type Example } from "./examples.ts";
import { readOperations, type Operation } from "./operations.ts";

const app = await startTestApp();
afterAll(() => app.close());

const { document, operations } = await readOperations(app.anonymous);
const ajv = new Ajv2020({ strict: false, validateFormats: true });
addFormats.default(ajv);
ajv.addFormat("int64", true).addSchema(document, "contract");

const LOWER = { agent: "viewer", admin: "agent", owner: "admin", operator: "owner" } as const;
const neighbour = await app.neighbour();
const ended = await app.signIn();
await ended.call("POST", "/api/auth/logout");
const scopeNames = Object.keys(SCOPES) as Scope[];
const revoked = await app.createKey(app.owner, { scopes: scopeNames });
await app.owner.call("DELETE", `/api/api-keys/${revoked.id}`);

const codeOf = ({ body }: Answer): unknown => body.code ?? (body.error as { code?: unknown })?.code;

/** The operation as its example calls it, ready for any caller. */
async function prepare(operation: Operation, example: Example) {
  const params = (await example.params?.(app)) ?? {};
  const body = typeof example.body === "function" ? await example.body(app) : example.body;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`the example of ${operation.id} has no ${name}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams(example.query).toString();
  const { headers = {} } = example;
  return (caller: Client, { headers: more, ...change }: CallOptions & { query?: string } = {}) =>
    caller.call(operation.method, [path, change.query ?? query].filter(Boolean).join("?"), {
      ...(body === undefined ? {} : { body }),
      headers: { ...headers, ...more },
      ...change,
    });
}

async function status(call: Promise<Answer>): Promise<[number, unknown]> {
  const answer = await call;
  return [answer.status, codeOf(answer)];
}

test("the sweep knows every operation, and no other", () => {
  expect(operations.length).toBeGreaterThan(10);
  expect(operations.map(({ id }) => id).toSorted()).toEqual(Object.keys(examples).toSorted());
});

test("scopes that operations ask for are those that keys can have", () => {
  const asked = new Set(operations.flatMap(({ access }) => ("scope" in access ? [access.scope] : [])));
  expect(scopeNames).toEqual(expect.arrayContaining([...asked]));
});

describe.each(operations)("$method $path", (operation) => {
  const example = examples[operation.id] ?? {};
  const { access } = operation;
  const call = prepare(operation, example);

  describe.runIf(access.least !== "anyone")("refuses", () => {
    test("401 nobody, an ended session, a revoked key", async () => {
      for (const caller of [app.anonymous, ended, revoked.client])
        expect(await status((await call)(caller))).toEqual([401, "unauthenticated"]);
    });

    test("403 the next lower role", async ({ skip }) => {
      const lower = access.least === "anyone" || access.least === "viewer" ? null : LOWER[access.least];
      if (lower === null) return skip("there is no lower role than viewer");
      expect(await status((await call)(await app.member(lower)))).toEqual([403, "forbidden"]);
    });

    test("403 a key without the scope", async () => {
      const scope = "scope" in access ? access.scope : undefined;
      const { client } = await app.createKey(app.owner, {
        scopes: scopeNames.filter((name) => name !== scope),
      });
      const code = access.least === "operator" ? "forbidden" : "scope_missing";
      expect(await status((await call)(client))).toEqual([403, code]);
    });

    test("403 a header that names another organization", async () => {
      const headers = { "x-organization-id": newId("org") };
      expect(await status((await call)(app.owner, { headers }))).toEqual([403, "tenant_mismatch"]);
    });

    test("403 an unsafe call from a page that is not ours", async ({ skip }) => {
      if (operation.method === "GET") return skip("a read changes nothing");
      const headers = { origin: "https://elsewhere.example" };
      expect(await status((await call)(app.owner, { headers }))).toEqual([403, "csrf_failed"]);
    });
  });

  const namesRow = operation.path.includes("{") || example.bodyNamesRow === true;
  test.runIf(namesRow && access.least !== "anyone" && access.least !== "operator")(
    "404 another organization's id",
    async () => {
      expect(await status((await call)(neighbour))).toEqual([404, "not_found"]);
    },
  );

  test.runIf(!example.streams)("400 an unknown query parameter", async () => {
    const query = new URLSearchParams({ ...example.query, colour: "red" }).toString();
    expect(await status((await call)(app.owner, { query }))).toEqual([400, "unknown_parameter"]);
  });

  test.runIf(operation.idempotent)("400 without an Idempotency-Key", async () => {
    expect(await status((await call)(app.owner, { idempotencyKey: null }))).toEqual([
      400,
      "idempotency_key_required",
    ]);
  });

  test.runIf(operation.hasBody)("a body of another shape", async () => {
    const code = "invalid_input";
    expect(await status((await call)(app.owner, { body: [] }))).toEqual([operation.openai ? 400 : 422, code]);
    if (operation.openai) return;
    expect(await status((await call)(app.owner, { body: { colour: "red" } }))).toEqual([422, code]);
  });

  test("lets in who may, and answers as the document says", async () => {
    if (example.streams) return expect(await head(operation)).toBe(operation.successStatus);
    // Its own person's session: some operations end or move it.
    const answer = await (await call)(access.least === "anyone" ? app.anonymous : await app.signIn());
    expect([answer.status, answer.status < 300 ? "" : codeOf(answer)]).toEqual([
      example.status ?? operation.successStatus,
      example.status ? codeOf(answer) : "",
    ]);
    const pointer = example.status ? "/components/schemas/Problem" : operation.answerPointer;
    if (pointer === null) return;
    const matches = ajv.compile({ $ref: `contract#${pointer}` });
    matches(answer.body);
    expect(matches.errors).toBeNull();
  });
});

/** Reads the head of an answer that does not end by itself. */
async function head({ method, path }: Operation): Promise<number> {
  const ending = new AbortController();
  const { headers } = app.owner;
  const answer = await fetch(`${app.url}${path}`, { method, headers, signal: ending.signal });
  ending.abort();
  return answer.status;
}
