import { createSealer } from "../../../platform/crypto/index.ts";
import { KEYRING } from "../../../../test/harness/people.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { manualClock } from "../../../platform/clock.ts";
import { createDb, withSystemTx, type Db } from "../../../platform/db/index.ts";
import { createLimiter } from "../../../platform/rate-limit/index.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { newId } from "../../../platform/ids.ts";
import { alertOperators, listSilences } from "../alerts/alert.ts";
import { createInbox, type Inbox, type Source } from "../index.ts";

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

test("events that are listed, 15 minutes old, and were never delivered are a silence; operators are told once an hour", async () => {
  const clock = manualClock(now);
  await db.pool.query("update webhooks.endpoints set created_at = $1", [
    new Date(now.getTime() - 30 * 60_000),
  ]);
  const sent: string[] = [];
  const mail = { send: async (_tx: unknown, { kind }: { kind: string }) => sent.push(kind) as never };
  await db.pool.query(
    `insert into identity.users (id, email, full_name, is_operator, created_at)
     values ($1, 'op@example.com', 'Op', true, now())`,
    [newId("usr")],
  );
  const silences = () => withSystemTx(db, (tx) => listSilences(tx, clock.now()));
  // Of the half hour since the endpoint is there, a quarter is too young to tell.
  expect(await silences()).toEqual([{ source: "busy", account_id: "acct_1", missed: 15 * 60 }]);
  const alert = () => alertOperators({ db, clock, mail });
  expect([await alert(), await alert()]).toEqual([1, 0]);
  clock.advance(HOUR_MS);
  expect(await alert()).toBe(1);
  expect(sent).toEqual(["webhooks.silence", "webhooks.silence"]);
  await db.pool.query("update webhooks.events set delivered_at = now()");
  expect(await silences()).toEqual([]);
});

test("an asked reading tells what it listed and what was new, and reads only the types that were asked for", async () => {
  const from = new Date(now.getTime() - 6 * HOUR_MS);
  const to = new Date(from.getTime() + 9_000);
  const by = () => ({ actorId: "usr_1", operationId: newId("idk") });
  const ask = (types: string[]) =>
    inbox.requestBackfill({ accountId: "acct_1", from, to, types }, by(), () => Promise.resolve());
  const run = { attempt: 1, signal: never };
  const none = await ask(["t.other"]);
  expect(none.state).toBe("queued");
  await inbox.runBackfill(none.id, run);
  expect(await inbox.backfillOf(none.id)).toMatchObject({ state: "done", listed: 0, new: 0 });
  const first = await ask([]);
  await inbox.runBackfill(first.id, run);
  expect(await inbox.backfillOf(first.id)).toMatchObject({ state: "done", listed: 10, new: 10 });
  const again = await ask(["t.any"]);
  await inbox.runBackfill(again.id, run);
  expect(await inbox.backfillOf(again.id)).toMatchObject({ listed: 10, new: 0 });
  expect(() =>
    inbox.requestBackfill({ accountId: "acct_none", from, to, types: [] }, by(), () => Promise.resolve()),
  ).toThrow("The input does not match its schema");
});
