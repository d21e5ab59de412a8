import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { manualClock } from "../clock.ts";
import { createDb, type Db } from "../db/index.ts";
import { newId } from "../ids.ts";
import { createLimiter } from "../rate-limit/index.ts";
import { createLogger, createMetrics } from "../telemetry/index.ts";
import { createHttp, type Actor, type Http } from "./index.ts";

const clock = manualClock(new Date("2026-03-01T00:00:00Z"));
const person: Actor = {
  kind: "session",
  credentialId: newId("ses"),
  userId: newId("usr"),
  keyId: null,
  orgId: newId("org"),
  role: "owner",
  operator: false,
  permissions: new Set<string>(),
  scopes: null,
  mode: "test",
  rateLimitPerMin: 0,
  provenAt: clock.now(),
  suspended: false,
  mfaDue: false,
};
let actor: Actor = person;
let database: TestDatabase;
let db: Db;
let http: Http;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  http = await createHttp({
    logger: createLogger("silent"),
    metrics: createMetrics("0"),
    clock,
    db,
    limiter: createLimiter(),
    authenticate: async () => actor,
    version: "0",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir: null,
  });
  const operation = { method: "GET", tag: "x", summary: "x", access: { least: "viewer" } } as const;
  const answer = { status: 204, schema: null } as const;
  const handle = async () => undefined;
  http.operation({ ...operation, path: "/plain", id: "plain", answer, handle });
  http.operation({ ...operation, path: "/proof", id: "proof", proof: true, answer, handle });
  http.operation({ ...operation, path: "/billing", id: "billing", whenSuspended: true, answer, handle });
  http.operation({ ...operation, path: "/enrol", id: "enrol", beforeMfa: true, answer, handle });
  await http.app.ready();
});
afterAll(async () => {
  await http.app.close();
  await db.close();
  await database.drop();
});

const ask = async (url: string) => {
  const answer = await http.app.inject({ method: "GET", url });
  return answer.statusCode === 204 ? 204 : (answer.json() as { code: string }).code;
};

test("403 reauth_required once the proof is older than ten minutes, and always for a key", async () => {
  actor = { ...person, provenAt: new Date(clock.now().getTime() - 600_000) };
  expect(await ask("/proof")).toBe(204);
  actor = { ...person, provenAt: new Date(clock.now().getTime() - 600_001) };
  expect(await ask("/proof")).toBe("reauth_required");
  expect(await ask("/plain")).toBe(204);
  actor = { ...person, kind: "key", scopes: [], provenAt: null };
  expect(await ask("/proof")).toBe("scope_missing");
});

test("403 organization_suspended except where it goes on, and not for operators", async () => {
  actor = { ...person, suspended: true };
  expect(await ask("/plain")).toBe("organization_suspended");
  expect(await ask("/billing")).toBe(204);
  actor = { ...person, suspended: true, operator: true };
  expect(await ask("/plain")).toBe(204);
});

test("403 mfa_required for whoever must set up a second factor, except where they do", async () => {
  actor = { ...person, mfaDue: true };
  for (const path of ["/plain", "/proof", "/billing"]) expect(await ask(path)).toBe("mfa_required");
  expect(await ask("/enrol")).toBe(204);
  actor = { ...person, mfaDue: true, operator: true };
  expect(await ask("/plain")).toBe("mfa_required");
});
