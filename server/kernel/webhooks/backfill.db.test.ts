import { createSealer } from "../../platform/crypto/index.ts";
import { KEYRING } from "../../../test/harness/people.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { manualClock } from "../../platform/clock.ts";
import { createDb, type Db } from "../../platform/db/index.ts";
import { createLimiter } from "../../platform/rate-limit/index.ts";
import { startHub, type TestHub } from "../../../test/harness/hub.ts";
import { createLogger, createMetrics } from "../../platform/telemetry/index.ts";
import { createInbox, type Inbox, type Source } from "./index.ts";

const HOUR_MS = 3_600_000;
const PAGE = 8;
const never = new AbortController().signal;
const now = new Date("2026-03-01T12:00:00Z");

/** A company that does something every second and lists it newest first, in small pages. */
const busy: Source = {
  name: "busy",
  accountId: "acct_1",
  mode: "test",
  verify: () => "missing",
  read: () => null,
  keep: () => ({}),
  async list({ from, to, after }) {
    const first = Math.ceil(from.getTime() / 1000);
    const last = after ? Number(after.slice("evt_".length)) - 1 : Math.floor(to.getTime() / 1000);
    const seconds = Array.from({ length: Math.max(0, Math.min(PAGE, last - first + 1)) }, (_, i) => last - i);
    const events = seconds.map((second) => {
      const id = `evt_${second}`;
      const createdAt = new Date(second * 1000);
      const envelope = { id, type: "t.any", createdAt, livemode: false, objectId: id, root: id };
      return { envelope, body: Buffer.from("{}") };
    });
    return { events, hasMore: last - PAGE >= first };
  },
};

let database: TestDatabase;
let db: Db;
let hub: TestHub;
let inbox: Inbox;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  const logger = createLogger("silent");
  hub = startHub(db, database.url);
  inbox = createInbox({
    db,
    clock: manualClock(now),
    hub,
    logger,
    metrics: createMetrics("test"),
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl: "http://localhost",
    maxAttempts: 3,
    sources: [busy],
    handlers: [],
  });
  await inbox.ensureEndpoints();
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await database.drop();
});

test("a company that lists more than one reading takes is read in shorter stretches, to the end", async () => {
  await db.pool.query(
    "insert into webhooks.cursors (endpoint_id, read_until) select id, $1 from webhooks.endpoints",
    [new Date(now.getTime() - HOUR_MS)],
  );
  await inbox.backfill(never);
  const { rows } = await db.pool.query(
    `select count(*)::int as stored, (select read_until from webhooks.cursors) as until from webhooks.events`,
  );
  // From ten minutes before the cursor to one minute ago, both ends included.
  expect(rows).toEqual([{ stored: 69 * 60 + 1, until: new Date(now.getTime() - 60_000) }]);
});
