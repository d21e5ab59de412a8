import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { KEYRING } from "../../../../test/harness/people.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { createDb, type Db } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { createLimiter } from "../../../platform/rate-limit/index.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createInbox, type Inbox, type Source } from "../index.ts";

const clock = manualClock(new Date("2026-03-01T12:00:00Z"));
const DAY_MS = 86_400_000;
let certificates: "there" | "away" = "there";
let asked: unknown;

/** A company that names its transmissions and whose certificate has to be fetched. */
const named: Source = {
  name: "named",
  accountId: "acct_1",
  mode: "test",
  webhookId: "WH-1",
  async verify(_body, _headers, by) {
    asked = by;
    await Promise.resolve();
    if (certificates === "away") throw new Problem(common.overloaded, { retryAfter: 5 });
    return null;
  },
  transmission: (headers) => String(headers["x-transmission"]),
  read(body) {
    const { id } = JSON.parse(body.toString()) as { id: string };
    return { id, type: "t.any", createdAt: clock.now(), livemode: false, objectId: id, root: id };
  },
  keep: () => ({}),
  list: () => Promise.resolve({ events: [], hasMore: false }),
};

let database: TestDatabase;
let db: Db;
let hub: TestHub;
let inbox: Inbox;
beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  hub = startHub(db, database.url);
  inbox = createInbox({
    db,
    clock,
    hub,
    logger: createLogger("silent"),
    metrics: createMetrics("test"),
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl: "http://localhost",
    maxAttempts: 3,
    sources: [named],
    handlers: [],
  });
  await inbox.ensureEndpoints();
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await database.drop();
});

const send = (id: string, transmission: string) =>
  inbox.receive({
    source: "named",
    endpointId: null,
    body: Buffer.from(JSON.stringify({ id })),
    headers: { "x-transmission": transmission },
    ip: "::1",
  });
const stored = async (id: string) =>
  (await db.pool.query("select id from webhooks.events where provider_event_id = $1", [id])).rowCount;

test("a transmission belongs to one body: the same is a duplicate, another is refused and stored nowhere", async () => {
  await send("first", "t-1");
  await send("first", "t-1");
  expect(await stored("first")).toBe(1);
  await expect(send("forged", "t-1")).rejects.toMatchObject({
    kind: { code: "invalid_signature", status: 400 },
  });
  expect(await stored("forged")).toBe(0);
  expect(await inbox.deps.metrics.text()).toMatch(/webhook_transmission_conflicts_total\{source="named"\} 1/);
});

test("of many bodies at once under one transmission, one is taken", async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => send(`racing-${i}`, "t-2")));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("what cannot be verified now is refused with 503, and the endpoint's id at the company is known", async () => {
  certificates = "away";
  await expect(send("later", "t-3")).rejects.toMatchObject({ kind: { status: 503 } });
  expect(await stored("later")).toBe(0);
  certificates = "there";
  await send("later", "t-3");
  expect(await stored("later")).toBe(1);
  expect(asked).toMatchObject({ webhookId: "WH-1", secrets: [] });
});

test("transmissions are forgotten once nothing that old verifies", async () => {
  clock.advance(4 * DAY_MS + 1);
  expect(await inbox.purge()).toBe(true);
  const { rowCount } = await db.pool.query("select 1 from webhooks.transmissions");
  expect(rowCount).toBe(0);
});
