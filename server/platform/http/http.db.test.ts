import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createTestDatabase } from "../../../test/harness/database.ts";
import { manualClock } from "../clock.ts";
import { createDb, withTx, type Db } from "../db/index.ts";
import { newId } from "../ids.ts";
import { Problem, common, problems } from "../problem.ts";
import { createLoops } from "../jobs/index.ts";
import { createLimiter } from "../rate-limit/index.ts";
import { createLogger, createMetrics } from "../telemetry/index.ts";
import { purgeKeys } from "./idempotency.ts";
import {
  createHttp,
  idempotencyJobs,
  idParam,
  instant,
  int64,
  listAnswer,
  listQuery,
  type Actor,
  type Http,
} from "./index.ts";
import { soon } from "../../../test/harness/soon.ts";

const org = newId("org");
const actor: Actor = {
  kind: "session",
  credentialId: newId("ses"),
  userId: newId("usr"),
  keyId: null,
  orgId: org,
  role: "agent",
  operator: false,
  permissions: new Set<string>(),
  scopes: null,
  mode: "test",
  rateLimitPerMin: null,
  provenAt: null,
  suspended: false,
  mfaDue: false,
};
const own = problems({ sold_out: [409, "Sold out"], broke: [402, "No money"] });
const clock = manualClock(new Date("2026-03-01T00:00:00Z"));
const lines: string[] = [];

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;
let http: Http;
let caller: Actor | null;
let work: (operationId: string) => Promise<unknown> = async () => ({ made: 1n });
const runs: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  http = await createHttp({
    logger: createLogger("info", { write: (line) => void lines.push(line) }),
    metrics: createMetrics("0"),
    clock,
    db,
    limiter: createLimiter(),
    authenticate: async () => caller,
    version: "0",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir: null,
  });
  declare();
  await http.app.ready();
});
afterAll(async () => {
  await http.app.close();
  await db.close();
  await database.drop();
});
beforeEach(() => {
  caller = actor;
  runs.length = 0;
  work = async () => ({ made: 1n });
});

function declare() {
  const thing = z.object({ made: int64 }).meta({ id: "Thing" });
  const shared = { tag: "T", summary: "t" };
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/things",
    id: "makeThing",
    access: { least: "agent", scope: "things" },
    idempotent: true,
    limit: "none",
    body: z.strictObject({ name: z.string().max(10) }),
    answer: { status: 201, schema: thing },
    async handle({ operationId }) {
      runs.push(operationId);
      return (await work(operationId)) as { made: bigint };
    },
  });
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/things/:id",
    id: "getThing",
    access: { least: "viewer" },
    params: z.object({ id: idParam("pay") }),
    answer: { status: 200, schema: z.object({ at: instant }) },
    handle: async () => ({ at: new Date(0) }),
  });
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/things",
    id: "listThings",
    access: { least: "anyone" },
    limit: { name: "few", perMinute: 2 },
    query: z.strictObject(listQuery),
    answer: { status: 200, schema: listAnswer(thing) },
    handle: async ({ query }) => ({
      data: [{ made: BigInt(query.limit) }],
      has_more: false,
      next_cursor: null,
    }),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/v1/things",
    id: "openaiThing",
    access: { least: "owner" },
    envelope: "openai",
    bodyLimit: 2_000,
    body: z.looseObject({ model: z.string() }),
    answer: { status: 200, schema: null },
    handle: async () => undefined,
  });
}

const post = (payload: unknown, key: string | null = "k", path = "/api/things") =>
  http.app.inject({
    method: "POST",
    url: path,
    headers: { "content-type": "application/json", ...(key ? { "idempotency-key": key } : {}) },
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });

test("401 without a credential, 403 below the least role or without the scope", async () => {
  caller = null;
  const anonymous = await post({ name: "a" });
  expect(anonymous.statusCode).toBe(401);
  expect(anonymous.headers["content-type"]).toContain("application/problem+json");
  expect(anonymous.json()).toMatchObject({
    code: "unauthenticated",
    status: 401,
    instance: anonymous.headers["x-request-id"],
  });
  caller = { ...actor, role: "viewer" };
  expect((await post({ name: "a" })).json().code).toBe("forbidden");
  caller = { ...actor, scopes: ["others"] };
  expect((await post({ name: "a" })).json().code).toBe("scope_missing");
});

