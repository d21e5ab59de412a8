/** What the operators lay down for all: over HTTP, for calls of every process, and at no query a call. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { createBus } from "../../../platform/bus/index.ts";
import { createDb } from "../../../platform/db/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import { createLogger } from "../../../platform/telemetry/index.ts";
import { createRoutings } from "../routing/routings.ts";
import { laidFor } from "./laid.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
});
afterAll(() => gateway.close());

const PATH = "/api/admin/llm/policy";
const MODEL = "openai/gpt-4o-mini";
const all = (body: Json) => gateway.app.owner.call("PUT", PATH, { body });
const own = (body: Json) => gateway.app.owner.call("PUT", "/api/llm/policy", { body });
const servedBy = async (client = gateway.key, holdfast: Json = {}) => {
  const body = {
    model: MODEL,
    max_tokens: 5,
    messages: [{ role: "user", content: "Say 'hello'" }],
    holdfast,
  };
  const answer = await client.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return [answer.headers.get("x-holdfast-provider"), answer.headers.get("x-holdfast-cache")];
};

test("it counts in every process where nobody else says anything: call over organization over installation", async () => {
  const other = await gateway.app.startAnother();
  const there = createClient(other.url, gateway.key.headers);
  expect((await servedBy())[0]).toBe("openai");
  expect((await servedBy(there))[0]).toBe("openai");
  expect((await all({ routing: { order: ["openrouter"] } })).status).toBe(200);
  await gateway.until("both heed it", async () => {
    const served = [await servedBy(), await servedBy(there)];
    return served.every(([provider]) => provider === "openrouter");
  });
  expect((await own({ routing: { sort: "price", order: ["openai"] } })).status).toBe(200);
  expect((await servedBy())[0]).toBe("openai");
  expect((await servedBy(gateway.key, { routing: { order: ["openrouter"] } }))[0]).toBe("openrouter");

  expect((await all({ cache: { scope: "org" } })).status).toBe(200);
  await servedBy();
  expect((await servedBy())[1]).toBe("hit");
  expect((await own({ cache: false })).status).toBe(200);
  expect((await servedBy())[1]).not.toBe("hit");
});

test("it is read as it was laid down, audited beside the operators' other acts, and takes no word that it does not know", async () => {
  const laid = {
    routing: { data_collection: "deny" },
    cache: null,
    compression: { trigger_percent: 85, target_percent: 70, keep_last: 6 },
    memory: { scope: "project" },
    fold_retries: true,
  };
  expect((await all(laid)).body).toEqual(laid);
  expect((await gateway.app.owner.call("GET", PATH)).body).toEqual(laid);
  const [entry] = await gateway.app.sql<{ action: string; detail: { after: Json } }>(
    "select action, detail from identity.audit_entries where org_id = $1 order by created_at desc, id desc limit 1",
    [INSTALLATION],
  );
  expect(entry).toMatchObject({ action: "llm_policy.changed", detail: { after: laid } });
  for (const wrong of [{ allowed_models: [MODEL] }, { cache: false }, { fold_retries: null }])
    expect((await all(wrong)).status).toBe(422);
  expect((await gateway.app.owner.call("GET", PATH)).body).toEqual(laid);
  const admin = await gateway.app.member("admin");
  expect((await admin.call("GET", PATH)).status).toBe(403);
  expect((await all({})).status).toBe(200);
});

test("once known it costs a call no query", async () => {
  expect((await all({ fold_retries: true })).status).toBe(200);
  const db = createDb({ url: gateway.app.database.url, max: 1 });
  const bus = createBus({
    db: gateway.db,
    directUrl: gateway.app.database.url,
    logger: createLogger("silent"),
  });
  await gateway.until("the bus beats", async () => bus.healthy());
  const routings = createRoutings({ db, bus });
  const actor = { orgId: gateway.org, bounds: null } as never;
  const first = await laidFor({ routings }, actor);
  expect(first.organization).toMatchObject({ fold_retries: true });
  await db.close();
  expect(await laidFor({ routings }, actor)).toEqual(first);
  routings.close();
  await bus.close();
});