test("422 names the wrong, missing and unknown field; 400 malformed; 413 too large; 415 another type", async () => {
  expect((await post({ name: 7 })).json()).toMatchObject({
    code: "invalid_input",
    errors: [{ pointer: "/name" }],
  });
  const unknown = await post({ name: "a", "colour/~": "red" });
  expect(unknown.json()).toMatchObject({ status: 422, errors: [{ pointer: "/colour~1~0" }] });
  expect((await post([])).json()).toMatchObject({ status: 422, errors: [{ pointer: "" }] });
  expect((await post("{")).json()).toMatchObject({ code: "malformed_json", status: 400 });
  expect((await post(`{"name":"${"a".repeat(1024 * 1024)}"}`)).statusCode).toBe(413);
  const form = await http.app.inject({
    method: "POST",
    url: "/api/things",
    headers: { "content-type": "text/plain" },
    payload: "x",
  });
  expect(form.statusCode).toBe(415);
  expect(runs).toEqual([]);
});

test.each([
  ["NUL", String.raw`{"name":"a\u0000"}`],
  ["half a surrogate pair", String.raw`{"name":"\ud800"}`],
  ["a prototype", '{"name":"a","__proto__":{}}'],
  ["too much depth", `{"name":${"[".repeat(70)}${"]".repeat(70)}}`],
])("422 for %s", async (_what, payload) => {
  expect((await post(payload)).json().code).toBe("invalid_input");
});

test("404 for an id of another shape and for an unknown path", async () => {
  expect((await http.app.inject("/api/things/7")).json().code).toBe("not_found");
  expect((await http.app.inject("/api/nothing")).json().code).toBe("not_found");
  expect((await http.app.inject(`/api/things/${newId("pay")}`)).json()).toEqual({
    at: "1970-01-01T00:00:00.000Z",
  });
});

test("unknown query parameters are 400, limits are counted and said", async () => {
  const bad = await http.app.inject("/api/things?colour=red");
  expect(bad.json()).toMatchObject({ code: "unknown_parameter", errors: [{ pointer: "/colour" }] });
  expect(bad.statusCode).toBe(400);
  expect((await http.app.inject("/api/things?limit=7")).json().data).toEqual([{ made: 7 }]);
  const third = await http.app.inject("/api/things");
  expect(third.statusCode).toBe(429);
  expect(third.headers.ratelimit).toContain("r=0");
  expect(Number(third.headers["retry-after"])).toBeGreaterThan(0);
});

test("a key's own limit of 0 is no limit", async () => {
  caller = { ...actor, rateLimitPerMin: 0, provenAt: null, suspended: false, userId: null };
  expect((await http.app.inject("/api/things")).statusCode).toBe(200);
});

test("400 without an Idempotency-Key or with an unreadable one", async () => {
  expect((await post({ name: "a" }, null)).json().code).toBe("idempotency_key_required");
  expect((await post({ name: "a" }, "x".repeat(256))).json().code).toBe("idempotency_key_invalid");
});

test("the same key and input get the same answer without a second run; quoted and bare are one key", async () => {
  const first = await post({ name: "a" }, "same");
  const again = await post({ name: "a" }, '"same"');
  expect([first.statusCode, again.statusCode]).toEqual([201, 201]);
  expect(again.json()).toEqual(first.json());
  expect(again.headers["idempotency-replayed"]).toBe("true");
  expect(runs.length).toBe(1);
  expect((await post({ name: "b" }, "same")).json()).toMatchObject({
    code: "idempotency_mismatch",
    status: 422,
  });
});

test("a second request while the first runs is 409; after the lease it carries the operation on", async () => {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  work = async () => {
    started.resolve();
    await gate.promise;
    return { made: 2n };
  };
  const first = post({ name: "a" }, "slow");
  await started.promise;
  expect((await post({ name: "a" }, "slow")).json().code).toBe("idempotency_running");
  clock.advance(61_000);
  work = async () => ({ made: 3n });
  expect((await post({ name: "a" }, "slow")).json()).toEqual({ made: 3 });
  expect(new Set(runs).size).toBe(1);
  gate.resolve();
  expect((await first).json()).toEqual({ made: 2 });
  expect((await post({ name: "a" }, "slow")).json()).toEqual({ made: 3 });
});

test("a first runner that fails after its lease was taken over neither frees the key nor erases the answer", async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begin = async (gate: Promise<void>, end: () => unknown) => {
    const started = Promise.withResolvers<void>();
    work = async () => {
      started.resolve();
      await gate;
      return end();
    };
    const answer = post({ name: "a" }, "overtaken");
    await started.promise;
    return { answer };
  };
  const early = await begin(first.promise, () => {
    throw new Error("late fault");
  });
  clock.advance(61_000);
  const late = await begin(second.promise, () => ({ made: 6n }));
  first.resolve();
  expect((await early.answer).statusCode).toBe(500);
  expect((await post({ name: "a" }, "overtaken")).json().code).toBe("idempotency_running");
  second.resolve();
  expect((await late.answer).json()).toEqual({ made: 6 });
  expect((await post({ name: "a" }, "overtaken")).json()).toEqual({ made: 6 });
  expect(runs.length).toBe(2);
});

test("keys are forgotten after 72 hours, of every organization, and no sooner", async () => {
  await post({ name: "a" }, "old");
  clock.advance(72 * 3_600_000 - 1);
  await purgeKeys({ db, clock });
  expect((await post({ name: "a" }, "old")).headers["idempotency-replayed"]).toBe("true");
  caller = { ...actor, orgId: newId("org") };
  await post({ name: "a" }, "young");
  clock.advance(1);
  const loops = createLoops(createLogger("silent"), createMetrics("0"));
  idempotencyJobs(loops, { db, clock });
  await soon(async () =>
    expect(
      await withTx(db, org, (tx) =>
        tx.query("t_old_keys", "select 1 from platform.idempotency_keys where key = 'old'"),
      ),
    ).toEqual([]),
  );
  await loops.stop(5_000);
  expect(await purgeKeys({ db, clock })).toBe(false);
  expect((await post({ name: "a" }, "young")).headers["idempotency-replayed"]).toBe("true");
  caller = actor;
  expect((await post({ name: "a" }, "old")).headers["idempotency-replayed"]).toBeUndefined();
});

test("a refusal is kept, a conflict of state too, but not 401, 402, 429 or a fault of ours", async () => {
  work = async () => {
    throw new Problem(common.not_found, { detail: "gone" });
  };
  expect((await post({ name: "a" }, "gone")).statusCode).toBe(404);
  const again = await post({ name: "a" }, "gone");
  expect([again.statusCode, again.headers["idempotency-replayed"]]).toEqual([404, "true"]);
  work = async () => {
    throw new Problem(own.sold_out);
  };
  const codes = [await post({ name: "a" }, "sold"), await post({ name: "a" }, "sold")];
  expect(codes.map((answer) => answer.json().code)).toEqual(["sold_out", "sold_out"]);
  expect(codes[1]?.headers["idempotency-replayed"]).toBe("true");
  for (const failure of [new Problem(own.broke), new Problem(common.rate_limited), new Error("fault")]) {
    const key = String(failure);
    work = async () => {
      throw failure;
    };
    expect((await post({ name: "a" }, key)).statusCode).toBeGreaterThanOrEqual(400);
    work = async () => ({ made: 4n });
    expect((await post({ name: "a" }, key)).json()).toEqual({ made: 4 });
  }
});

test("a fault of ours is 500 without its cause, which is logged with the request's id", async () => {
  work = async () => {
    throw new Error("the reason");
  };
  const answer = await post({ name: "a" }, "fault");
  expect(answer.json()).toMatchObject({ code: "internal", status: 500 });
  expect(answer.body).not.toContain("the reason");
  expect(
    lines.some(
      (line) => line.includes("the reason") && line.includes(String(answer.headers["x-request-id"])),
    ),
  ).toBe(true);
});

test("OpenAI's envelope: a bad body is 400 with its param, codes stay ours", async () => {
  caller = { ...actor, role: "owner" };
  const bad = await post({ model: 7 }, null, "/v1/things");
  expect(bad.statusCode).toBe(400);
  expect(bad.json().error).toMatchObject({
    type: "invalid_request_error",
    param: "model",
    code: "invalid_input",
  });
  expect((await post({ model: "m".repeat(3_000) }, null, "/v1/things")).statusCode).toBe(413);
  caller = null;
  expect((await post({ model: "m" }, null, "/v1/things")).json().error).toMatchObject({
    type: "authentication_error",
    code: "unauthenticated",
  });
});

test("one wide line per request, with route, outcome and actor, without bodies", async () => {
  lines.length = 0;
  await post({ name: "secretive" }, "log");
  const line = JSON.parse(lines.at(-1) as string) as Record<string, unknown>;
  expect(line).toMatchObject({
    event: "request",
    route: "/api/things",
    method: "POST",
    status: 201,
    org,
    actor: actor.credentialId,
  });
  expect(line.db_ms).toBeGreaterThan(0);
  expect(lines.join("")).not.toContain("secretive");
});

test("the document names access, errors and components, and no input twins", () => {
  const document = http.app.swagger() as unknown as {
    openapi: string;
    paths: Record<string, Record<string, Record<string, unknown>>>;
    components: { schemas: Record<string, unknown> };
  };
  expect(document.openapi).toBe("3.1.0");
  expect(document.paths["/api/things"]?.post?.["x-access"]).toEqual({ least: "agent", scope: "things" });
  expect(Object.keys(document.components.schemas).toSorted()).toEqual([
    "AnthropicError",
    "OAuthError",
    "OpenAIError",
    "Problem",
    "Thing",
  ]);
  expect(JSON.stringify(document.components.schemas.Thing)).toContain('"format":"int64"');
  expect(document.paths["/api/things"]?.post?.parameters).toMatchObject([
    { in: "header", name: "Idempotency-Key", required: true },
  ]);
});
